// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-trace anatomy: which stages the messages of an object go through, to the message. The
 * object is made here, and handed to the workload as a file.
 */
#include "mbox_more.h"
#include "trace.h"

#define MESSAGES	50
#define EARLY		7
#define SIZE		3000
#define FILE_VARIABLE	"IPCX_TRACE_FILE"
#define BLOCKED_MS	30

static char out[SIZE], in[SIZE];

/* ---- workloads ---- */

static int object(void)
{
	const char *fd = getenv(FILE_VARIABLE);

	return fd ? atoi(fd) : -EBADF;
}

static int send_all(int q)
{
	for (int i = 0; i < MESSAGES; i++)
		MUST_BE(1, send_msg(q, out, SIZE, 0, 0, 0));
	return 0;
}

static int recv_all(int q)
{
	for (int i = 0; i < MESSAGES; i++)
		MUST_BE(1, recv_msg(q, in, SIZE, NULL, 0));
	return 0;
}

static int work_queued(void)
{
	return send_all(object()) || recv_all(object());
}

static int receive(void *arg)
{
	return recv_all(*(int *)arg);
}

/* Each message finds a receiver that sleeps. */
static int work_awaited(void)
{
	int q = object();
	pid_t pid = spawn(receive, &q);

	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(0, wait_receivers(q, 1));
		MUST_BE(1, send_msg(q, out, SIZE, 0, 0, 0));
	}
	return reap(pid);
}

static int send_one(void *arg)
{
	return send_msg(*(int *)arg, out, SIZE, 0, 0, 0) != 1;
}

/* The queue holds one, the second sender sleeps. */
static int work_full(void)
{
	int q = object();
	pid_t pid;

	MUST_BE(0, send_one(&q));
	pid = spawn(send_one, &q);
	MUST_BE(0, wait_senders(q, 1));
	sleep_ms(BLOCKED_MS);
	for (int i = 0; i < 2; i++)
		MUST_BE(1, recv_msg(q, in, SIZE, NULL, 0));
	return reap(pid);
}

static int work_read_and_write(void)
{
	int q = object();

	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(1000, write(q, out, 1000));
		MUST_BE(1000, read(q, in, SIZE));
	}
	return 0;
}

#define AT_ONCE	10

static int work_batch(void)
{
	struct ipcx_msg msgs[AT_ONCE];
	int q = object();

	for (int i = 0; i < MESSAGES / AT_ONCE; i++) {
		struct ipcx_xfer xfer = make_xfer(msgs, AT_ONCE, 0);

		for (int j = 0; j < AT_ONCE; j++)
			msgs[j] = make_msg(out, 100 + j, 0, 0);
		MUST_BE(AT_ONCE, op(q, IPCX_SEND, &xfer));
		for (int j = 0; j < AT_ONCE; j++)
			msgs[j] = make_msg(in + j * 200, 200, 0, 0);
		MUST_BE(AT_ONCE, op(q, IPCX_RECV, &xfer));
	}
	return 0;
}

/* What was there before is received first. */
static int work_early(void)
{
	int q = object();

	for (int i = 0; i < EARLY; i++)
		MUST_BE(1, recv_msg(q, in, SIZE, NULL, 0));
	return work_queued();
}

static int work_others(void)
{
	int other = new_queue(0, NULL);

	MUST(other >= 0);
	return send_all(other) || recv_all(other) || work_queued();
}

/* Peeks receive nothing. */
static int work_peek(void)
{
	int q = object();

	MUST_BE(1, send_msg(q, out, SIZE, 0, 0, 0));
	for (int i = 0; i < MESSAGES; i++)
		MUST_BE(1, recv_msg(q, in, SIZE, NULL, IPCX_RECV_PEEK));
	MUST_BE(1, recv_msg(q, in, SIZE, NULL, 0));
	return 0;
}

/* ---- mailboxes ---- */

static int work_mail(void)
{
	int box = object(), to = open_port(port_of(box), 0);
	__u64 number;

	MUST(to >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(1, post_number(to, i));
		MUST_BE(1, take_number(box, &number));
	}
	return 0;
}

