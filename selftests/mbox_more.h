/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of carried files, granted rights, token fds, asynchronous calls
 * and death notices share. As in common.h: -errno, and no checks.
 */
#ifndef IPCX_SELFTESTS_MBOX_MORE_H
#define IPCX_SELFTESTS_MBOX_MORE_H

#include "mbox.h"

#include <dirent.h>
#include <poll.h>
#include <sys/resource.h>

/* What an id is that the receiver's user namespace has no number for. */
#define OVERFLOW_ID	65534

/* An anonymous mailbox that its port reaches, and that takes files. */
static inline int files_mbox(__u64 *port)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES };

	return open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, port);
}

/* ---- files ---- */

/* How many fds this process has open. */
static inline int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		return -errno;
	while (readdir(dir))
		n++;
	closedir(dir);
	/* Not ".", "..", and the directory itself. */
	return n - 3;
}

/* The number that the next fd gets: one that was kept for nothing is not listed above. */
static inline int next_fd(void)
{
	int fd = dup(0);

	if (fd < 0)
		return -errno;
	close(fd);
	return fd;
}

/* How many files messages of this user carry. */
static inline long long charged_files(void)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	return ret < 0 ? ret : (long long)info.user_files;
}

static inline struct ipcx_mbox_msg make_parcel(const void *buf, size_t len, const int *fds,
					       unsigned int count)
{
	struct ipcx_mbox_msg msg = {
		.buf = addr(buf), .len = len, .fds = count ? addr(fds) : 0,
		.fd_count = count,
	};

	return msg;
}

/* One message without payload that carries files. */
static inline int post_files(int to, const int *fds, unsigned int count)
{
	struct ipcx_mbox_msg msg = make_parcel(NULL, 0, fds, count);
	struct ipcx_post post = make_post(&msg, 1, IPCX_XFER_NONBLOCK);

	return op(to, IPCX_POST, &post);
}

static inline int post_file(int to, int fd)
{
	return post_files(to, &fd, 1);
}

static inline struct ipcx_mbox_recv make_fd_room(void *buf, size_t len, int *fds,
						 unsigned int room)
{
	struct ipcx_mbox_recv mail = {
		.buf = addr(buf), .len = len, .flags = IPCX_MSG_CLOEXEC,
		.fds = addr(fds), .fd_room = room,
	};

	return mail;
}

/* Receives a message without payload and its files, close-on-exec. */
static inline int recv_files(int mbox, int *fds, unsigned int room,
			     struct ipcx_mbox_recv *out, __u32 flags)
{
	struct ipcx_mbox_recv mail = make_fd_room(NULL, 0, fds, room);
	struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, flags);
	int ret = op(mbox, IPCX_RECV, &xfer);

	if (out)
		*out = mail;
	return ret;
}

/* The one file of the next message, or -errno. */
static inline int recv_file(int mbox)
{
	struct ipcx_mbox_recv mail;
	int fd = -1;
	int ret = recv_files(mbox, &fd, 1, &mail, 0);

	if (ret < 0)
		return ret;
	return mail.fd_count == 1 ? fd : -ENOMSG;
}

static inline int reply_files(int fd, __u64 token, const int *fds, unsigned int count)
{
	struct ipcx_reply reply = {
		.token = token, .reply = make_parcel(NULL, 0, fds, count),
	};

	return op(fd, IPCX_REPLY, &reply);
}

static inline void close_all(const int *fds, unsigned int n)
{
	while (n--)
		close(fds[n]);
}

/*
 * Whether the last writer of a pipe is gone: its end in a message that was dropped
 * may be closed by a worker, so this waits where it has to.
 */
static inline bool hung_up(int read_end)
{
	struct pollfd p = { .fd = read_end };

	return poll(&p, 1, timeout_factor() * 10000) == 1 && p.revents == POLLHUP;
}

/* Whether there still is one. */
static inline bool has_writer(int read_end)
{
	struct pollfd p = { .fd = read_end };

	return poll(&p, 1, 0) == 0;
}

/* ---- rights ---- */

static inline int grant(int mbox, __u32 flags)
{
	struct ipcx_grant req = { .flags = flags };

	return op(mbox, IPCX_GRANT, &req);
}

