// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx serve: receiving, running the command, replying. */
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>

#include "serve.h"

struct server {
	const struct serve_args *args;
	struct ipcx_mbox *mbox;
	size_t max;			/* largest payload of either direction */
	char *buf;
	struct ipcx_mbox_recv mail;
	struct arrivals files;
};

/* setenv(3) keeps every value that it ever set, and senders choose some of these. */
static void set_environment(const struct ipcx_mbox_recv *mail)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "IPCX_SENDER_PID", mail->pid },
		{ "IPCX_SENDER_UID", mail->uid },
		{ "IPCX_SENDER_GID", mail->gid },
		{ "IPCX_SENDER_PORT", mail->sender },
		{ "IPCX_TYPE", mail->type },
		{ "IPCX_COOKIE", mail->cookie },
		{ "IPCX_FILES", mail->fd_count },
	};
	static char variables[ARRAY_SIZE(numbers)][40];

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		snprintf(variables[i], sizeof(variables[i]), "%s=%" PRIu64, numbers[i].name,
			 numbers[i].value);
		if (putenv(variables[i]))
			check_alloc(NULL);
	}
}

/* Say what went wrong with the command, and what becomes of the message: in one piece. */
static void complain(const struct server *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void complain(const struct server *s, const char *fmt, ...)
{
	char *name = printable(s->args->name), *command = printable(s->args->command[0]);
	char *what, *outcome;
	va_list ap;

	va_start(ap, fmt);
	what = vformat_text(fmt, ap);
	va_end(ap);
	if (s->mail.token)
		outcome = format_text(": the call of process %u gets no reply", s->mail.pid);
	else
		outcome = format_text("%s", "");
	fprintf(stderr, "ipcx: %s: %s: %s%s\n", name, command, what, outcome);
	free(outcome);
	free(what);
	free(command);
	free(name);
}

/* Is what the command did a reply? */
static bool succeeded(const struct server *s, const struct run *run)
{
	if (run->capture && run->output.len > run->max)
		complain(s, "its output is larger than %zu bytes (--max-msg-size)", run->max);
	else if (WIFSIGNALED(run->status))
		complain(s, "%s", strsignal(WTERMSIG(run->status)));
	else if (WEXITSTATUS(run->status))
		complain(s, "exit status %d", WEXITSTATUS(run->status));
	else
		return true;
	return false;
}

/* False where the caller gets nothing, or has given up. */
static bool reply(const struct server *s, const struct run *run)
{
	int err = ipcx_mbox_reply(s->mbox, s->mail.token, run->output.data, run->output.len);

	if (!err)
		return true;
	if (err != -ESTALE) {
		complain(s, "its output cannot be sent: %s", strerror(-err));
		ipcx_mbox_discard(s->mbox, s->mail.token);
	}
	return false;
}

static int write_line(const struct server *s, const struct run *run, bool replied)
{
	json_t *obj = mail_json(&s->mail);
	int err;

	json_set_u64(obj, "size", s->mail.len);
	json_set_bool(obj, "call", s->mail.token);
	if (s->args->files)
		json_set(obj, "files", arrivals_json(&s->files));
	if (WIFSIGNALED(run->status))
		json_set_u64(obj, "signal", WTERMSIG(run->status));
	else
		json_set_u64(obj, "status", WEXITSTATUS(run->status));
	json_set_bytes(obj, "output", run->output.data, run->output.len);
	json_set_bool(obj, "replied", replied);
	err = write_json(obj);
	if (!err)
		return EXIT_SUCCESS;
	fprintf(stderr, "ipcx: standard output: %s\n", strerror(-err));
	return EXIT_FAILURE;
}

static int finish(const struct server *s, const struct run *run)
{
	bool good = succeeded(s, run), replied = false;

	if (s->mail.token && good)
		replied = reply(s, run);
	else if (s->mail.token)
		ipcx_mbox_discard(s->mbox, s->mail.token);
	return tool.json ? write_line(s, run, replied) : EXIT_SUCCESS;
}

/* It did not run: next time it may, or the command line is no good. */
static int not_run(const struct server *s, int err)
{
	if (err != -ECANCELED)
		complain(s, "cannot run it: %s", strerror(-err));
	if (s->mail.token)
		ipcx_mbox_discard(s->mbox, s->mail.token);
	switch (err) {
	case -ECANCELED:
	case -EAGAIN:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return EXIT_SUCCESS;
	default:
		return EXIT_FAILURE;
	}
}

static int handle(struct server *s)
{
	struct run run = {
		.input = s->buf,
		.input_len = s->mail.len,
		.files = &s->files,
		.capture = s->mail.token || tool.json,
		.max = s->max,
	};
	int status, err;

	set_environment(&s->mail);
	err = run_command(s->args->command, &run);
	status = err ? not_run(s, err) : finish(s, &run);
	free(run.output.data);
	arrivals_close(&s->files);
	return status;
}

/* Returns what ipcx_mbox_recv_msgs() does. */
static int take(struct server *s)
{
	int ret;

	ipcx_mbox_recv_init(&s->mail, s->buf, s->max);
	if (s->args->files)
		arrivals_expect(&s->files, &s->mail);
	ret = ipcx_mbox_recv_msgs(s->mbox, &s->mail, 1, NULL);
	if (ret > 0)
		arrivals_take(&s->files, &s->mail);
	return ret;
}

static int serve(struct server *s)
{
	uint64_t limit = s->args->count;
	int status = EXIT_SUCCESS, err;

	for (uint64_t n = 0; !status && (!limit || n < limit) && !stop_asked(); n++) {
		err = take(s);
		if (err > 0)
			status = handle(s);
		else if (!stop_asked())
			status = report(ACT_RECV, s->args->name, err);
	}
	return status;
}

int serve_run(const struct serve_args *args, struct ipcx_mbox *m)
{
	struct server s = { .args = args, .mbox = m };
	struct ipcx_stat stat;
	int status, err;

	/* Where our parent ignored it the command would leave no status to wait for. */
	signal(SIGCHLD, SIG_DFL);
	err = stop_setup(ipcx_mbox_fd(m));
	if (!err)
		err = ipcx_mbox_stat(m, &stat);
	if (err)
		return report(ACT_STAT, args->name, err);
	s.max = stat.max_msg_size;
	s.buf = check_alloc(malloc(s.max));
	status = serve(&s);
	free(s.buf);
	return status;
}
