// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the tests of /dev/ipcx share: see common.h. */
#define IPCX_NO_HARNESS
#include "common.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/capability.h>

static int result(long ret)
{
	return ret < 0 ? -errno : (int)ret;
}

/* ---- plain operations ---- */

int op(int fd, unsigned long request, void *arg)
{
	return result(ioctl(fd, request, arg));
}

unsigned long resized(unsigned long request, size_t size)
{
	return _IOC(_IOC_DIR(request), _IOC_TYPE(request), _IOC_NR(request), size);
}

void *guard_page(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + page, page, PROT_NONE) < 0)
		abort();
	return p + page;
}

/* ---- control fd, objects ---- */

int open_control(void)
{
	return result(open(IPCX_DEVICE, O_RDWR | O_CLOEXEC));
}

/* Opens a control fd for one operation. */
static int control_op(unsigned long request, void *arg)
{
	int control = open_control();
	int ret;

	if (control < 0)
		return control;
	ret = op(control, request, arg);
	close(control);
	return ret;
}

int open_queue_attr(const char *name, unsigned int flags, unsigned int mode,
		    const struct ipcx_queue_attr *attr)
{
	struct ipcx_open req = {
		.name = addr(name),
		.name_len = name ? strlen(name) : 0,
		.kind = IPCX_KIND_QUEUE,
		.flags = flags,
		.mode = mode,
		.attr = addr(attr),
		.attr_size = attr ? sizeof(*attr) : 0,
	};

	return control_op(IPCX_OPEN, &req);
}

int open_queue(const char *name, unsigned int flags, unsigned int mode)
{
	return open_queue_attr(name, flags, mode, NULL);
}

int new_queue(unsigned int flags, const struct ipcx_queue_attr *attr)
{
	if (!(flags & RW))
		flags |= RW;
	return open_queue_attr(NULL, flags | IPCX_OPEN_CREATE, 0600, attr);
}

int small_queue(unsigned int max_msgs)
{
	struct ipcx_queue_attr attr = { .max_msgs = max_msgs };

	return new_queue(0, &attr);
}

int unlink_name(const char *name)
{
	struct ipcx_unlink req = { .name = addr(name), .name_len = strlen(name) };

	return control_op(IPCX_UNLINK, &req);
}

void unique_name(char name[UNIQUE_NAME_SIZE], const char *what)
{
	static unsigned int serial;

	snprintf(name, UNIQUE_NAME_SIZE, "/%.24s-%d-%u", what, (int)getpid(), serial++);
}

int get_stat(int fd, struct ipcx_stat *stat)
{
	return op(fd, IPCX_STAT, stat);
}

int get_info(struct ipcx_info *info)
{
	memset(info, 0, sizeof(*info));
	return control_op(IPCX_INFO, info);
}

long long get_depth(int fd)
{
	struct ipcx_stat stat;
	int ret = get_stat(fd, &stat);

	return ret < 0 ? ret : (long long)stat.depth;
}

bool is_empty(int fd)
{
	struct ipcx_stat stat;

	return get_stat(fd, &stat) == 0 && !stat.depth && !stat.inflight && !stat.bytes;
}

/* ---- messages ---- */

struct ipcx_msg make_msg(const void *buf, size_t len, __u64 type, __u32 priority)
{
	struct ipcx_msg msg = {
		.buf = addr(buf), .len = len, .type = type, .priority = priority,
	};

	return msg;
}

struct ipcx_xfer make_xfer(struct ipcx_msg *msgs, __u32 count, __u32 flags)
{
	struct ipcx_xfer xfer = {
		.msgs = addr(msgs), .count = count, .msg_size = sizeof(*msgs), .flags = flags,
	};

	return xfer;
}

int send_msg(int fd, const void *buf, size_t len, __u64 type, __u32 priority,
	     __u32 flags)
{
	struct ipcx_msg msg = make_msg(buf, len, type, priority);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, flags);

	return op(fd, IPCX_SEND, &xfer);
}

int recv_match(int fd, void *buf, size_t room, struct ipcx_msg *out,
	       __u32 match, __u64 match_arg, __u32 flags)
{
	struct ipcx_msg msg = make_msg(buf, room, 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, flags);
	int ret;

	xfer.match = match;
	xfer.match_arg = match_arg;
	ret = op(fd, IPCX_RECV, &xfer);
	if (out)
		*out = msg;
	return ret;
}

