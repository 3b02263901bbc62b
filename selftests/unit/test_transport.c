// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The transports of the library, as far as this machine has them: what goes in
 * at one end comes out at the other, in pieces of any size, between processes,
 * and nothing stays behind. What some cannot do: test_transport_limits.c.
 */
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <sys/wait.h>

#include "transport.h"

static void test_mixed_sizes(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	static const size_t sizes[] = { 0, 1, 3, 64, 65, 1000, MAX_SIZE, 0, 7 };
	struct ipcx_transport_pair *pair = pair_open(ops, MAX_SIZE, 2, 0);

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int side = 0; side < 2; side++) {
			uint64_t s = unit_rnd(seed);

			send_one(pair->end[side], sizes[i], s);
			send_one(pair->end[side], sizes[i] / 2, ~s);
			recv_one(pair->end[!side], MAX_SIZE, sizes[i], s);
			recv_one(pair->end[!side], MAX_SIZE, sizes[i] / 2, ~s);
		}
	ipcx_transport_close(pair);
	ok(ops, "messages of many sizes keep their boundaries, in both directions");
}

static void test_fixed(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	static const size_t sizes[] = { 0, 1, 64, MAX_SIZE };

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct ipcx_transport_pair *pair = pair_open(ops, sizes[i], 1,
							     IPCX_TRANSPORT_FIXED);
		uint64_t s = unit_rnd(seed);

		send_one(pair->end[0], sizes[i], s);
		recv_one(pair->end[1], sizes[i], sizes[i], s);
		ipcx_transport_close(pair);
	}
	ok(ops, "messages of one size, also of none");
}

static void test_batch(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	struct ipcx_transport_pair *pair = pair_open(ops, 100, BATCH, 0);
	struct ipcx_transport_msg out[BATCH] = { 0 }, in[BATCH] = { 0 };
	int n, got = 0;

	for (int i = 0; i < BATCH; i++) {
		out[i].len = fit(ops, unit_rnd_below(seed, 101));
		out[i].buf = ipcx_transport_buffer(out[i].len);
		in[i].buf = ipcx_transport_buffer(100);
		in[i].len = 100;
		scribble(out[i].buf, out[i].len, unit_rnd(seed));
	}
	UNIT_CHECK(ipcx_transport_send_batch(pair->end[0], out, 0) == -EINVAL);
	UNIT_CHECK(ipcx_transport_send_batch(pair->end[0], out, BATCH) == BATCH);
	while (got < BATCH) {
		n = ipcx_transport_recv_batch(pair->end[1], in + got, BATCH - got);
		UNIT_CHECK(n >= 1 && n <= BATCH - got);
		UNIT_CHECK(n == 1 || (ops->caps & IPCX_TRANSPORT_BATCH));
		got += n;
	}
	for (int i = 0; i < BATCH; i++) {
		UNIT_CHECK(in[i].len == out[i].len);
		UNIT_CHECK(memcmp(in[i].buf, out[i].buf, in[i].len) == 0);
		ipcx_transport_buffer_free(out[i].buf);
		ipcx_transport_buffer_free(in[i].buf);
	}
	ipcx_transport_close(pair);
	ok(ops, "a batch comes out as it went in");
}

/* Where nothing holds a sender back it is never full. */
static void test_nonblock(const struct ipcx_transport_ops *ops)
{
	struct ipcx_transport_pair *pair;
	struct ipcx_transport_msg msg = { .len = 64 };
	unsigned long sent = 0, got = 0;
	int err;

	if (ops->caps & ENDLESS)
		return;
	pair = pair_open(ops, 64, 1, IPCX_TRANSPORT_FIXED);
	msg.buf = ipcx_transport_buffer(64);
	UNIT_CHECK(pair->end[0]->ops->set_nonblock(pair->end[0], 1) == 0);
	UNIT_CHECK(pair->end[1]->ops->set_nonblock(pair->end[1], 1) == 0);
	UNIT_CHECK(ipcx_transport_recv(pair->end[1], &msg) == -EAGAIN);
	while ((err = ipcx_transport_send(pair->end[0], &msg)) == 0)
		sent++;
	UNIT_CHECK(err == -EAGAIN && sent >= 1);
	while ((err = ipcx_transport_recv(pair->end[1], &msg)) == 0)
		got++;
	UNIT_CHECK(err == -EAGAIN && got == sent);
	ipcx_transport_buffer_free(msg.buf);
	ipcx_transport_close(pair);
	ok(ops, "a full or empty pair says EAGAIN, and loses nothing");
}

