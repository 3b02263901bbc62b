// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whose copies are told: everybody's, those of processes that were asked for, their threads and
 * children, the union of what several files ask for, and nobody's.
 */
#include "probe.h"

#include <pthread.h>
#include <sys/prctl.h>

#define MARK	777		/* bytes, which nobody else copies */
#define MANY	400		/* more than the pool of entries has */

/* Makes one copy of MARK bytes from this address each time it is told to. */
static char mark[MARK];

static void make_mark(void)
{
	int fd[2];

	if (pipe(fd) < 0 || write(fd[1], mark, MARK) != MARK)
		abort();
	close(fd[0]);
	close(fd[1]);
}

/* A process that does, on demand, what a letter says. */
struct worker {
	int command[2], answer[2];
	pid_t pid, child;
};

static void *make_mark_in_thread(void *arg)
{
	*(pid_t *)arg = gettid();
	make_mark();
	return NULL;
}

static pid_t mark_by_thread(void)
{
	pthread_t thread;
	pid_t tid = -1;

	pthread_create(&thread, NULL, make_mark_in_thread, &tid);
	pthread_join(thread, NULL);
	return tid;
}

/* A child, and a child of it, that make a mark each; the grandchild's pid is told. */
static int mark_by_grandchild(void *arg)
{
	struct worker *w = arg;
	pid_t pid;

	make_mark();
	pid = fork();
	if (pid == 0) {
		make_mark();
		_exit(0);
	}
	MUST_BE(0, reap(pid));
	MUST_BE(sizeof(pid), write(w->answer[1], &pid, sizeof(pid)));
	return 0;
}

static int work(void *arg)
{
	struct worker *w = arg;
	pid_t answer;
	char what;

	close(w->command[1]);
	/* Not until the end of the pipe: other workers have its other end, too. */
	while (read(w->command[0], &what, 1) == 1 && what != 'q') {
		answer = getpid();
		switch (what) {
		case 'm':
			make_mark();
			break;
		case 't':
			answer = mark_by_thread();
			break;
		case 'f':
			answer = spawn(mark_by_grandchild, w);
			MUST_BE(0, reap(answer));
			break;
		}
		MUST_BE(sizeof(answer), write(w->answer[1], &answer, sizeof(answer)));
	}
	return 0;
}

static int start_worker(struct worker *w)
{
	if (pipe2(w->command, O_CLOEXEC) < 0 || pipe2(w->answer, O_CLOEXEC) < 0)
		return -errno;
	w->pid = spawn(work, w);
	close(w->command[0]);
	close(w->answer[1]);
	return w->pid < 0 ? w->pid : 0;
}

static int end_worker(struct worker *w)
{
	if (write(w->command[1], "q", 1) != 1)
		return -errno;
	close(w->command[1]);
	close(w->answer[0]);
	return reap(w->pid);
}

/* Who made a mark, or -errno; of 'f' first the grandchild, then the child. */
static pid_t answer_of(struct worker *w)
{
	pid_t pid;

	return read(w->answer[0], &pid, sizeof(pid)) == sizeof(pid) ? pid : -EIO;
}

static pid_t tell(struct worker *w, char what)
{
	return write(w->command[1], &what, 1) == 1 ? answer_of(w) : -errno;
}

FIXTURE(filter) {
	struct tracing t;
	struct worker a, b;
};

FIXTURE_SETUP(filter)
{
	/* Workers first: else they would be somebody's children. */
	ASSERT_EQ(0, start_worker(&self->a));
	ASSERT_EQ(0, start_worker(&self->b));
	ASSERT_EQ(0, probe_open(&self->t, 0));
	ASSERT_EQ(0, probe_record(&self->t));
}

FIXTURE_TEARDOWN(filter)
{
	probe_close(&self->t);
	EXPECT_EQ(0, end_worker(&self->a));
	EXPECT_EQ(0, end_worker(&self->b));
}

/* How many marks of a task were told. To read while it records would never end. */
static int marks(struct tracing *t, pid_t pid)
{
	int ret = probe_pause(t);

	return ret ?: probe_copies(t, probe_from(pid, mark, MARK));
}

/* Forgets all and lets the worker make a mark: was it told? */
static int mark_told(struct tracing *t, struct worker *w)
{
	int ret = probe_record(t);

	if (ret)
		return ret;
	if (tell(w, 'm') != w->pid)
		return -EIO;
	return marks(t, w->pid);
}

TEST_F(filter, all_while_nobody_asks)
{
	EXPECT_EQ(1, mark_told(&self->t, &self->a));
	EXPECT_EQ(1, mark_told(&self->t, &self->b));
}

TEST_F(filter, none_of_a_file_without_wishes)
{
	int fd = probe_device();

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, mark_told(&self->t, &self->a));
	close(fd);
	EXPECT_EQ(1, mark_told(&self->t, &self->a));
}

TEST_F(filter, one_process)
{
	int fd = probe_device();

	ASSERT_EQ(0, probe_follow(fd, self->a.pid, 0));
	/* Twice is once. */
	ASSERT_EQ(0, probe_follow(fd, self->a.pid, 0));
	EXPECT_EQ(1, mark_told(&self->t, &self->a));
	EXPECT_EQ(0, mark_told(&self->t, &self->b));
	close(fd);
}

