// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Notification: told once that a message came into the empty queue, by signal
 * or by eventfd, and only the process that asked.
 */
#include "common.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mount.h>

/* What the set-uid program of the tests is called with; see main(). */
#define SETUID_CHILD	"--setuid-child"
#define NOBODY		65534

static int notify(int fd, const struct ipcx_notify *n)
{
	return op(fd, IPCX_NOTIFY, (void *)n);
}

static int notify_signal(int fd, int signo, __u64 value)
{
	struct ipcx_notify n = {
		.how = IPCX_NOTIFY_SIGNAL, .signo = signo, .value = value,
	};

	return notify(fd, &n);
}

static int notify_eventfd(int fd, int event)
{
	struct ipcx_notify n = { .how = IPCX_NOTIFY_EVENTFD, .fd = event };

	return notify(fd, &n);
}

static int notify_none(int fd)
{
	struct ipcx_notify n = { .how = IPCX_NOTIFY_NONE };

	return notify(fd, &n);
}

/* Times that the eventfd was signalled since the last look. */
static long long events(int event)
{
	uint64_t count;

	if (read(event, &count, sizeof(count)) == sizeof(count))
		return count;
	return errno == EAGAIN ? 0 : -errno;
}

static bool is_registered(int fd)
{
	struct ipcx_stat stat;

	return get_stat(fd, &stat) == 0 && stat.state & IPCX_STAT_NOTIFY;
}

static int block_signal(int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	return sigprocmask(SIG_BLOCK, &set, NULL);
}

/* The pending signal's information; 0 where none is pending. */
static int take_signal(int signo, siginfo_t *info)
{
	struct timespec none = { 0 };
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, signo);
	ret = sigtimedwait(&set, info, &none);
	return ret < 0 && errno == EAGAIN ? 0 : ret;
}

FIXTURE(notify)
{
	int fd;
	int event;
};

FIXTURE_SETUP(notify)
{
	self->fd = small_queue(8);
	ASSERT_LE(0, self->fd);
	self->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(notify)
{
	close(self->event);
	close(self->fd);
}

static int send_as(void *arg)
{
	int fd = *(int *)arg;

	if (become(NOBODY) < 0)
		return 1;
	return send_number(fd, 1, 0) == 1 ? 0 : 2;
}

TEST_F(notify, by_signal)
{
	const int signals[] = { SIGUSR1, SIGRTMIN, SIGRTMAX, SIGTERM };
	siginfo_t info;
	pid_t pid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		ASSERT_EQ(0, block_signal(signals[i]));
		ASSERT_EQ(0, notify_signal(self->fd, signals[i], 0x1234567890abcdefULL));
		EXPECT_EQ(0, take_signal(signals[i], &info));
		pid = spawn(send_as, &self->fd);
		ASSERT_EQ(0, reap(pid));
		ASSERT_EQ(signals[i], take_signal(signals[i], &info));
		EXPECT_EQ(SI_MESGQ, info.si_code);
		EXPECT_EQ(pid, info.si_pid);
		EXPECT_EQ(NOBODY, info.si_uid);
		EXPECT_EQ((uintptr_t)0x1234567890abcdefULL, (uintptr_t)info.si_value.sival_ptr);
		EXPECT_EQ(1, drain(self->fd));
	}
}

TEST_F(notify, by_eventfd)
{
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	EXPECT_TRUE(is_registered(self->fd));
	EXPECT_EQ(0, events(self->event));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(1, events(self->event));
	EXPECT_FALSE(is_registered(self->fd));
}

TEST_F(notify, once)
{
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(1, drain(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 2, 0));
	EXPECT_EQ(1, events(self->event));
	/* Asked again, told again. */
	EXPECT_EQ(1, drain(self->fd));
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	ASSERT_EQ(1, send_number(self->fd, 3, 0));
	EXPECT_EQ(1, events(self->event));
}

/* Only the message that ends emptiness counts. */
TEST_F(notify, not_while_there_is_a_message)
{
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	ASSERT_EQ(1, send_number(self->fd, 2, 9));
	EXPECT_EQ(0, events(self->event));
	EXPECT_TRUE(is_registered(self->fd));
	EXPECT_EQ(2, drain(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 3, 0));
	EXPECT_EQ(1, events(self->event));
}

TEST_F(notify, by_write_and_batch)
{
	struct ipcx_msg msgs[3] = { 0 };
	struct ipcx_xfer xfer = make_xfer(msgs, 3, 0);

	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	ASSERT_EQ(1, write(self->fd, "", 1));
	EXPECT_EQ(1, events(self->event));
	EXPECT_EQ(1, drain(self->fd));
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	ASSERT_EQ(3, op(self->fd, IPCX_SEND, &xfer));
	EXPECT_EQ(1, events(self->event));
}