static inline __u64 port_of(int fd)
{
	struct ipcx_stat stat;

	return get_stat(fd, &stat) == 0 ? stat.id : 0;
}

/* ---- calls whose caller does not wait for them ---- */

static inline int post_call(int to, const void *buf, size_t len, __u64 cookie, int home)
{
	return post_mail(to, buf, len, 0, cookie, home, IPCX_POST_CALL);
}

/* A call with its cookie for a payload. */
static inline int post_call_number(int to, __u64 cookie, int home)
{
	return post_call(to, &cookie, sizeof(cookie), cookie, home);
}

/* Takes a request; its token, or 0. */
static inline __u64 take_call(int mbox, __u64 *number)
{
	struct ipcx_mbox_recv mail;

	if (recv_mail(mbox, number, sizeof(*number), &mail, 0) != 1)
		return 0;
	return mail.token;
}

static inline int token_fd(int mbox, __u64 token)
{
	struct ipcx_token req = { .token = token };

	return op(mbox, IPCX_TOKEN, &req);
}

/* ---- what the kernel writes ---- */

/* A message of the kernel's own: nothing but who it is about. */
static inline bool is_notice(const struct ipcx_mbox_recv *mail, __u32 flags, __u64 sender,
			     __u64 cookie)
{
	return mail->flags == flags && mail->sender == sender && mail->cookie == cookie &&
	       !mail->len && !mail->type && !mail->token && !mail->fd_count && mail->seq &&
	       !mail->pid && !mail->tid && mail->uid == OVERFLOW_ID &&
	       mail->gid == OVERFLOW_ID && !mail->lost;
}

/* The next message is that notice, and it is there. */
static inline bool comes_notice(int home, __u32 flags, __u64 sender, __u64 cookie)
{
	struct ipcx_mbox_recv mail;
	int ret = recv_mail(home, NULL, 0, &mail, IPCX_XFER_NONBLOCK);

	if (ret == 1 && is_notice(&mail, flags, sender, cookie) && !mail.group)
		return true;
	fprintf(stderr, "# %d: flags %#x, sender %llu, cookie %llu, len %llu, pid %u, uid %u\n",
		ret, mail.flags, (unsigned long long)mail.sender,
		(unsigned long long)mail.cookie, (unsigned long long)mail.len, mail.pid,
		mail.uid);
	return false;
}

/* ---- links ---- */

/* Which of a watch's or a subscription's ways: an fd, a port, a name. */
static inline int watch_fd(int target, int home, __u64 cookie)
{
	struct ipcx_watch req = { .from = home, .cookie = cookie };

	return op(target, IPCX_WATCH, &req);
}

static inline int watch_by(__u32 flags, __u64 dest, __u32 len, int home, __u64 cookie)
{
	struct ipcx_watch req = {
		.flags = flags, .dest = dest, .dest_len = len, .from = home, .cookie = cookie,
	};
	int control = open_control();
	int ret;

	if (control < 0)
		return control;
	ret = op(control, IPCX_WATCH, &req);
	close(control);
	return ret;
}

static inline int watch_port(__u64 port, int home, __u64 cookie)
{
	return watch_by(IPCX_TO_PORT, port, 0, home, cookie);
}

static inline int watch_name(const char *name, int home, __u64 cookie)
{
	return watch_by(IPCX_TO_NAME, addr(name), strlen(name), home, cookie);
}

static inline int leave(int home, unsigned long how, __u64 port)
{
	struct ipcx_leave req = { .port = port };

	return op(home, how, &req);
}

static inline int unwatch(int home, __u64 port)
{
	return leave(home, IPCX_UNWATCH, port);
}

static inline long long get_watches(int home)
{
	struct ipcx_stat stat;
	int ret = get_stat(home, &stat);

	return ret < 0 ? ret : (long long)stat.watches;
}

/* ---- limits ---- */

/* Room for @n fds more than a process usually has. */
static inline int allow_fds(unsigned int n)
{
	struct rlimit limit = { n + 256, n + 256 };

	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

/* No fd but @spare more can be opened; only in a child. */
static inline int leave_fds(unsigned int spare)
{
	int fd = dup(0);
	struct rlimit limit = { fd + spare, fd + spare };

	if (fd < 0)
		return -errno;
	close(fd);
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

#endif /* IPCX_SELFTESTS_MBOX_MORE_H */
