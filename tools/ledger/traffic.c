// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What make ledger looks at: one process sends COUNT messages of SIZE bytes, another one
 * receives them.
 *
 *	ledger-traffic --list
 *	ledger-traffic MECHANISM SIZE COUNT
 *
 * The library's transports are all there; a mechanism that only knows calls sends with
 * requests, and its replies are empty. Where a full receiver loses messages, each is answered
 * with an empty one.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ipcx/ipcx.h>

/* As the tests: cannot be done here. */
#define EXIT_SKIPPED	77

struct traffic {
	size_t size;
	unsigned long count;
	void *buf;
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "ledger-traffic: %s: %s\n", what, strerror(-err));
	return EXIT_FAILURE;
}

/* Nothing is lost of what is waited for. */
static int confirm(struct ipcx_transport_end *end, void *room, bool sent)
{
	struct ipcx_transport_msg empty = { .buf = room };

	if (!(end->ops->caps & IPCX_TRANSPORT_LOSSY))
		return 0;
	return sent ? ipcx_transport_recv(end, &empty) : ipcx_transport_send(end, &empty);
}

static int send_all(struct ipcx_transport_end *end, const struct traffic *t, bool calls)
{
	struct ipcx_transport_msg msg = { .buf = t->buf, .len = t->size };
	char *room = ipcx_transport_buffer(t->size);
	int err = room ? 0 : -ENOMEM;

	for (unsigned long i = 0; i < t->count && !err; i++) {
		struct ipcx_transport_msg reply = { .buf = room, .len = t->size };

		err = calls ? ipcx_transport_call(end, &msg, &reply) : ipcx_transport_send(end, &msg);
		if (!err)
			err = confirm(end, room, true);
	}
	ipcx_transport_buffer_free(room);
	return err;
}

static int receive_all(struct ipcx_transport_end *end, const struct traffic *t, bool calls)
{
	struct ipcx_transport_msg reply = { .buf = ipcx_transport_buffer(1) };
	int err = reply.buf ? 0 : -ENOMEM;

	for (unsigned long i = 0; i < t->count && !err; i++) {
		struct ipcx_transport_msg msg = { .buf = t->buf, .len = t->size };

		err = calls ? ipcx_transport_answer(end, i ? &reply : NULL, &msg) :
			      ipcx_transport_recv(end, &msg);
		if (!err)
			err = confirm(end, reply.buf, false);
	}
	if (calls && !err)
		err = ipcx_transport_answer(end, &reply, NULL);
	ipcx_transport_buffer_free(reply.buf);
	return err;
}

/* Who opens a pair for calls is the one who calls; so the parent always sends. */
static int both(struct ipcx_transport_pair *pair, const struct traffic *t, bool calls)
{
	pid_t parent = getpid(), pid = fork();
	int status, err;

	if (pid < 0)
		return fail("fork", -errno);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		err = receive_all(ipcx_transport_attach(pair, 1), t, calls);
		_exit(err ? fail("receive", err) : EXIT_SUCCESS);
	}
	err = send_all(ipcx_transport_attach(pair, 0), t, calls);
	if (err) {
		kill(pid, SIGKILL);
		fail("send", err);
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		return EXIT_FAILURE;
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int by_transport(const struct ipcx_transport_ops *ops, const struct traffic *t)
{
	bool calls = ops->caps & IPCX_TRANSPORT_CALLS_ONLY;
	struct ipcx_transport_pair *pair;
	char why[IPCX_TRANSPORT_WHY];
	int status;

	IPCX_OPTS(ipcx_transport_opts, opts);
	opts.msg_size = t->size;
	opts.flags = IPCX_TRANSPORT_FIXED;
	if (ipcx_transport_available(ops, why) || ipcx_transport_open(&pair, ops, &opts, why)) {
		fprintf(stderr, "%s\n", why);
		return EXIT_SKIPPED;
	}
	status = both(pair, t, calls);
	ipcx_transport_close(pair);
	return status;
}

/* Requests of io_uring lie in shared memory, where the ledger does not look. */
static int list(void)
{
	const struct ipcx_transport_ops *ops;

	for (unsigned int i = 0; (ops = ipcx_transport_at(i)); i++)
		if (strncmp(ops->name, "io_uring", 8))
			puts(ops->name);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const struct ipcx_transport_ops *ops;
	struct traffic t;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();
	if (argc != 4) {
		fputs("usage: ledger-traffic --list | MECHANISM SIZE COUNT\n", stderr);
		return 2;
	}
	t.size = strtoul(argv[2], NULL, 10);
	t.count = strtoul(argv[3], NULL, 10);
	t.buf = ipcx_transport_buffer(t.size);
	if (!t.buf)
		return fail("memory", -ENOMEM);
	memset(t.buf, 1, t.size);
	ops = ipcx_transport_find(argv[1]);
	if (ops)
		return by_transport(ops, &t);
	fprintf(stderr, "ledger-traffic: %s: no such mechanism; --list names them\n", argv[1]);
	return 2;
}