static void test_too_large(const struct ipcx_transport_ops *ops)
{
	struct ipcx_transport_pair *pair = pair_open(ops, 64, 1, 0);
	struct ipcx_transport_msg msg = { .len = fit(ops, 64) + 1 };

	msg.buf = ipcx_transport_buffer(65);
	/* SysV has no limit per queue: only the receiver's room counts there. */
	if (strcmp(ops->name, "sysv-mq"))
		UNIT_CHECK(ipcx_transport_send(pair->end[0], &msg) == -EMSGSIZE);
	ipcx_transport_buffer_free(msg.buf);
	ipcx_transport_close(pair);
	ok(ops, "a message larger than agreed is refused");
}

static void handler(int signo)
{
	(void)signo;
}

static void catch_alarms(void)
{
	struct sigaction action = { .sa_handler = handler };

	UNIT_CHECK(sigaction(SIGALRM, &action, NULL) == 0);
}

static void test_signal(const struct ipcx_transport_ops *ops)
{
	struct ipcx_transport_pair *pair = pair_open(ops, 64, 1, 0);
	struct ipcx_transport_msg msg = { .len = 64 };

	msg.buf = ipcx_transport_buffer(64);
	ualarm(20000, 20000);
	UNIT_CHECK(ipcx_transport_recv(pair->end[0], &msg) == -EINTR);
	ualarm(0, 0);
	send_one(pair->end[1], 64, 5);
	recv_one(pair->end[0], 64, 64, 5);
	ipcx_transport_buffer_free(msg.buf);
	ipcx_transport_close(pair);
	ok(ops, "a signal ends a wait with EINTR, and nothing is lost");
}

/* Each of them is there for a moment only; what it interrupts is done all the same. */
static void test_open_under_signals(const struct ipcx_transport_ops *ops)
{
	unsigned int count = (unsigned int)unit_scaled(60, 20000);
	/* To fill as much memory as this takes longer than from one signal to the next. */
	size_t size = strncmp(ops->name, "shm", 3) ? MAX_SIZE : 32 * MAX_SIZE;
	struct ipcx_transport_pair *pair;

	ualarm(700, 700);
	while (count--) {
		pair = pair_open(ops, size, ops->caps & ENDLESS ? 1 : 4, 0);
		ipcx_transport_close(pair);
	}
	ualarm(0, 0);
	ok(ops, "pairs are opened and closed under a storm of signals");
}

/* The child sends everything back; alarms interrupt both all the time. */
static void echo(struct ipcx_transport_end *end, unsigned int count)
{
	struct ipcx_transport_msg msg = { 0 };
	int err;

	msg.buf = ipcx_transport_buffer(MAX_SIZE);
	while (count--) {
		msg.len = MAX_SIZE;
		while ((err = ipcx_transport_recv(end, &msg)) == -EINTR)
			;
		while (err == 0 && (err = ipcx_transport_send(end, &msg)) == -EINTR)
			err = 0;
		if (err)
			_exit(1);
	}
	/* What it sent last may go with it: it stays until it was received. */
	while (end->ops->caps & IPCX_TRANSPORT_SENDER_KEEPS)
		pause();
	_exit(0);
}

static bool echo_ended_well(const struct ipcx_transport_ops *ops, pid_t pid)
{
	bool stays = ops->caps & IPCX_TRANSPORT_SENDER_KEEPS;
	int status;

	if (stays)
		kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && status == (stays ? SIGKILL : 0);
}

static void round_trips(struct ipcx_transport_end *end, unsigned int count, uint64_t *seed)
{
	struct ipcx_transport_msg out = { 0 }, in = { 0 };
	int err;

	out.buf = ipcx_transport_buffer(MAX_SIZE);
	in.buf = ipcx_transport_buffer(MAX_SIZE);
	while (count--) {
		out.len = fit(end->ops, unit_rnd_below(seed, MAX_SIZE + 1));
		in.len = MAX_SIZE;
		scribble(out.buf, out.len, unit_rnd(seed));
		while ((err = ipcx_transport_send(end, &out)) == -EINTR)
			;
		UNIT_CHECK(err == 0);
		while ((err = ipcx_transport_recv(end, &in)) == -EINTR)
			;
		UNIT_CHECK(err == 0 && in.len == out.len);
		UNIT_CHECK(memcmp(in.buf, out.buf, in.len) == 0);
	}
	ipcx_transport_buffer_free(out.buf);
	ipcx_transport_buffer_free(in.buf);
}