TEST_F(filter, everybody)
{
	int fd = probe_device();

	ASSERT_EQ(0, op(fd, IPCX_PROBE_ALL, NULL));
	ASSERT_EQ(0, op(fd, IPCX_PROBE_ALL, NULL));
	EXPECT_EQ(1, mark_told(&self->t, &self->a));
	EXPECT_EQ(1, mark_told(&self->t, &self->b));
	close(fd);
}

TEST_F(filter, union_of_files)
{
	int one = probe_device(), two = probe_device(), three = probe_device();

	ASSERT_EQ(0, probe_follow(one, self->a.pid, 0));
	ASSERT_EQ(0, probe_follow(two, self->a.pid, 0));
	ASSERT_EQ(0, probe_follow(two, self->b.pid, 0));
	EXPECT_EQ(1, mark_told(&self->t, &self->a));
	EXPECT_EQ(1, mark_told(&self->t, &self->b));
	close(one);
	EXPECT_EQ(1, mark_told(&self->t, &self->a));
	close(two);
	EXPECT_EQ(0, mark_told(&self->t, &self->a));
	EXPECT_EQ(0, mark_told(&self->t, &self->b));
	ASSERT_EQ(0, op(three, IPCX_PROBE_ALL, NULL));
	EXPECT_EQ(1, mark_told(&self->t, &self->b));
	close(three);
}

/* All threads of a process, those that come later as well. */
TEST_F(filter, threads)
{
	int fd = probe_device();
	pid_t tid;

	ASSERT_EQ(0, probe_follow(fd, self->a.pid, 0));
	tid = tell(&self->a, 't');
	ASSERT_LT(0, tid);
	ASSERT_NE(self->a.pid, tid);
	EXPECT_EQ(1, marks(&self->t, tid));
	ASSERT_EQ(0, probe_record(&self->t));
	tid = tell(&self->b, 't');
	EXPECT_EQ(0, marks(&self->t, tid));
	close(fd);
}

static void *follow_own_process(void *arg)
{
	*(int *)arg = probe_follow(*(int *)arg, gettid(), 0);
	return NULL;
}

/* Asked for by the number of one of its threads. */
TEST_F(filter, by_a_thread)
{
	int fd = probe_device(), ret = fd;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, follow_own_process, &ret));
	pthread_join(thread, NULL);
	ASSERT_EQ(0, ret);
	make_mark();
	EXPECT_EQ(1, marks(&self->t, getpid()));
	EXPECT_EQ(0, mark_told(&self->t, &self->a));
	close(fd);
}

TEST_F(filter, no_children)
{
	int fd = probe_device();
	pid_t child, grandchild;

	ASSERT_EQ(0, probe_follow(fd, self->a.pid, 0));
	grandchild = tell(&self->a, 'f');
	child = answer_of(&self->a);
	EXPECT_EQ(0, marks(&self->t, child));
	EXPECT_EQ(0, marks(&self->t, grandchild));
	close(fd);
}

/* That another process is followed with its children is no reason to follow those of one. */
TEST_F(filter, no_children_beside_others)
{
	int fd = probe_device(), other = probe_device();
	pid_t child, grandchild;

	ASSERT_EQ(0, probe_follow(fd, self->a.pid, 0));
	ASSERT_EQ(0, probe_follow(other, self->b.pid, IPCX_PROBE_CHILDREN));
	grandchild = tell(&self->a, 'f');
	child = answer_of(&self->a);
	EXPECT_EQ(0, marks(&self->t, child));
	EXPECT_EQ(0, marks(&self->t, grandchild));
	ASSERT_EQ(0, probe_record(&self->t));
	grandchild = tell(&self->b, 'f');
	child = answer_of(&self->b);
	EXPECT_EQ(1, marks(&self->t, child));
	EXPECT_EQ(1, marks(&self->t, grandchild));
	close(fd);
	close(other);
}

TEST_F(filter, children)
{
	int fd = probe_device(), plain = probe_device();
	pid_t child, grandchild;

	/* That another follows it without its children changes nothing. */
	ASSERT_EQ(0, probe_follow(plain, self->a.pid, 0));
	ASSERT_EQ(0, probe_follow(fd, self->a.pid, 0));
	ASSERT_EQ(0, probe_follow(fd, self->a.pid, IPCX_PROBE_CHILDREN));
	grandchild = tell(&self->a, 'f');
	child = answer_of(&self->a);
	EXPECT_EQ(1, marks(&self->t, child));
	EXPECT_EQ(1, marks(&self->t, grandchild));
	ASSERT_EQ(0, probe_record(&self->t));
	tell(&self->b, 'f');
	child = answer_of(&self->b);
	EXPECT_EQ(0, marks(&self->t, child));
	close(fd);
	close(plain);
}

