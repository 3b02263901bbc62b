// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mailboxes with a ring: senders whose memory is not there. None of them holds others up,
 * and what comes of its message is that it arrives whole, or not at all.
 */
#include "mbox_ring.h"
#include "badmem.h"
#include "stall.h"
#include "tracing.h"

#include <pthread.h>
#include <sys/socket.h>

#define SIZE		(1UL << 22)
#define LONG		(256UL << 10)	/* a payload that takes a while */

FIXTURE(memory)
{
	struct inbox in;
	struct tracing trace;
};

FIXTURE_SETUP(memory)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .ring_size = SIZE, .max_msg_size = LONG,
	};

	ASSERT_EQ(0, new_inbox_attr(&self->in, &attr));
	ASSERT_EQ(0, tracing_open(&self->trace));
}

FIXTURE_TEARDOWN(memory)
{
	struct ipcx_stat stat;

	EXPECT_LE(0, drain_delivered(&self->in));
	EXPECT_EQ(0, get_stat(self->in.fd, &stat));
	EXPECT_EQ(0, stat.ring_used);
	EXPECT_EQ(stat.sent, stat.received);
	EXPECT_EQ(stat.sent_bytes, stat.received_bytes);
	tracing_close(&self->trace);
	close_inbox(&self->in);
}

typedef FIXTURE_DATA(memory) env_t;

static int post_bytes(const struct inbox *in, const void *at, size_t len)
{
	return post_mail(in->to, at, len, 0, 0, -1, IPCX_XFER_NONBLOCK);
}

/* One copy in for each message, whatever its length, and none out. */
TEST_F(memory, one_copy)
{
	static const size_t lens[] = { 1, 64, 65, 4096, 100000, LONG };
	static char payload[LONG];
	size_t i;

	ASSERT_EQ(0, tracing_enable(&self->trace, "ipcx_copy", true));
	ASSERT_EQ(0, tracing_enable(&self->trace, "ipcx_deliver", true));
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		ASSERT_EQ(1, post_bytes(&self->in, payload, lens[i]));
		ASSERT_EQ(1, drain_delivered(&self->in));
	}
	ASSERT_EQ(0, tracing_enable(&self->trace, "ipcx_copy", false));
	ASSERT_EQ(0, tracing_enable(&self->trace, "ipcx_deliver", false));
	EXPECT_EQ(i, tracing_count(&self->trace, "ipcx_copy", self->in.port, "dir=in"));
	EXPECT_EQ(0, tracing_count(&self->trace, "ipcx_copy", self->in.port, "dir=out"));
	EXPECT_EQ(i, tracing_count(&self->trace, "ipcx_deliver", self->in.port, "how=direct"));
}

/* No memory, or not enough of it: nothing was sent, and no record is there either. */
TEST_F(memory, none)
{
	static const size_t lens[] = { 1, 8, 64, 65, 1000, 5000, 100000 };
	struct ipcx_mbox_msg msg;
	struct ipcx_post post = make_post(&msg, 1, 0);
	struct ipcx_iovec vec[2];
	struct bad_memory mem;
	struct ipcx_stat stat;
	size_t i, j;

	make_bad_memory(&mem);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		for (j = 0; j < mem.n; j++)
			EXPECT_EQ(-EFAULT, post_bytes(&self->in, (void *)(uintptr_t)mem.addrs[j],
						      lens[i]));
		/* Its end is missing. */
		EXPECT_EQ(-EFAULT, post_bytes(&self->in, mem.guard - lens[i] / 2 - 1,
					      lens[i] + 1));
		vec[0] = (struct ipcx_iovec){ .base = addr(mem.readonly), .len = 100 };
		vec[1] = (struct ipcx_iovec){ .base = addr(mem.guard), .len = lens[i] };
		msg = make_mail(vec, 2, 0, 0);
		msg.flags = IPCX_MSG_IOV;
		EXPECT_EQ(-EFAULT, op(self->in.to, IPCX_POST, &post));
	}
	EXPECT_EQ(0, get_stat(self->in.fd, &stat));
	EXPECT_EQ(0, stat.ring_used);
	EXPECT_EQ(0, stat.sent);
	EXPECT_EQ(1, post_number(self->in.to, 1));
	EXPECT_EQ(1, drain_delivered(&self->in));
	EXPECT_EQ(0, self->in.skipped);
}