static int answer_all(void *arg)
{
	int box = *(int *)arg;

	for (int i = 0; i < MESSAGES; i++) {
		struct ipcx_mbox_recv mail;
		__u64 number;

		MUST_BE(1, recv_mail(box, &number, sizeof(number), &mail, 0));
		MUST_BE(0, reply_number(box, mail.token, number + 1));
	}
	return 0;
}

/* Only the requests are received. */
static int work_calls(void)
{
	int box = object(), to = open_port(port_of(box), 0);
	pid_t pid = spawn(answer_all, &box);

	MUST(to >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		__u64 answer;

		MUST_BE(0, wait_receivers(box, 1));
		MUST_BE(0, call_number(to, i, &answer));
		MUST(answer == i + 1);
	}
	return reap(pid);
}

/* Nobody copies it in. */
static int work_notice(void)
{
	int home = object(), mortal;
	__u64 port;

	mortal = new_mbox(&port);
	MUST(mortal >= 0);
	MUST_BE(0, watch_port(port, home, 7));
	close(mortal);
	MUST(comes_notice(home, IPCX_MSG_DEAD, port, 7));
	return 0;
}

const struct work works[] = {
	{ "queued", work_queued },
	{ "awaited", work_awaited },
	{ "full", work_full },
	{ "read_and_write", work_read_and_write },
	{ "batch", work_batch },
	{ "early", work_early },
	{ "others", work_others },
	{ "peek", work_peek },
	{ "mail", work_mail },
	{ "calls", work_calls },
	{ "notice", work_notice },
	{ NULL, NULL }
};

/* ---- what it says of them ---- */

static double stage(const struct traced *traced, const char *name, const char *key)
{
	char quoted[64];
	const char *row;

	snprintf(quoted, sizeof(quoted), "\"stage\": \"%s\"", name);
	row = strstr(traced->text, quoted);
	return row ? number_in(row, strchr(row, '}'), key) : -1;
}

/* By its ID, since nothing here has a name. */
static int trace_object(struct traced *traced, int fd, const char *work)
{
	char id[24], number[16];
	char *argv[] = {
		(char *)trace_program(), "anatomy", "--json", id, "--", (char *)own_path(),
		NULL
	};
	struct ipcx_stat stat;
	int err = get_stat(fd, &stat), inherited = dup(fd);

	if (err || inherited < 0)
		return err ? err : -errno;
	snprintf(id, sizeof(id), "%llu", (unsigned long long)stat.id);
	snprintf(number, sizeof(number), "%d", inherited);
	setenv(FILE_VARIABLE, number, 1);
	setenv(WORK_VARIABLE, work, 1);
	err = trace_command(traced, argv);
	unsetenv(WORK_VARIABLE);
	unsetenv(FILE_VARIABLE);
	close(inherited);
	return err;
}

static const char *const parts[] = {
	"copy-in", "lock", "enqueue", "queue", "wake", "switch", "copy-out",
};

/* To the nanosecond. */
static double sum_of_parts(const struct traced *traced)
{
	double sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		sum += stage(traced, parts[i], "sum");
	return sum;
}

FIXTURE(anatomy) {
	struct traced traced;
	int fd;
};

FIXTURE_SETUP(anatomy)
{
	self->fd = -1;
}

FIXTURE_TEARDOWN(anatomy)
{
	close(self->fd);
}

#define RUN(object, work) do {						\
	self->fd = (object);						\
	ASSERT_LE(0, self->fd);						\
	ASSERT_EQ(0, trace_object(&self->traced, self->fd, work));	\
	if (self->traced.status)					\
		TH_LOG("%s", self->traced.text);			\
	ASSERT_EQ(0, self->traced.status);				\
} while (0)

#define ALL(key)		traced_number(&self->traced, key)
#define STAGE(name, key)	stage(&self->traced, name, key)

/* @n messages, of which @woken found a receiver that slept. */
#define EXPECT_STAGES(n, woken) do {					\
	EXPECT_EQ((n), ALL("messages"));				\
	EXPECT_EQ((n), STAGE("copy-in", "messages"));			\
	EXPECT_EQ((n), STAGE("lock", "messages"));			\
	EXPECT_EQ((n), STAGE("enqueue", "messages"));			\
	EXPECT_EQ((n) - (woken), STAGE("queue", "messages"));		\
	EXPECT_EQ((woken), STAGE("wake", "messages"));			\
	EXPECT_EQ((woken), STAGE("switch", "messages"));		\
	EXPECT_EQ((n), STAGE("copy-out", "messages"));			\
	EXPECT_EQ((n), STAGE("total", "messages"));			\
	EXPECT_EQ(STAGE("total", "sum"), sum_of_parts(&self->traced));	\
	EXPECT_LT(0, STAGE("total", "sum"));				\
	EXPECT_EQ(0, ALL("disordered"));				\
	EXPECT_EQ(0, ALL("values"));					\
} while (0)

