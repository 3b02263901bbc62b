/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of mailboxes share. As in common.h: -errno, and no checks. */
#ifndef IPCX_SELFTESTS_MBOX_H
#define IPCX_SELFTESTS_MBOX_H

#include "common.h"

#define MBOX_CREATE	(IPCX_OPEN_READ | IPCX_OPEN_CREATE)

/* IPCX_OPEN on a control fd of its own; the port goes to @port unless NULL. */
static inline int open_mbox_attr(const char *name, unsigned int flags, unsigned int mode,
				 const struct ipcx_mbox_attr *attr, __u64 *port)
{
	struct ipcx_open req = {
		.name = addr(name),
		.name_len = name ? strlen(name) : 0,
		.kind = IPCX_KIND_MBOX,
		.flags = flags,
		.mode = mode,
		.attr = addr(attr),
		.attr_size = attr ? sizeof(*attr) : 0,
	};
	int control = open_control();
	int ret = control < 0 ? control : op(control, IPCX_OPEN, &req);

	if (control >= 0)
		close(control);
	if (port)
		*port = req.id;
	return ret;
}

static inline int open_mbox(const char *name, unsigned int flags, unsigned int mode)
{
	return open_mbox_attr(name, flags, mode, NULL, NULL);
}

/* An anonymous mailbox that its port reaches. */
static inline int new_mbox(__u64 *port)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_ADDRESSABLE };

	return open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, port);
}

/* The same for @max_msgs messages. */
static inline int small_mbox(unsigned int max_msgs, __u64 *port)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .max_msgs = max_msgs,
	};

	return open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, port);
}

/* A right to send, by port. */
static inline int open_port(__u64 port, unsigned int flags)
{
	struct ipcx_open req = {
		.kind = IPCX_KIND_MBOX,
		.flags = IPCX_OPEN_WRITE | IPCX_OPEN_PORT | flags,
		.id = port,
	};
	int control = open_control();
	int ret;

	if (control < 0)
		return control;
	ret = op(control, IPCX_OPEN, &req);
	close(control);
	return ret;
}

static inline struct ipcx_mbox_msg make_mail(const void *buf, size_t len, __u64 type,
					     __u64 cookie)
{
	struct ipcx_mbox_msg msg = {
		.buf = addr(buf), .len = len, .type = type, .cookie = cookie,
	};

	return msg;
}

static inline struct ipcx_post make_post(const struct ipcx_mbox_msg *msgs, __u32 count,
					 __u32 flags)
{
	struct ipcx_post post = {
		.msgs = addr(msgs), .count = count, .msg_size = sizeof(*msgs),
		.flags = flags, .from = -1,
	};

	return post;
}

/* One message through a right to send; @from: own mailbox or -1. */
static inline int post_mail(int fd, const void *buf, size_t len, __u64 type, __u64 cookie,
			    int from, __u32 flags)
{
	struct ipcx_mbox_msg msg = make_mail(buf, len, type, cookie);
	struct ipcx_post post = make_post(&msg, 1, flags);

	post.from = from;
	return op(fd, IPCX_POST, &post);
}

static inline int post_number(int fd, __u64 number)
{
	return post_mail(fd, &number, sizeof(number), number, number, -1, 0);
}

static inline int try_post_number(int fd, __u64 number)
{
	return post_mail(fd, &number, sizeof(number), number, number, -1,
			 IPCX_XFER_NONBLOCK);
}

/* Returns when it was received; @ms: gives up after so many milliseconds, 0: never. */
static inline int post_number_sync(int fd, __u64 number, long long ms)
{
	struct ipcx_mbox_msg msg = make_mail(&number, sizeof(number), number, number);
	struct ipcx_post post = make_post(&msg, 1, IPCX_POST_SYNC);

	if (ms) {
		post.flags |= IPCX_XFER_DEADLINE;
		post.clock = CLOCK_MONOTONIC;
		post.deadline_ns = now_ns(CLOCK_MONOTONIC) + ms * NSEC_PER_MSEC;
	}
	return op(fd, IPCX_POST, &post);
}

/* One message to a port or a name, on a control fd of its own. */
static inline int post_to(const char *name, __u64 port, __u64 number)
{
	struct ipcx_mbox_msg msg = make_mail(&number, sizeof(number), number, number);
	struct ipcx_post post = make_post(&msg, 1, name ? IPCX_TO_NAME : IPCX_TO_PORT);
	int control = open_control();
	int ret;

	if (control < 0)
		return control;
	post.dest = name ? addr(name) : port;
	post.dest_len = name ? strlen(name) : 0;
	ret = op(control, IPCX_POST, &post);
	close(control);
	return ret;
}