static int receive_one(void *arg)
{
	__u64 number;

	return recv_number(*(int *)arg, &number) == 1 ? (int)number : 255;
}

static int receive_type_9(void *arg)
{
	__u64 number;

	return recv_match(*(int *)arg, &number, 8, NULL, IPCX_MATCH_TYPE, 9, 0) == 1 ? 9 : 255;
}

TEST_F(notify, a_waiting_receiver_comes_first)
{
	pid_t pid = spawn(receive_one, &self->fd);

	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	ASSERT_EQ(1, send_number(self->fd, 42, 0));
	EXPECT_EQ(42, reap(pid));
	EXPECT_EQ(0, events(self->event));
	EXPECT_TRUE(is_registered(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 43, 0));
	EXPECT_EQ(1, events(self->event));
}

/* A receiver that does not select the message does not take it. */
TEST_F(notify, a_receiver_of_other_types_does_not_count)
{
	pid_t pid = spawn(receive_type_9, &self->fd);

	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	ASSERT_EQ(1, send_number(self->fd, 3, 0));
	EXPECT_EQ(1, events(self->event));
	ASSERT_EQ(1, send_number(self->fd, 9, 0));
	EXPECT_EQ(9, reap(pid));
}

TEST_F(notify, take_back)
{
	ASSERT_EQ(0, notify_none(self->fd));
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	ASSERT_EQ(0, notify_none(self->fd));
	EXPECT_FALSE(is_registered(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(0, events(self->event));
}

struct other {
	int fd;
	int event;
	int go[2];
};

static int try_to_register(void *arg)
{
	struct other *o = arg;
	int ret = notify_eventfd(o->fd, o->event);

	if (ret != -EBUSY)
		return 1;
	if (notify_signal(o->fd, SIGUSR1, 0) != -EBUSY)
		return 2;
	/* Not its registration: nothing happens to it. */
	return notify_none(o->fd) == 0 ? 0 : 3;
}

TEST_F(notify, one_at_a_time)
{
	struct other o = { self->fd, self->event, { 0 } };

	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	EXPECT_EQ(-EBUSY, notify_eventfd(self->fd, self->event));
	EXPECT_EQ(-EBUSY, notify_signal(self->fd, SIGUSR1, 0));
	EXPECT_EQ(0, in_child(try_to_register, &o));
	EXPECT_TRUE(is_registered(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(1, events(self->event));
}

TEST_F(notify, bad_requests)
{
	static const struct ipcx_notify bad[] = {
		{ .how = 3 },
		{ .how = UINT32_MAX },
		{ .how = IPCX_NOTIFY_NONE, .signo = 1 },
		{ .how = IPCX_NOTIFY_NONE, .fd = 1 },
		{ .how = IPCX_NOTIFY_NONE, .value = 1 },
		{ .how = IPCX_NOTIFY_NONE, .flags = 1 },
		{ .how = IPCX_NOTIFY_SIGNAL, .signo = 0 },
		{ .how = IPCX_NOTIFY_SIGNAL, .signo = 65 },
		{ .how = IPCX_NOTIFY_SIGNAL, .signo = UINT32_MAX },
		{ .how = IPCX_NOTIFY_SIGNAL, .signo = SIGUSR1, .fd = 1 },
		{ .how = IPCX_NOTIFY_SIGNAL, .signo = SIGUSR1, .flags = 1 },
	};
	struct ipcx_notify n = { .how = IPCX_NOTIFY_EVENTFD, .fd = self->event };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, notify(self->fd, &bad[i])) {
			TH_LOG("case %zu", i);
		}
	}
	n.signo = 1;
	EXPECT_EQ(-EINVAL, notify(self->fd, &n));
	n.signo = 0;
	n.value = 1;
	EXPECT_EQ(-EINVAL, notify(self->fd, &n));
	n.value = 0;
	n.flags = 1;
	EXPECT_EQ(-EINVAL, notify(self->fd, &n));
	n.flags = 0;
	EXPECT_EQ(-EINVAL, notify_eventfd(self->fd, self->fd));
	EXPECT_EQ(-EBADF, notify_eventfd(self->fd, -1));
	EXPECT_EQ(-EBADF, notify_eventfd(self->fd, 9999));
	EXPECT_FALSE(is_registered(self->fd));
	EXPECT_EQ(0, notify(self->fd, &n));
	EXPECT_TRUE(is_registered(self->fd));
}

TEST_F(notify, needs_the_right_to_receive)
{
	int fd = new_queue(IPCX_OPEN_WRITE, NULL);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, notify_eventfd(fd, self->event));
	EXPECT_EQ(-EBADF, notify_none(fd));
	close(fd);
}

/* Closing any fd of the queue ends it, as closing a mqd_t does. */
TEST_F(notify, close_ends_it)
{
	int copy = dup(self->fd);

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	close(copy);
	EXPECT_FALSE(is_registered(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(0, events(self->event));
}

static int close_fd(void *arg)
{
	return close(*(int *)arg);
}

/* Another process that closes its fd, or ends, ends nothing. */
TEST_F(notify, close_by_others_does_not)
{
	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	EXPECT_EQ(0, in_child(close_fd, &self->fd));
	EXPECT_TRUE(is_registered(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(1, events(self->event));
}

/* The eventfd itself may be closed: the registration holds on to it. */
TEST_F(notify, closed_eventfd)
{
	int copy = dup(self->event);

	ASSERT_EQ(0, notify_eventfd(self->fd, self->event));
	close(self->event);
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(1, events(copy));
	self->event = copy;
}

static int register_and_exit(void *arg)
{
	struct other *o = arg;

	return -notify_eventfd(o->fd, o->event);
}

TEST_F(notify, exit_ends_it)
{
	struct other o = { self->fd, self->event, { 0 } };

	ASSERT_EQ(0, in_child(register_and_exit, &o));
	EXPECT_FALSE(is_registered(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(0, events(self->event));
	EXPECT_EQ(1, drain(self->fd));
	EXPECT_EQ(0, notify_eventfd(self->fd, self->event));
}

static int register_and_be_killed(void *arg)
{
	struct other *o = arg;

	if (notify_signal(o->fd, SIGUSR1, 0) == 0)
		raise(SIGKILL);
	return 1;
}

TEST_F(notify, kill_ends_it)
{
	struct other o = { self->fd, self->event, { 0 } };

	ASSERT_EQ(KILLED_BY(SIGKILL), in_child(register_and_be_killed, &o));
	EXPECT_FALSE(is_registered(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
}

static void *register_in_thread(void *arg)
{
	struct other *o = arg;

	return (void *)(intptr_t)notify_eventfd(o->fd, o->event);
}

/* It belongs to the process, not to the thread that asked. */
TEST_F(notify, outlives_its_thread)
{
	struct other o = { self->fd, self->event, { 0 } };
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, register_in_thread, &o));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	ASSERT_EQ(NULL, ret);
	EXPECT_TRUE(is_registered(self->fd));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(1, events(self->event));
}

/* A thread that waits for the signal, while the first one blocks it. */
static volatile int handled_by;

static void on_signal(int sig)
{
	(void)sig;
	handled_by = gettid();
}

struct listener {
	volatile pid_t tid;
	volatile bool stop;
};

static void *listen_in_thread(void *arg)
{
	struct listener *l = arg;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	l->tid = gettid();
	while (!l->stop && !handled_by)
		sched_yield();
	return NULL;
}

static bool is_listening(void *arg)
{
	struct listener *l = arg;

	return l->tid != 0;
}

static bool is_handled(void *arg)
{
	(void)arg;
	return handled_by != 0;
}

TEST_F(notify, a_thread_that_does_not_block_the_signal_gets_it)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct listener l = { 0 };
	pthread_t thread;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, block_signal(SIGUSR1));
	ASSERT_EQ(0, pthread_create(&thread, NULL, listen_in_thread, &l));
	ASSERT_EQ(0, wait_until(is_listening, &l));
	ASSERT_EQ(0, notify_signal(self->fd, SIGUSR1, 0));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(0, wait_until(is_handled, NULL));
	l.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(l.tid, handled_by);
}

static void *sigwait_in_thread(void *arg)
{
	struct listener *l = arg;
	sigset_t set;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	l->tid = gettid();
	return sigwaitinfo(&set, &info) == SIGUSR1 && info.si_code == SI_MESGQ ? l : NULL;
}

TEST_F(notify, a_thread_that_waits_for_the_signal_gets_it)
{
	struct listener l = { 0 };
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, block_signal(SIGUSR1));
	ASSERT_EQ(0, pthread_create(&thread, NULL, sigwait_in_thread, &l));
	ASSERT_EQ(0, wait_until(is_listening, &l));
	ASSERT_EQ(0, wait_sleeping(l.tid));
	ASSERT_EQ(0, notify_signal(self->fd, SIGUSR1, 0));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(&l, ret);
}

/* In a thread of the process: its first thread is 'Z' in the list. */
static bool main_has_ended(void *arg)
{
	char path[64], text[512];
	const char *name_end;

	(void)arg;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	if (read_file(path, text, sizeof(text)) < 0)
		return false;
	name_end = strrchr(text, ')');
	return name_end && name_end[2] == 'Z';
}

static void *take_after_main(void *arg)
{
	const struct timespec at_once = { 0 };
	struct other *o = arg;
	siginfo_t info;
	sigset_t set;

	/*
	 * The main thread is a zombie, and the signal is blocked all over: a
	 * thread in sigwaitinfo() would unblock it, hence first the message.
	 */
	if (wait_until(main_has_ended, NULL) < 0 || send_number(o->fd, 1, 0) != 1)
		_exit(2);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (sigtimedwait(&set, &info, &at_once) != SIGUSR1)
		_exit(3);
	_exit(info.si_value.sival_int == 77 ? 0 : 4);
}

static int register_and_end_main(void *arg)
{
	struct other *o = arg;
	pthread_t thread;

	MUST_BE(0, block_signal(SIGUSR1));
	MUST_BE(0, notify_signal(o->fd, SIGUSR1, 77));
	MUST_BE(0, pthread_create(&thread, NULL, take_after_main, o));
	pthread_exit(NULL);
}

/* A thread that has ended gets no signal, be it the main one. */
TEST_F(notify, main_thread_has_ended)
{
	struct other o = { self->fd, self->event, { 0 } };

	EXPECT_EQ(0, in_child(register_and_end_main, &o));
}

static int send_and_report_pid(void *arg)
{
	struct other *o = arg;
	pid_t pid = getpid();

	if (send_number(o->fd, 1, 0) != 1)
		return 1;
	return write(o->go[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : 1;
}

/* In a pid namespace below, so that its own view of its pid is another. */
static int send_from_pid_namespace(void *arg)
{
	struct other *o = arg;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		return 1;
	pid = spawn(send_and_report_pid, arg);
	if (reap(pid) != 0)
		return 2;
	return write(o->go[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : 3;
}

TEST_F(notify, pid_of_the_sender_is_the_receivers_view)
{
	struct other o = { self->fd, self->event, { 0 } };
	pid_t inner, outer;
	siginfo_t info;

	ASSERT_EQ(0, pipe(o.go));
	ASSERT_EQ(0, block_signal(SIGUSR1));
	ASSERT_EQ(0, notify_signal(self->fd, SIGUSR1, 0));
	ASSERT_EQ(0, in_child(send_from_pid_namespace, &o));
	ASSERT_EQ(sizeof(inner), read(o.go[0], &inner, sizeof(inner)));
	EXPECT_EQ(1, inner);
	ASSERT_EQ(sizeof(outer), read(o.go[0], &outer, sizeof(outer)));
	EXPECT_NE(inner, outer);
	ASSERT_EQ(SIGUSR1, take_signal(SIGUSR1, &info));
	EXPECT_EQ(outer, info.si_pid);
}

/* Registers in a pid namespace to which the sender is invisible. */
static int registrant_in_namespace(void *arg)
{
	struct other *o = arg;
	siginfo_t info;
	sigset_t set;
	char byte = 0;

	block_signal(SIGUSR1);
	if (notify_signal(o->fd, SIGUSR1, 0) < 0 || write(o->go[1], &byte, 1) != 1)
		return 1;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (sigwaitinfo(&set, &info) != SIGUSR1)
		return 2;
	return info.si_pid == 0 ? 0 : 3;
}

static int register_in_pid_namespace(void *arg)
{
	if (unshare(CLONE_NEWPID) < 0)
		return 9;
	return in_child(registrant_in_namespace, arg);
}

TEST_F(notify, pid_of_an_invisible_sender_is_zero)
{
	struct other o = { self->fd, self->event, { 0 } };
	pid_t pid;
	char byte;

	ASSERT_EQ(0, pipe(o.go));
	pid = spawn(register_in_pid_namespace, &o);
	ASSERT_EQ(1, read(o.go[0], &byte, 1));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(0, reap(pid));
}

/* ---- exec ---- */

/*
 * The program that is executed: says that it runs, then waits for the word to
 * end. A signal that reached it would kill it.
 */
static int setuid_child(void)
{
	char byte = geteuid() == 0 ? 'r' : 'u';

	if (write(STDOUT_FILENO, &byte, 1) != 1 || read(STDIN_FILENO, &byte, 1) != 1)
		return 1;
	return 0;
}

struct exec {
	int fd;
	int event;		/* be told by it, not by a signal */
	uid_t uid;
	const char *program;
	int said[2];
	int told[2];
	bool in_thread;
};

static void run_program(struct exec *e)
{
	dup2(e->said[1], STDOUT_FILENO);
	dup2(e->told[0], STDIN_FILENO);
	execl(e->program, e->program, SETUID_CHILD, NULL);
	_exit(errno);
}

static void *run_program_in_thread(void *arg)
{
	run_program(arg);
	return NULL;
}

static int register_and_exec(void *arg)
{
	struct exec *e = arg;
	pthread_t thread;
	int ret;

	if (e->uid && become(e->uid) < 0)
		return 101;
	/* The fd stays open in the new program: only the exec ends it. */
	fcntl(e->fd, F_SETFD, 0);
	ret = e->event ? notify_eventfd(e->fd, e->event) : notify_signal(e->fd, SIGUSR1, 0);
	if (ret < 0)
		return 102;
	if (!e->in_thread)
		run_program(e);
	pthread_create(&thread, NULL, run_program_in_thread, e);
	pthread_join(thread, NULL);
	return 103;
}

static void check_exec(struct __test_metadata *_metadata, int fd, struct exec *e, char who)
{
	char byte = 0;
	pid_t pid;

	e->fd = fd;
	ASSERT_EQ(0, pipe(e->said));
	ASSERT_EQ(0, pipe(e->told));
	pid = spawn(register_and_exec, e);
	ASSERT_LT(0, pid);
	close(e->said[1]);
	ASSERT_EQ(1, read(e->said[0], &byte, 1)) {
		TH_LOG("the program did not start: %d", reap(pid));
	}
	EXPECT_EQ(who, byte);
	ASSERT_EQ(1, send_number(fd, 1, 0));
	EXPECT_FALSE(is_registered(fd));
	EXPECT_EQ(1, write(e->told[1], &byte, 1));
	EXPECT_EQ(0, reap(pid)) {
		TH_LOG("the signal reached the new program");
	}
	EXPECT_EQ(1, drain(fd));
}

TEST_F(notify, exec_ends_it)
{
	struct exec e = { .program = "/proc/self/exe" };

	check_exec(_metadata, self->fd, &e, 'r');
	e.in_thread = true;
	check_exec(_metadata, self->fd, &e, 'r');
}

TEST_F(notify, exec_ends_it_for_an_eventfd_too)
{
	struct exec e = { .event = self->event, .program = "/proc/self/exe" };

	check_exec(_metadata, self->fd, &e, 'r');
	EXPECT_EQ(0, events(self->event));
}

/* Before any message comes, the place is free for others. */
TEST_F(notify, exec_frees_the_place)
{
	struct exec e = { .fd = self->fd, .program = "/proc/self/exe" };
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(e.said));
	ASSERT_EQ(0, pipe(e.told));
	pid = spawn(register_and_exec, &e);
	ASSERT_EQ(1, read(e.said[0], &byte, 1));
	EXPECT_FALSE(is_registered(self->fd));
	EXPECT_EQ(0, notify_eventfd(self->fd, self->event));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(1, events(self->event));
	EXPECT_EQ(1, write(e.told[1], &byte, 1));
	EXPECT_EQ(0, reap(pid));
}

static int copy_self(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	char buf[65536];
	ssize_t n;

	if (in < 0 || out < 0)
		return -errno;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			return -EIO;
	if (n == 0 && fchmod(out, 04755) < 0)
		n = -1;
	close(in);
	close(out);
	return n < 0 ? -errno : 0;
}

/* A copy of this program, owned by root and set-uid, on a tmpfs of its own. */
TEST_F(notify, never_to_a_setuid_program)
{
	char dir[] = "/tmp/ipcx-notify-XXXXXX", program[64];
	struct exec e = { .program = program, .uid = NOBODY };

	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, mount("tmpfs", dir, "tmpfs", 0, "mode=755"));
	snprintf(program, sizeof(program), "%s/setuid", dir);
	EXPECT_EQ(0, copy_self(program));
	check_exec(_metadata, self->fd, &e, 'r');
	e.in_thread = true;
	check_exec(_metadata, self->fd, &e, 'r');
	EXPECT_EQ(0, umount2(dir, MNT_DETACH));
	EXPECT_EQ(0, rmdir(dir));
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], SETUID_CHILD) == 0)
		return setuid_child();
	return test_harness_run(argc, argv);
}