static void test_two_processes(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	struct ipcx_transport_pair *pair = pair_open(ops, MAX_SIZE, 0, 0);
	/* Should they have one processor, those that spin take a time slice for each. */
	unsigned int count = (unsigned int)(waits ? unit_scaled(300, 10000) :
						    unit_scaled(2000, 100000));
	pid_t pid;

	fflush(stdout);
	pid = fork();
	UNIT_CHECK(pid >= 0);
	if (pid == 0) {
		ualarm(700, 700);
		echo(ipcx_transport_attach(pair, 1), count);
	}
	ualarm(900, 900);
	round_trips(ipcx_transport_attach(pair, 0), count, seed);
	ualarm(0, 0);
	UNIT_CHECK(echo_ended_well(ops, pid));
	ipcx_transport_close(pair);
	ok(ops, "round trips between processes, under a storm of signals");
}

/* As large as no pipe or socket holds: what has begun is waited for to its end. */
static void test_in_pieces(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	const size_t size = 400000;
	struct ipcx_transport_pair *pair;
	uint64_t s = unit_rnd(seed);
	int status, err;
	pid_t pid;

	if (strcmp(ops->name, "pipe") && strcmp(ops->name, "unix-stream") &&
	    strncmp(ops->name, "io_uring", 8))
		return;
	pair = pair_open(ops, size, 0, 0);
	fflush(stdout);
	pid = fork();
	UNIT_CHECK(pid >= 0);
	if (pid == 0) {
		struct ipcx_transport_end *end = ipcx_transport_attach(pair, 1);

		usleep(50000);
		for (int i = 0; i < 3; i++)
			recv_one(end, size, size, s);
		_exit(0);
	}
	ipcx_transport_attach(pair, 0);
	for (int i = 0; i < 3; i++) {
		struct ipcx_transport_msg msg = { .len = size,
						  .buf = ipcx_transport_buffer(size) };

		UNIT_CHECK(msg.buf);
		scribble(msg.buf, size, s);
		while ((err = ipcx_transport_send(pair->end[0], &msg)) == -EINTR)
			;
		UNIT_CHECK(err == 0);
		ipcx_transport_buffer_free(msg.buf);
	}
	UNIT_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	ipcx_transport_close(pair);
	ok(ops, "a message that goes in pieces");
}

static long long cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Who spins uses the processor while it waits; who gives up after a while does not. */
static void test_idle(const struct ipcx_transport_ops *ops)
{
	struct ipcx_transport_pair *pair = pair_open(ops, 64, 1, IPCX_TRANSPORT_FIXED);
	struct ipcx_transport_msg msg = { .len = 64 };
	long long began = cpu_ms(), used;

	/* A mailbox spins for who runs. */
	if (ops->caps & IPCX_TRANSPORT_CALL)
		goto close;
	msg.buf = ipcx_transport_buffer(64);
	ualarm(90000, 90000);
	UNIT_CHECK(ipcx_transport_recv(pair->end[0], &msg) == -EINTR);
	ualarm(0, 0);
	used = cpu_ms() - began;
	/* A busy machine lets it have less. */
	UNIT_CHECK(waits == IPCX_WAIT_SPIN ? used >= 1 : used < 40);
	ipcx_transport_buffer_free(msg.buf);
	ok(ops, "uses the processor as it shall while it waits");
close:
	ipcx_transport_close(pair);
}

static void test_peer_death(const struct ipcx_transport_ops *ops)
{
	struct ipcx_transport_pair *pair;
	struct ipcx_transport_end *end;
	struct ipcx_transport_msg msg = { .len = 64 };

	if (!(ops->caps & IPCX_TRANSPORT_PEER_DEATH))
		return;
	pair = pair_open(ops, 64, 0, 0);
	msg.buf = ipcx_transport_buffer(64);
	end = after_peer_has_sent(pair);
	recv_one(end, 64, 10, 3);
	UNIT_CHECK(ipcx_transport_recv(end, &msg) == -EPIPE);
	/* A connection is told only by the answer to what it has sent. */
	if (!strcmp(ops->name, "tcp"))
		UNIT_CHECK(ipcx_transport_send(end, &msg) == 0);
	UNIT_CHECK(ipcx_transport_send(end, &msg) == -EPIPE);
	ipcx_transport_buffer_free(msg.buf);
	ipcx_transport_close(pair);
	ok(ops, "what a dead peer sent can be received, then comes EPIPE");
}