static inline int recv_mail_match(int fd, void *buf, size_t room,
				  struct ipcx_mbox_recv *out, __u32 match, __u64 arg,
				  __u32 flags)
{
	struct ipcx_mbox_recv mail = { .buf = addr(buf), .len = room };
	struct ipcx_xfer xfer = {
		.msgs = addr(&mail), .count = 1, .msg_size = sizeof(mail),
		.flags = flags, .match = match, .match_arg = arg,
	};
	int ret = op(fd, IPCX_RECV, &xfer);

	if (out)
		*out = mail;
	return ret;
}

static inline int recv_mail(int fd, void *buf, size_t room, struct ipcx_mbox_recv *out,
			    __u32 flags)
{
	return recv_mail_match(fd, buf, room, out, IPCX_MATCH_ANY, 0, flags);
}

static inline int take_number(int fd, __u64 *number)
{
	return recv_mail(fd, number, sizeof(*number), NULL, IPCX_XFER_NONBLOCK);
}

static inline struct ipcx_call make_call(const void *buf, size_t len, void *room,
					 size_t size)
{
	struct ipcx_call call = {
		.from = -1,
		.request = { .buf = addr(buf), .len = len },
		.reply = { .buf = addr(room), .len = size },
	};

	return call;
}

/* Calls with a number and gets one back. */
static inline int call_number(int fd, __u64 number, __u64 *answer)
{
	struct ipcx_call call = make_call(&number, sizeof(number), answer, sizeof(*answer));

	return op(fd, IPCX_CALL, &call);
}

static inline int reply_mail(int fd, __u64 token, const void *buf, size_t len)
{
	struct ipcx_reply reply = {
		.token = token,
		.reply = { .buf = addr(buf), .len = len },
	};

	return op(fd, IPCX_REPLY, &reply);
}

static inline int reply_number(int fd, __u64 token, __u64 number)
{
	return reply_mail(fd, token, &number, sizeof(number));
}

static inline int discard_call(int fd, __u64 token)
{
	struct ipcx_reply reply = { .token = token, .flags = IPCX_REPLY_DISCARD };

	return op(fd, IPCX_REPLY, &reply);
}

/* ---- several messages ---- */

static inline struct ipcx_mbox_recv make_room(void *buf, size_t room)
{
	struct ipcx_mbox_recv mail = { .buf = addr(buf), .len = room };

	return mail;
}

static inline struct ipcx_xfer make_mail_xfer(struct ipcx_mbox_recv *mails, __u32 count,
					      __u32 flags)
{
	struct ipcx_xfer xfer = {
		.msgs = addr(mails), .count = count, .msg_size = sizeof(*mails), .flags = flags,
	};

	return xfer;
}

/* Takes all that is there; the number of messages, or -errno. */
static inline int drain_mail(int fd)
{
	int n = 0;

	for (;;) {
		char byte;
		int ret = recv_mail(fd, &byte, 1, NULL, IPCX_XFER_NONBLOCK | IPCX_RECV_TRUNC);

		if (ret == -EAGAIN)
			return n;
		if (ret < 0)
			return ret;
		n += ret;
	}
}

/* ---- signals ---- */

static inline void nothing(int signo)
{
	(void)signo;
}

/* SIGUSR1 does nothing but interrupt; with SA_RESTART it does not even that. */
static inline int catch_signal(int sa_flags)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = sa_flags };

	return sigaction(SIGUSR1, &action, NULL) < 0 ? -errno : 0;
}

/* ---- callers ---- */

/* Calls that were received and not answered. */
static inline long long get_calls(int fd)
{
	struct ipcx_stat stat;
	int ret = get_stat(fd, &stat);

	return ret < 0 ? ret : (long long)stat.calls;
}

#define QUESTION	41
#define ANSWER		42

/* For a child, @arg being a right to send: 0 for the right answer, or the errno. */
static inline int ask(void *arg)
{
	__u64 answer = 0;
	int ret = call_number(*(int *)arg, QUESTION, &answer);

	if (ret < 0)
		return -ret;
	return answer == ANSWER ? 0 : 255;
}

/* ---- a program that replies ---- */

#define REPLIER	"--reply"

/* Executes the test's own program, which replies ANSWER by @fd. Returns the errno. */
static inline int become_replier(int fd, __u64 token)
{
	char number[16], token_number[24];

	snprintf(number, sizeof(number), "%d", fd);
	snprintf(token_number, sizeof(token_number), "%llu", (unsigned long long)token);
	if (fcntl(fd, F_SETFD, 0) == 0)
		execl("/proc/self/exe", "replier", REPLIER, number, token_number, NULL);
	return errno;
}

/* What main() is then: the reply's errno for an exit status. Else -1. */
static inline int be_replier(int argc, char **argv)
{
	if (argc != 4 || strcmp(argv[1], REPLIER) != 0)
		return -1;
	return -reply_number(atoi(argv[2]), strtoull(argv[3], NULL, 10), ANSWER);
}

#endif /* IPCX_SELFTESTS_MBOX_H */