int recv_msg(int fd, void *buf, size_t room, struct ipcx_msg *out, __u32 flags)
{
	return recv_match(fd, buf, room, out, IPCX_MATCH_ANY, 0, flags);
}

int send_number(int fd, __u64 number, __u32 priority)
{
	return send_msg(fd, &number, sizeof(number), number, priority, 0);
}

int try_send_number(int fd, __u64 number, __u32 priority)
{
	return send_msg(fd, &number, sizeof(number), number, priority, IPCX_XFER_NONBLOCK);
}

int recv_number(int fd, __u64 *number)
{
	return recv_msg(fd, number, sizeof(*number), NULL, 0);
}

int try_recv_number(int fd, __u64 *number)
{
	return recv_msg(fd, number, sizeof(*number), NULL, IPCX_XFER_NONBLOCK);
}

int drain(int fd)
{
	int n = 0;

	for (;;) {
		char byte;
		int ret = recv_msg(fd, &byte, 1, NULL,
				   IPCX_XFER_NONBLOCK | IPCX_RECV_TRUNC);

		if (ret == -EAGAIN)
			return n;
		if (ret < 0)
			return ret;
		n += ret;
	}
}

/* ---- time ---- */

long long now_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		return -errno;
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

void set_deadline(struct ipcx_xfer *xfer, clockid_t clock, long long ms)
{
	xfer->flags |= IPCX_XFER_DEADLINE;
	xfer->clock = clock;
	xfer->deadline_ns = now_ns(clock) + ms * NSEC_PER_MSEC;
}

void sleep_ms(long long ms)
{
	struct timespec left = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * NSEC_PER_MSEC,
	};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

int timeout_factor(void)
{
	const char *factor = getenv("IPCX_TIMEOUT_FACTOR");
	int n = factor ? atoi(factor) : 0;

	return n > 0 ? n : 1;
}

int wait_until(bool (*done)(void *arg), void *arg)
{
	long long end = now_ns(CLOCK_MONOTONIC) + timeout_factor() * 30 * NSEC_PER_SEC;

	while (!done(arg)) {
		if (now_ns(CLOCK_MONOTONIC) > end)
			return -ETIMEDOUT;
		sleep_ms(1);
	}
	return 0;
}

struct expected {
	int fd;
	unsigned long long n;
	pid_t pid;
};

static bool has_receivers(void *arg)
{
	struct expected *e = arg;
	struct ipcx_stat stat;

	return get_stat(e->fd, &stat) == 0 && stat.recv_waiters == e->n;
}

int wait_receivers(int fd, unsigned int n)
{
	struct expected e = { .fd = fd, .n = n };

	return wait_until(has_receivers, &e);
}

static bool has_senders(void *arg)
{
	struct expected *e = arg;
	struct ipcx_stat stat;

	return get_stat(e->fd, &stat) == 0 && stat.send_waiters == e->n;
}

int wait_senders(int fd, unsigned int n)
{
	struct expected e = { .fd = fd, .n = n };

	return wait_until(has_senders, &e);
}

static bool has_depth(void *arg)
{
	struct expected *e = arg;

	return get_depth(e->fd) == (long long)e->n;
}

int wait_depth(int fd, unsigned long long depth)
{
	struct expected e = { .fd = fd, .n = depth };

	return wait_until(has_depth, &e);
}

static bool sleeps(void *arg)
{
	struct expected *e = arg;
	char path[64], text[512];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)e->pid);
	if (read_file(path, text, sizeof(text)) < 0)
		return false;
	state = strrchr(text, ')');
	return state && state[1] && (state[2] == 'S' || state[2] == 'D');
}

int wait_sleeping(pid_t pid)
{
	struct expected e = { .pid = pid };

	return wait_until(sleeps, &e);
}

/* ---- processes ---- */

pid_t spawn(int (*fn)(void *arg), void *arg)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid < 0 ? -errno : pid;
	/* Nobody shall be left waiting on a queue when a test was killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(fn(arg) & 0xff);
}

int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED_BY(WTERMSIG(status));
}

int in_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid = spawn(fn, arg);

	return pid < 0 ? pid : reap(pid);
}

void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

int become(uid_t uid)
{
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -errno;
	if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	/* Else files in /proc/self would still be root's. */
	return result(prctl(PR_SET_DUMPABLE, 1));
}

