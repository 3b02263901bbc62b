// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copies that sleep: user memory whose pages userfaultfd gives when the test says so. What is
 * told of them when they wake, when they are killed, and when meanwhile the listener went, came
 * again, or the module was unloaded.
 */
#include "probe.h"

#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/socket.h>

#define PAGE		4096
#define SLEEPERS	32

/* The memory that is waited for; at the same address in every child. */
#define page_address	((char *)0x200000000UL)
static char *const page = page_address;

/* What is sent at once: in the middle of it lies the page. */
#define PAGES		16
#define BEFORE		8
static char *const buffer = page_address - BEFORE * PAGE;

/* Maps the page so that touching it sleeps; the userfaultfd, or -errno. */
static int make_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { .start = addr(page), .len = PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (mmap(page, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != page)
		return -errno;
	if (ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &reg) < 0)
		return -errno;
	return fd;
}

/* A child that writes its page to a pipe and so sleeps in the copy. */
struct sleeper {
	int sock[2];
	int pipe[2];
	pid_t pid;
	int uffd;
};

static int sleep_in_copy(void *arg)
{
	struct sleeper *s = arg;
	int fd = make_page();

	MUST(fd >= 0);
	MUST_BE(0, pass_fd(s->sock[1], fd));
	MUST_BE(PAGE, write(s->pipe[1], page, PAGE));
	/* Now the page is there; two copies more that do not sleep. */
	MUST_BE(64, write(s->pipe[1], page, 64));
	MUST_BE(64, read(s->pipe[0], page, 64));
	return 0;
}

/*
 * The same with a socket, which has larger pieces than pages: one call of the kernel's copies
 * what lies before, in and behind the page, by calls of another.
 */
static int sleep_in_large_copy(void *arg)
{
	struct sleeper *s = arg;
	int fd = make_page(), sock[2];

	MUST(fd >= 0);
	MUST(mmap(buffer, BEFORE * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		  MAP_FIXED_NOREPLACE | MAP_POPULATE, -1, 0) == buffer);
	MUST(mmap(page + PAGE, (PAGES - BEFORE - 1) * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE,
		  -1, 0) == page + PAGE);
	MUST_BE(0, socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sock));
	MUST_BE(0, pass_fd(s->sock[1], fd));
	MUST_BE(PAGES * PAGE, write(sock[1], buffer, PAGES * PAGE));
	return 0;
}

/* Returns when it sleeps in the copy. */
static int start_sleeper_in(struct sleeper *s, int (*fn)(void *arg))
{
	struct uffd_msg msg;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s->sock) < 0 ||
	    pipe2(s->pipe, O_CLOEXEC) < 0)
		return -errno;
	s->pid = spawn(fn, s);
	if (s->pid < 0)
		return s->pid;
	close(s->sock[1]);
	s->uffd = take_fd(s->sock[0]);
	close(s->sock[0]);
	if (s->uffd < 0)
		return s->uffd;
	return read(s->uffd, &msg, sizeof(msg)) == sizeof(msg) ? 0 : -EIO;
}

static int start_sleeper(struct sleeper *s)
{
	return start_sleeper_in(s, sleep_in_copy);
}

static int wake_sleeper(struct sleeper *s)
{
	struct uffdio_zeropage zero = { .range = { .start = addr(page), .len = PAGE } };

	return ioctl(s->uffd, UFFDIO_ZEROPAGE, &zero) < 0 ? -errno : 0;
}

static void close_sleeper(struct sleeper *s)
{
	close(s->uffd);
	close(s->pipe[0]);
	close(s->pipe[1]);
}

static int end_and_reap(struct sleeper *s)
{
	pid_t pid = s->pid;
	int ret = wake_sleeper(s);

	s->pid = 0;
	if (ret)
		return ret;
	ret = reap(pid);
	close_sleeper(s);
	return ret;
}

/* Kills what a test that failed left asleep. */
static void end_sleeper(struct sleeper *s)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGKILL);
	reap(s->pid);
	close_sleeper(s);
	s->pid = 0;
}

FIXTURE(fault) {
	struct tracing t;
	struct sleeper s;
};