/* The end, which a batch meets as often as it looks, is no message. */
static void test_peer_death_batch(const struct ipcx_transport_ops *ops)
{
	const unsigned int both = IPCX_TRANSPORT_PEER_DEATH | IPCX_TRANSPORT_BATCH;
	struct ipcx_transport_pair *pair;
	struct ipcx_transport_end *end;
	struct ipcx_transport_msg in[BATCH] = { 0 };

	if ((ops->caps & both) != both)
		return;
	pair = pair_open(ops, 64, 3, 0);
	for (int i = 0; i < 3; i++)
		send_one(pair->end[1], 64, 3);
	end = ipcx_transport_attach(pair, 0);
	for (int i = 0; i < BATCH; i++) {
		in[i].buf = ipcx_transport_buffer(64);
		in[i].len = 64;
	}
	UNIT_CHECK(ipcx_transport_recv_batch(end, in, BATCH) == 3);
	UNIT_CHECK(in[0].len == 64 && in[2].len == 64);
	UNIT_CHECK(ipcx_transport_recv_batch(end, in, BATCH) == -EPIPE);
	for (int i = 0; i < BATCH; i++)
		ipcx_transport_buffer_free(in[i].buf);
	ipcx_transport_close(pair);
	ok(ops, "a batch ends with the last message of a dead peer");
}

/* As many as were asked for; more only where pages or sockets are counted, a ring is no
 * smaller than that, or the kernel decides for itself. */
static void test_depth(const struct ipcx_transport_ops *ops)
{
	const unsigned int depth = 8;
	struct ipcx_transport_pair *pair = pair_open(ops, 64, depth, IPCX_TRANSPORT_FIXED);
	struct ipcx_transport_msg msg = { .len = fit(ops, 64) };
	unsigned int sent = 0, most = depth;

	if (!strcmp(ops->name, "pipe") || !strcmp(ops->name, "fifo") ||
	    !strcmp(ops->name, "io_uring-pipe"))
		most = 64;
	else if (!strcmp(ops->name, "tcp"))
		most = 8192;
	else if (!strncmp(ops->name, "unix", 4) || !strcmp(ops->name, "io_uring-unix"))
		most = 3 * depth;
	else if (!strncmp(ops->name, "ipcx-ring", 9))
		most = 4096 / (64 + 8);
	msg.buf = ipcx_transport_buffer(64);
	UNIT_CHECK(pair->end[0]->ops->set_nonblock(pair->end[0], 1) == 0);
	while (sent <= most && ipcx_transport_send(pair->end[0], &msg) == 0)
		sent++;
	UNIT_CHECK(sent >= depth);
	UNIT_CHECK(sent <= most || (ops->caps & ENDLESS));
	ipcx_transport_buffer_free(msg.buf);
	ipcx_transport_close(pair);
	ok(ops, "holds what it was opened for, and not much more");
}

/* ---- what stays behind ---- */

/* System V queues, semaphores and memory of the whole machine. */
static unsigned int sysv_objects(void)
{
	static const char *const files[] = {
		"/proc/sysvipc/msg", "/proc/sysvipc/sem", "/proc/sysvipc/shm",
	};
	unsigned int lines = 0;

	for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *file = fopen(files[i], "re");
		int c;

		while (file && (c = getc(file)) != EOF)
			lines += c == '\n';
		if (file)
			fclose(file);
	}
	return lines;
}

static size_t names_like(const char *format, int pid)
{
	char pattern[64];
	glob_t found;
	size_t n;

	snprintf(pattern, sizeof(pattern), format, pid);
	n = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	globfree(&found);
	return n;
}

/* Of POSIX memory and semaphores, and queues, where those can be seen. */
static size_t posix_names(int pid)
{
	return names_like("/dev/shm/ipcx-transport.%d.*", pid) +
	       names_like("/dev/shm/sem.ipcx-transport.%d.*", pid) +
	       names_like("/dev/mqueue/ipcx-transport.%d.*", pid);
}