/* Pages that are not there yet, or were given up: they are brought in first. */
TEST_F(memory, not_yet_there)
{
	int fd = memfd_create("payload", MFD_CLOEXEC);
	struct delivered msg;
	unsigned char *p;
	size_t i;
	int round;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, LONG));
	for (i = 0; i < LONG; i += 4096)
		ASSERT_EQ(1, pwrite(fd, "x", 1, i));
	for (round = 0; round < 10; round++) {
		/* A mapping without any page of it. */
		p = mmap(NULL, LONG, PROT_READ, MAP_SHARED, fd, 0);
		ASSERT_NE(MAP_FAILED, p);
		ASSERT_EQ(1, post_bytes(&self->in, p, LONG));
		munmap(p, LONG);
		ASSERT_EQ(0, peek_delivered(&self->in, &msg));
		ASSERT_EQ(LONG, msg.len);
		for (i = 0; i < LONG; i += 4096)
			ASSERT_EQ('x', ((const char *)msg.payload)[i]);
		pass_delivered(&self->in, &msg);
		ASSERT_EQ(0, release(&self->in.c));
	}
	EXPECT_EQ(0, self->in.skipped);
	close(fd);
}

/* ---- memory that goes while it is read ---- */

struct thief {
	char *at;
	bool stop;
	pthread_t thread;
};

/* Takes the pages away again and again; what is in them is in the file. */
static void *take_away(void *arg)
{
	struct thief *t = arg;

	while (!load(&t->stop))
		madvise(t->at, LONG, MADV_DONTNEED);
	return NULL;
}

/*
 * The copy meets a page that was taken away: the record is to be skipped, the message comes
 * by way of the kernel's memory, once, and whole.
 */