FIXTURE_SETUP(fault)
{
	self->s.pid = 0;
	ASSERT_EQ(0, probe_open(&self->t, 0));
}

FIXTURE_TEARDOWN(fault)
{
	end_sleeper(&self->s);
	probe_close(&self->t);
}

/* What all of a sleeper's copies were: the one that slept, and one of 64 bytes. */
static struct probe_match page_of(pid_t pid)
{
	return probe_from(pid, page, PAGE);
}

TEST_F(fault, sleeps_and_is_told)
{
	struct probe_match m;
	struct probe_sum sum;
	long long before = now_ns(CLOCK_MONOTONIC), woken;
	pid_t pid;

	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(0, start_sleeper(&self->s));
	sleep_ms(20);
	woken = now_ns(CLOCK_MONOTONIC);
	pid = self->s.pid;
	ASSERT_EQ(0, end_and_reap(&self->s));
	ASSERT_EQ(0, probe_pause(&self->t));
	m = page_of(pid);
	ASSERT_EQ(0, probe_count(&self->t, &m, &sum));
	EXPECT_EQ(2, sum.count);
	EXPECT_EQ(PAGE + 64, sum.copied);
	EXPECT_LT(before, (long long)sum.first.start);
	EXPECT_LE(woken, (long long)(sum.first.start + sum.first.ns));
	EXPECT_LE(20 * NSEC_PER_MSEC, (long long)sum.first.ns);
	EXPECT_EQ(64, probe_bytes(&self->t, probe_to(pid, page, PAGE)));
}

/* Others' copies are told while one sleeps. */
TEST_F(fault, others_go_on)
{
	char buf[64] = "x";
	int fd[2];

	ASSERT_EQ(0, pipe2(fd, O_CLOEXEC));
	ASSERT_EQ(0, start_sleeper(&self->s));
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(64, write(fd[1], buf, 64));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(64, probe_bytes(&self->t, probe_from(getpid(), buf, 64)));
}

TEST_F(fault, many_sleepers)
{
	static struct sleeper s[SLEEPERS];
	int i;

	ASSERT_EQ(0, probe_record(&self->t));
	for (i = 0; i < SLEEPERS; i++)
		ASSERT_EQ(0, start_sleeper(&s[i]));
	for (i = 0; i < SLEEPERS; i++)
		ASSERT_EQ(0, wake_sleeper(&s[i]));
	for (i = 0; i < SLEEPERS; i++) {
		ASSERT_EQ(0, reap(s[i].pid));
		close_sleeper(&s[i]);
	}
	ASSERT_EQ(0, probe_pause(&self->t));
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(2, probe_copies(&self->t, page_of(s[i].pid)));
		EXPECT_EQ(PAGE + 64, probe_bytes(&self->t, page_of(s[i].pid)));
	}
}

/* It dies in the copy, which is told as far as it came: not at all. */
TEST_F(fault, killed)
{
	struct probe_match m;
	struct probe_sum sum;
	pid_t pid;

	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(0, start_sleeper(&self->s));
	pid = self->s.pid;
	end_sleeper(&self->s);
	ASSERT_EQ(0, probe_pause(&self->t));
	m = page_of(pid);
	ASSERT_EQ(0, probe_count(&self->t, &m, &sum));
	EXPECT_EQ(1, sum.count);
	EXPECT_EQ(PAGE, sum.asked);
	EXPECT_EQ(0, sum.copied);
}

/* A copy whose listener went is not told; the task's later ones are, to the next listener. */
TEST_F(fault, listener_changes_meanwhile)
{
	pid_t pid;

	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(0, start_sleeper(&self->s));
	ASSERT_EQ(0, probe_listen(&self->t, false));
	EXPECT_EQ(0, probe_armed());
	EXPECT_EQ(0, probe_kprobes());
	ASSERT_EQ(0, probe_listen(&self->t, true));
	pid = self->s.pid;
	ASSERT_EQ(0, end_and_reap(&self->s));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(1, probe_copies(&self->t, page_of(pid)));
	EXPECT_EQ(64, probe_bytes(&self->t, page_of(pid)));
	EXPECT_EQ(64, probe_bytes(&self->t, probe_to(pid, page, PAGE)));
}