static pid_t start_victim(const struct ipcx_transport_ops *ops)
{
	int ready[2];
	pid_t pid;
	char byte;

	UNIT_CHECK(pipe(ready) == 0);
	fflush(stdout);
	pid = fork();
	UNIT_CHECK(pid >= 0);
	if (pid == 0) {
		struct ipcx_transport_pair *pair = pair_open(ops, 64, 1, 0);

		send_one(pair->end[0], 64, 1);
		UNIT_CHECK(write(ready[1], "", 1) == 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	UNIT_CHECK(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

/* Killed, so that nobody closes anything; what is removed by a process comes later. */
static void test_nothing_left(const struct ipcx_transport_ops *ops)
{
	char folder[] = "/tmp/ipcx-test-transport-XXXXXX";
	unsigned int before = sysv_objects();
	pid_t pid;

	UNIT_CHECK(mkdtemp(folder) && setenv("TMPDIR", folder, 1) == 0);
	pid = start_victim(ops);
	UNIT_CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
	for (int i = 0; i < 500 && sysv_objects() > before; i++)
		usleep(20000);
	UNIT_CHECK(sysv_objects() <= before);
	UNIT_CHECK(posix_names(pid) == 0);
	UNIT_CHECK(rmdir(folder) == 0 && unsetenv("TMPDIR") == 0);
	ok(ops, "who is killed leaves nothing behind");
}

/* ---- calls: side 0 calls, side 1 answers ---- */

/* A request of one byte ends the server, one of two bytes gets a late answer. */
#define QUIT	1
#define SLOW	2

static void serve(struct ipcx_transport_end *end)
{
	struct ipcx_transport_msg next = { 0 }, reply = { 0 };
	bool owes = false;
	int err;

	next.buf = ipcx_transport_buffer(MAX_SIZE);
	for (;;) {
		next.len = MAX_SIZE;
		err = ipcx_transport_answer(end, owes ? &reply : NULL, &next);
		owes = !err;
		/* A signal here, or a caller that met one. */
		if (err == -EINTR || err == -ESTALE)
			continue;
		if (err)
			_exit(1);
		if (next.len == SLOW)
			usleep(100000);
		reply = next;
		if (next.len == QUIT)
			_exit(ipcx_transport_answer(end, &reply, NULL) ? 1 : 0);
	}
}

static struct ipcx_transport_pair *start_server(const struct ipcx_transport_ops *ops,
						pid_t *pid, unsigned int alarms)
{
	struct ipcx_transport_pair *pair = pair_open(ops, MAX_SIZE,
						     ops->caps & IPCX_TRANSPORT_CALLS_ONLY ? 0 : 1,
						     0);

	fflush(stdout);
	*pid = fork();
	UNIT_CHECK(*pid >= 0);
	if (*pid == 0) {
		ualarm(alarms, alarms);
		serve(ipcx_transport_attach(pair, 1));
	}
	ipcx_transport_attach(pair, 0);
	return pair;
}

/* What comes back has to be what this call sent, not an earlier one. */
static int call_once(struct ipcx_transport_pair *pair, size_t len, uint64_t seed)
{
	struct ipcx_transport_msg request = { .len = len }, reply = { .len = MAX_SIZE };
	int err;

	request.buf = ipcx_transport_buffer(len);
	reply.buf = ipcx_transport_buffer(MAX_SIZE);
	UNIT_CHECK(request.buf && reply.buf);
	scribble(request.buf, len, seed);
	err = ipcx_transport_call(pair->end[0], &request, &reply);
	UNIT_CHECK(err || (reply.len == len && memcmp(reply.buf, request.buf, len) == 0));
	ipcx_transport_buffer_free(request.buf);
	ipcx_transport_buffer_free(reply.buf);
	return err;
}

static void stop_server(struct ipcx_transport_pair *pair, pid_t pid)
{
	int status;

	UNIT_CHECK(call_once(pair, QUIT, 1) == 0);
	UNIT_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	UNIT_CHECK(call_once(pair, 64, 2) == -EPIPE);
	ipcx_transport_close(pair);
}

static void test_calls(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	static const size_t sizes[] = { 0, QUIT + 2, 64, 65, 1000, MAX_SIZE, 0 };
	struct ipcx_transport_pair *pair;
	pid_t pid;

	pair = start_server(ops, &pid, 0);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		UNIT_CHECK(call_once(pair, sizes[i], unit_rnd(seed)) == 0);
	UNIT_CHECK(call_once(pair, MAX_SIZE + 1, 0) == -EMSGSIZE);
	UNIT_CHECK(call_once(pair, 64, 0) == 0);
	stop_server(pair, pid);
	ok(ops, "a call of any size gets its reply, and EPIPE when the server is gone");
}

static void test_interrupted_call(const struct ipcx_transport_ops *ops)
{
	struct ipcx_transport_pair *pair;
	pid_t pid;

	pair = start_server(ops, &pid, 0);
	UNIT_CHECK(call_once(pair, 64, 5) == 0);
	ualarm(20000, 0);
	UNIT_CHECK(call_once(pair, SLOW, 6) == -EINTR);
	UNIT_CHECK(call_once(pair, 64, 7) == 0);
	stop_server(pair, pid);
	ok(ops, "the reply to an interrupted call is not taken for another's");
}

static void test_calls_under_signals(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	unsigned int count = (unsigned int)(waits ? unit_scaled(300, 10000) :
						    unit_scaled(2000, 100000));
	struct ipcx_transport_pair *pair;
	pid_t pid;
	int err;

	pair = start_server(ops, &pid, 7000);
	ualarm(9000, 9000);
	while (count--) {
		size_t len = SLOW + 1 + unit_rnd_below(seed, MAX_SIZE - SLOW);

		do {
			err = call_once(pair, len, unit_rnd(seed));
		} while (err == -EINTR);
		UNIT_CHECK(err == 0);
	}
	ualarm(0, 0);
	stop_server(pair, pid);
	ok(ops, "calls between processes, under a storm of signals");
}

static void test_calls_only(const struct ipcx_transport_ops *ops)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	struct ipcx_transport_pair *pair;

	opts.msg_size = 64;
	opts.depth = 1;
	UNIT_CHECK(ipcx_transport_open(&pair, ops, &opts, why) == -ENOSPC && !pair && why[0]);
	ok(ops, "who has calls only holds no messages, and says so");
}

static void test_messages(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	test_mixed_sizes(ops, seed);
	test_fixed(ops, seed);
	test_batch(ops, seed);
	test_nonblock(ops);
	test_too_large(ops);
	test_signal(ops);
	test_open_under_signals(ops);
	test_two_processes(ops, seed);
	test_peer_death(ops);
	test_peer_death_batch(ops);
	test_depth(ops);
	test_nothing_left(ops);
}

/* Whatever way it waits, it moves the same messages. */
static void test_waiting(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	for (waits = IPCX_WAIT_ADAPTIVE; waits <= IPCX_WAIT_SPIN; waits++) {
		if (ops->caps & IPCX_TRANSPORT_CALL) {
			test_calls(ops, seed);
			test_calls_under_signals(ops, seed);
		}
		if (ops->caps & IPCX_TRANSPORT_CALLS_ONLY)
			continue;
		test_mixed_sizes(ops, seed);
		test_batch(ops, seed);
		test_nonblock(ops);
		test_signal(ops);
		test_idle(ops);
		test_two_processes(ops, seed);
		test_in_pieces(ops, seed);
		test_peer_death(ops);
	}
	waits = IPCX_WAIT_BLOCK;
}

static void test_all(const struct ipcx_transport_ops *ops, uint64_t *seed)
{
	if (ops->caps & IPCX_TRANSPORT_SPIN_ONLY) {
		waits = IPCX_WAIT_SPIN;
		test_messages(ops, seed);
		test_idle(ops);
		waits = IPCX_WAIT_BLOCK;
		return;
	}
	if (ops->caps & IPCX_TRANSPORT_CALL) {
		test_calls(ops, seed);
		test_interrupted_call(ops);
		test_calls_under_signals(ops, seed);
	}
	if (ops->caps & IPCX_TRANSPORT_CALLS_ONLY)
		test_calls_only(ops);
	else
		test_messages(ops, seed);
	test_waiting(ops, seed);
}

int main(void)
{
	uint64_t seed = unit_seed();
	const struct ipcx_transport_ops *ops;

	signal(SIGPIPE, SIG_IGN);
	catch_alarms();
	for (unsigned int i = 0; (ops = ipcx_transport_at(i)); i++)
		if (can_be_used(ops))
			test_all(ops, &seed);
	printf("1..%u\n", done);
	return 0;
}