/* Those that it had before are not followed. */
TEST_F(filter, earlier_children)
{
	int fd = probe_device();

	ASSERT_EQ(0, probe_follow(fd, getpid(), IPCX_PROBE_CHILDREN));
	EXPECT_EQ(0, mark_told(&self->t, &self->a));
	close(fd);
}

static int exit_at_once(void *arg)
{
	return *(int *)arg;
}

/* Who has ended is not in the set any more; who was forked is. */
TEST_F(filter, ends)
{
	int fd = probe_device(), zero = 0;
	struct probe_info info;

	ASSERT_EQ(0, probe_follow(fd, getpid(), IPCX_PROBE_CHILDREN));
	ASSERT_EQ(0, probe_stat_of(fd, &info));
	EXPECT_EQ(1, info.stat.followed);
	EXPECT_EQ(1, info.stat.files);
	ASSERT_EQ(0, in_child(exit_at_once, &zero));
	ASSERT_EQ(0, probe_stat_of(fd, &info));
	EXPECT_EQ(1, info.stat.followed);
	close(fd);
	fd = probe_device();
	ASSERT_EQ(0, probe_stat_of(fd, &info));
	EXPECT_EQ(0, info.stat.followed);
	close(fd);
}

static int wait_for_end(void *arg)
{
	char byte;

	close(((int *)arg)[1]);
	return read(((int *)arg)[0], &byte, 1);
}

/* More children than the pool has entries: the worker fills it in time. */
TEST_F(filter, many_children)
{
	static pid_t pids[MANY];
	struct probe_info info;
	int fd = probe_device(), end[2], i;

	ASSERT_EQ(0, pipe2(end, O_CLOEXEC));
	ASSERT_EQ(0, probe_follow(fd, getpid(), IPCX_PROBE_CHILDREN));
	for (i = 0; i < MANY; i++) {
		pids[i] = spawn(wait_for_end, end);
		ASSERT_LT(0, pids[i]);
		sched_yield();
	}
	ASSERT_EQ(0, probe_stat_of(fd, &info));
	EXPECT_EQ(MANY + 1, info.stat.followed);
	EXPECT_EQ(0, info.stat.children_lost);
	close(end[1]);
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(0, reap(pids[i]));
	ASSERT_EQ(0, probe_stat_of(fd, &info));
	EXPECT_EQ(1, info.stat.followed);
	close(fd);
}

static int hold_the_device(void *arg)
{
	int fd = probe_device();

	MUST_BE(0, probe_follow(fd, *(pid_t *)arg, IPCX_PROBE_CHILDREN));
	MUST_BE(0, probe_follow(fd, getpid(), IPCX_PROBE_CHILDREN));
	pause();
	return 1;
}

static bool two_are_followed(void *arg)
{
	struct probe_info info;

	return probe_stat_of(*(int *)arg, &info) == 0 && info.stat.followed == 2;
}

static bool nobody_is_followed(void *arg)
{
	struct probe_info info;

	return probe_stat_of(*(int *)arg, &info) == 0 && info.stat.followed == 0;
}

/* Its wishes go with a holder that is killed. */
TEST_F(filter, killed_holder)
{
	int fd = probe_device();
	pid_t pid = spawn(hold_the_device, &self->a.pid);

	ASSERT_EQ(0, wait_until(two_are_followed, &fd));
	EXPECT_EQ(1, mark_told(&self->t, &self->a));
	EXPECT_EQ(0, mark_told(&self->t, &self->b));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(KILLED_BY(SIGKILL), reap(pid));
	ASSERT_EQ(0, wait_until(nobody_is_followed, &fd));
	EXPECT_EQ(0, mark_told(&self->t, &self->a));
	close(fd);
}

static int follow_one(void *arg)
{
	MUST_BE(1, getpid());
	MUST_BE(0, probe_follow(*(int *)arg, 1, 0));
	make_mark();
	return 0;
}

static int in_pid_namespace(void *arg)
{
	MUST_BE(0, unshare(CLONE_NEWPID));
	return in_child(follow_one, arg);
}

/* A number means what it means to who says it. */
TEST_F(filter, pid_namespace)
{
	int fd = probe_device();

	ASSERT_EQ(0, in_child(in_pid_namespace, &fd));
	EXPECT_EQ(1, marks(&self->t, 0));
	EXPECT_EQ(0, mark_told(&self->t, &self->a));
	close(fd);
}

static int execute(void *arg __attribute__((unused)))
{
	execl("/bin/cat", "cat", "/proc/self/stat", NULL);
	return 1;
}

/* What it executes is the same process. */
TEST_F(filter, exec)
{
	int fd = probe_device();
	struct probe_match all = { .to = true, .buf = NULL, .len = SIZE_MAX };
	pid_t pid;

	ASSERT_EQ(0, probe_follow(fd, getpid(), IPCX_PROBE_CHILDREN));
	ASSERT_EQ(0, probe_record(&self->t));
	pid = spawn(execute, NULL);
	ASSERT_EQ(0, reap(pid));
	ASSERT_EQ(0, probe_pause(&self->t));
	all.pid = pid;
	EXPECT_LT(0, probe_copies(&self->t, all));
	close(fd);
}

PROBE_HARNESS_MAIN(true)