int become_class(enum class class)
{
	const gid_t group = UID_A;

	if (class == OWNER)
		return become(UID_A);
	if (class == OTHER)
		return become(UID_B);
	/* UID_A's group as one of the supplementary ones is as good. */
	if (setgroups(1, &group) < 0 || setresgid(UID_B, UID_B, UID_B) < 0 ||
	    setresuid(UID_B, UID_B, UID_B) < 0)
		return -errno;
	return 0;
}

int become_effective(uid_t uid)
{
	return result(setresuid(-1, uid, -1));
}

int drop_capability(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	data[cap / 32].effective &= ~(1U << cap % 32);
	data[cap / 32].permitted &= ~(1U << cap % 32);
	return result(syscall(SYS_capset, &header, data));
}

/*
 * Only a process outside of the new namespace may map more than its own id
 * into it: a child that stayed behind writes the maps.
 */
static int write_maps(pid_t pid, uid_t inside, uid_t outside, unsigned int count)
{
	static const char *const files[] = { "gid_map", "uid_map" };
	char path[64], map[64];
	size_t i;

	snprintf(map, sizeof(map), "%u %u %u\n", inside, outside, count);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		int ret;

		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		ret = write_file(path, map);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int wait_and_write_maps(int pipe_end, pid_t pid, uid_t inside,
			       uid_t outside, unsigned int count)
{
	char byte;

	if (read(pipe_end, &byte, 1) != 1)
		return EIO;
	return -write_maps(pid, inside, outside, count);
}

static int enter_userns_mapped(uid_t inside, uid_t outside, unsigned int count)
{
	pid_t self = getpid(), helper;
	int pipes[2], ret;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	helper = fork();
	if (helper == 0) {
		close(pipes[1]);
		_exit(wait_and_write_maps(pipes[0], self, inside, outside, count));
	}
	close(pipes[0]);
	ret = helper < 0 ? -errno : result(unshare(CLONE_NEWUSER));
	if (ret == 0 && write(pipes[1], "", 1) != 1)
		ret = -EIO;
	close(pipes[1]);
	if (helper > 0) {
		int status = reap(helper);

		if (ret == 0)
			ret = -status;
	}
	if (ret < 0)
		return ret;
	if (setresgid(inside, inside, inside) < 0)
		return -errno;
	return result(setresuid(inside, inside, inside));
}

/* Without privilege: only the caller's own ids, and no setgroups. */
static int enter_userns_single(uid_t inside)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];
	int ret;

	if (unshare(CLONE_NEWUSER) < 0)
		return -errno;
	ret = write_file("/proc/self/setgroups", "deny");
	if (ret < 0)
		return ret;
	snprintf(map, sizeof(map), "%u %u 1\n", inside, gid);
	ret = write_file("/proc/self/gid_map", map);
	if (ret < 0)
		return ret;
	snprintf(map, sizeof(map), "%u %u 1\n", inside, uid);
	return write_file("/proc/self/uid_map", map);
}

int enter_userns(uid_t inside, uid_t outside, unsigned int count)
{
	int ret;

	if (geteuid() == 0)
		ret = enter_userns_mapped(inside, outside, count);
	else
		ret = enter_userns_single(inside);
	return ret < 0 ? ret : 0;
}

int enter_netns(void)
{
	return result(unshare(CLONE_NEWNET));
}

int pass_fd(int sock, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

int take_fd(int sock)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -ENOMSG;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

/* ---- files ---- */

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -errno;
	close(fd);
	return ret;
}

int read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	while (done < size - 1 && n > 0) {
		n = read(fd, buf + done, size - 1 - done);
		if (n > 0)
			done += n;
	}
	n = n < 0 ? -errno : (ssize_t)done;
	close(fd);
	buf[done] = '\0';
	return n;
}

/* ---- scale and randomness ---- */

long scaled(long quick, long full)
{
	const char *fraction = getenv("IPCX_FRACTION");

	return fraction && strcmp(fraction, "full") == 0 ? full : quick;
}

long scaled_to_kernel(long quick, long full)
{
	long fewer = quick / timeout_factor();

	return scaled(fewer > 0 ? fewer : 1, full);
}

uint64_t test_seed(void)
{
	const char *given = getenv("IPCX_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) :
			(uint64_t)now_ns(CLOCK_REALTIME) ^ ((uint64_t)getpid() << 40);

	printf("# IPCX_SEED=%#llx\n", (unsigned long long)seed);
	fflush(stdout);
	return seed;
}

/* splitmix64: every state is a good one, 0 included. */
uint64_t rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}