TEST_F(memory, taken_away_meanwhile)
{
	const long long end = now_ns(CLOCK_MONOTONIC) + 20 * timeout_factor() * NSEC_PER_SEC;
	int fd = memfd_create("payload", MFD_CLOEXEC);
	struct thief thief = { .stop = false };
	struct delivered msg;
	__u64 *words;
	long sent = 0, faulted, staged;
	size_t i;

	ASSERT_EQ(0, tracing_enable(&self->trace, "ipcx_deliver", true));
	ASSERT_EQ(0, ftruncate(fd, LONG));
	words = mmap(NULL, LONG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	thief.at = (char *)words;
	ASSERT_NE(MAP_FAILED, words);
	for (i = 0; i < LONG / 8; i++)
		words[i] = i * 0x9e3779b97f4a7c15ULL;
	ASSERT_EQ(0, pthread_create(&thief.thread, NULL, take_away, &thief));
	while (self->in.skipped < 5 && now_ns(CLOCK_MONOTONIC) < end) {
		ASSERT_EQ(1, post_bytes(&self->in, words, LONG));
		sent++;
		ASSERT_EQ(0, peek_delivered(&self->in, &msg));
		ASSERT_EQ(LONG, msg.len);
		for (i = 0; i < LONG / 8; i++)
			ASSERT_EQ(i * 0x9e3779b97f4a7c15ULL, ((const __u64 *)msg.payload)[i]);
		pass_delivered(&self->in, &msg);
		ASSERT_EQ(0, release(&self->in.c));
		ASSERT_EQ(-EAGAIN, peek_delivered(&self->in, &msg));
	}
	store(&thief.stop, true);
	pthread_join(thief.thread, NULL);
	ASSERT_EQ(0, tracing_enable(&self->trace, "ipcx_deliver", false));
	faulted = tracing_count(&self->trace, "ipcx_deliver", self->in.port, "how=faulted");
	staged = tracing_count(&self->trace, "ipcx_deliver", self->in.port, "how=staged");
	printf("# %ld messages, %lu records to be skipped\n", sent, self->in.skipped);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		EXPECT_LT(0, self->in.skipped);
	EXPECT_EQ(self->in.skipped, faulted);
	EXPECT_EQ(faulted, staged);
	munmap(words, LONG);
	close(fd);
}

/* ---- memory that does not answer ---- */

struct slow {
	struct inbox *in;
	struct stall stall;
	size_t len;
	int ret;
	pthread_t thread;
};

static void *post_slowly(void *arg)
{
	struct slow *s = arg;

	s->ret = post_bytes(s->in, s->stall.page, s->len);
	return NULL;
}

/* It stands still before it has a place: others go on, all around the ring. */
TEST_F(memory, that_does_not_answer)
{
	static const size_t lens[] = { 8, 64, 65, 4096 };
	static char other[LONG];
	struct ipcx_stat stat;
	struct delivered msg;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct slow slow = { .in = &self->in, .len = lens[i] };

		ASSERT_EQ(0, stall_new(&slow.stall));
		ASSERT_EQ(0, pthread_create(&slow.thread, NULL, post_slowly, &slow));
		ASSERT_EQ(0, stall_wait(&slow.stall));
		EXPECT_EQ(0, get_stat(self->in.fd, &stat));
		EXPECT_EQ(0, stat.ring_used);
		for (j = 0; j < 3 * SIZE / LONG; j++) {
			ASSERT_EQ(1, post_bytes(&self->in, other, LONG));
			ASSERT_EQ(1, drain_delivered(&self->in));
		}
		EXPECT_EQ(-EAGAIN, peek_delivered(&self->in, &msg));
		EXPECT_EQ(0, stall_answer(&slow.stall, 'a'));
		pthread_join(slow.thread, NULL);
		EXPECT_EQ(1, slow.ret);
		ASSERT_EQ(0, peek_delivered(&self->in, &msg));
		ASSERT_EQ(lens[i], msg.len);
		for (j = 0; j < lens[i]; j++)
			EXPECT_EQ('a', ((const char *)msg.payload)[j]);
		EXPECT_EQ(1, drain_delivered(&self->in));
		stall_free(&slow.stall);
	}
}

static int post_and_be_killed(void *arg)
{
	const int *sock = arg;
	struct inbox *in = (void *)(sock + 2);
	struct stall s;

	MUST_BE(0, stall_new(&s));
	MUST_BE(0, pass_fd(sock[1], s.uffd));
	return post_bytes(in, s.page, 4096);
}

/* Killed there: there never was a message. */
TEST_F(memory, killed_in_the_middle)
{
	struct {
		int sock[2];
		struct inbox in;
	} arg = { .in = self->in };
	struct ipcx_stat stat;
	struct stall s = { 0 };
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, arg.sock));
	pid = spawn(post_and_be_killed, &arg);
	s.uffd = take_fd(arg.sock[0]);
	ASSERT_LE(0, s.uffd);
	ASSERT_EQ(0, stall_wait(&s));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(0, get_stat(self->in.fd, &stat));
	EXPECT_EQ(0, stat.sent);
	EXPECT_EQ(1, post_number(self->in.to, 1));
	EXPECT_EQ(1, drain_delivered(&self->in));
	close(s.uffd);
	close(arg.sock[0]);
	close(arg.sock[1]);
}

/* A message may come from any memory, also from that of the ring itself. */
TEST_F(memory, from_the_ring)
{
	struct delivered msg;

	EXPECT_EQ(1, post_number(self->in.to, 77));
	EXPECT_EQ(1, post_bytes(&self->in, self->in.ring.view, LONG));
	EXPECT_EQ(1, post_bytes(&self->in, self->in.c.page, 4096));
	EXPECT_EQ(3, drain_delivered(&self->in));
	EXPECT_EQ(-EAGAIN, peek_delivered(&self->in, &msg));
	EXPECT_EQ(0, self->in.skipped);
}

TEST_HARNESS_MAIN