TEST_F(anatomy, queued)
{
	RUN(new_queue(0, NULL), "queued");
	EXPECT_STAGES(MESSAGES, 0);
	EXPECT_EQ(MESSAGES * SIZE, ALL("bytes"));
	EXPECT_EQ(0, ALL("before"));
	EXPECT_LT(0, STAGE("copy-in", "min"));
	EXPECT_LE(STAGE("queue", "min"), STAGE("queue", "p50"));
	EXPECT_LE(STAGE("queue", "p50"), STAGE("queue", "p99"));
	EXPECT_LE(STAGE("queue", "p99"), STAGE("queue", "max"));
}

TEST_F(anatomy, awaited)
{
	RUN(new_queue(0, NULL), "awaited");
	EXPECT_STAGES(MESSAGES, MESSAGES);
	EXPECT_EQ(-1, STAGE("queue", "p50"));
}

TEST_F(anatomy, waiting_for_room)
{
	RUN(small_queue(1), "full");
	EXPECT_STAGES(2, 0);
	EXPECT_LE(BLOCKED_MS * NSEC_PER_MSEC, STAGE("enqueue", "max"));
}

TEST_F(anatomy, read_and_write)
{
	RUN(new_queue(0, NULL), "read_and_write");
	EXPECT_STAGES(MESSAGES, 0);
	EXPECT_EQ(MESSAGES * 1000, ALL("bytes"));
}

TEST_F(anatomy, batch)
{
	RUN(new_queue(0, NULL), "batch");
	EXPECT_STAGES(MESSAGES, 0);
	EXPECT_EQ(MESSAGES * 100 + MESSAGES / AT_ONCE * 45, ALL("bytes"));
}

/* They have no times of their sender. */
TEST_F(anatomy, sent_before)
{
	self->fd = new_queue(0, NULL);
	ASSERT_LE(0, self->fd);
	for (int i = 0; i < EARLY; i++)
		ASSERT_EQ(1, send_msg(self->fd, out, SIZE, 0, 0, 0));
	RUN(self->fd, "early");
	EXPECT_STAGES(MESSAGES, 0);
	EXPECT_EQ(EARLY, ALL("before"));
	EXPECT_EQ(MESSAGES * SIZE, ALL("bytes"));
}

TEST_F(anatomy, no_other_objects)
{
	RUN(new_queue(0, NULL), "others");
	EXPECT_STAGES(MESSAGES, 0);
}

TEST_F(anatomy, peeks)
{
	RUN(new_queue(0, NULL), "peek");
	EXPECT_STAGES(1, 0);
}

TEST_F(anatomy, mailbox)
{
	RUN(new_mbox(NULL), "mail");
	EXPECT_STAGES(MESSAGES, 0);
	EXPECT_EQ(MESSAGES * 8, ALL("bytes"));
}

TEST_F(anatomy, requests_of_calls)
{
	RUN(new_mbox(NULL), "calls");
	EXPECT_STAGES(MESSAGES, MESSAGES);
	EXPECT_EQ(MESSAGES * 8, ALL("bytes"));
}

TEST_F(anatomy, sent_by_the_kernel)
{
	RUN(new_mbox(NULL), "notice");
	EXPECT_EQ(1, ALL("messages"));
	EXPECT_EQ(0, STAGE("copy-in", "messages"));
	EXPECT_EQ(0, STAGE("lock", "messages"));
	EXPECT_EQ(1, STAGE("enqueue", "messages"));
	EXPECT_EQ(1, STAGE("queue", "messages"));
	EXPECT_EQ(STAGE("total", "sum"), sum_of_parts(&self->traced));
	EXPECT_EQ(0, ALL("before"));
	EXPECT_EQ(0, ALL("disordered"));
}

TEST_HARNESS_MAIN