/*
 * A call whose return will not be told hides none of those that it makes: the rest of the
 * copy is told, by these.
 */
TEST_F(fault, outer_call_is_forgotten)
{
	struct probe_match m = probe_from(0, buffer, PAGES * PAGE);
	struct probe_sum sum;

	ASSERT_EQ(0, start_sleeper_in(&self->s, sleep_in_large_copy));
	ASSERT_EQ(0, probe_listen(&self->t, false));
	ASSERT_EQ(0, probe_listen(&self->t, true));
	ASSERT_EQ(0, probe_record(&self->t));
	m.pid = self->s.pid;
	ASSERT_EQ(0, end_and_reap(&self->s));
	ASSERT_EQ(0, probe_pause(&self->t));
	ASSERT_EQ(0, probe_count(&self->t, &m, &sum));
	EXPECT_STREQ("_copy_from_iter", sum.first.primitive);
	EXPECT_STREQ("copy_page_from_iter", sum.last.primitive);
	/* Pieces are no pages of the sender's: the one that slept ends within the next page. */
	EXPECT_LT(addr(page), sum.first.addr);
	EXPECT_GE(addr(page) + 2 * PAGE, sum.first.addr);
	EXPECT_EQ(addr(buffer) + PAGES * PAGE - sum.first.addr, sum.copied);
}

TEST_F(fault, nobody_listens_any_more)
{
	ASSERT_EQ(0, start_sleeper(&self->s));
	ASSERT_EQ(0, probe_listen(&self->t, false));
	ASSERT_EQ(0, end_and_reap(&self->s));
	EXPECT_EQ(0, probe_kprobes());
}

/* The module goes, and another comes, while a task is in the middle of a copy. */
TEST_F(fault, unloaded_meanwhile)
{
	pid_t pid;

	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(0, start_sleeper(&self->s));
	ASSERT_EQ(0, probe_listen(&self->t, false));
	ASSERT_EQ(0, probe_unload());
	ASSERT_EQ(0, probe_load(""));
	ASSERT_EQ(0, probe_listen(&self->t, true));
	ASSERT_EQ(0, probe_record(&self->t));
	pid = self->s.pid;
	ASSERT_EQ(0, end_and_reap(&self->s));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(1, probe_copies(&self->t, page_of(pid)));
	EXPECT_EQ(64, probe_bytes(&self->t, page_of(pid)));
}

/* A copy for which no instance is left is missed, and counted; the tasks do not notice. */
TEST_F(fault, missed)
{
	static const char *const name = "copy_page_from_iter";
	struct probe_info before, after;
	struct sleeper second = { .pid = 0 };
	pid_t pid;

	ASSERT_EQ(0, probe_listen(&self->t, false));
	ASSERT_EQ(0, probe_unload());
	ASSERT_EQ(0, probe_load("instances=1"));
	ASSERT_EQ(0, probe_listen(&self->t, true));
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(0, start_sleeper(&self->s));
	ASSERT_EQ(0, probe_stat(&before));
	ASSERT_EQ(0, start_sleeper(&second));
	ASSERT_EQ(0, probe_stat(&after));
	/* The first sleeper has the one instance, so that the second's is not seen... */
	EXPECT_LT(probe_find(&before, name)->missed, probe_find(&after, name)->missed);
	EXPECT_LT(before.stat.missed, after.stat.missed);
	pid = second.pid;
	ASSERT_EQ(0, end_and_reap(&second));
	ASSERT_EQ(0, end_and_reap(&self->s));
	ASSERT_EQ(0, probe_pause(&self->t));
	/* ... but by what it calls, whose instance is another. */
	EXPECT_EQ(PAGE + 64, probe_bytes(&self->t, page_of(pid)));
	ASSERT_EQ(0, probe_listen(&self->t, false));
	/* What was missed is not forgotten when the probes go. */
	ASSERT_EQ(0, probe_stat(&after));
	EXPECT_LT(0, probe_find(&after, name)->missed);
	ASSERT_EQ(0, probe_unload());
	ASSERT_EQ(0, probe_load(""));
}

PROBE_HARNESS_MAIN(false)
