// SPDX-License-Identifier: LGPL-2.1-or-later
/* Error messages that name the mend. */
#include <stdarg.h>

#include "tool.h"

#define PARAMETERS "/sys/module/ipcx/parameters/"
#define ACT_ANY (~0U)

/* The first line that fits is the one. */
static const struct hint {
	unsigned int actions;
	int err;
	const char *text;
} hints[] = {
	{ ACT_DEVICE, ENOENT, "is the module loaded? try: sudo modprobe ipcx" },
	{ ACT_DEVICE, ENXIO, "is the module loaded? try: sudo modprobe ipcx" },
	{ ACT_DEVICE, ENODEV, "is the module loaded? try: sudo modprobe ipcx" },
	{ ACT_DEVICE, EACCES,
	  "its mode should be 0666: install 60-ipcx.rules, or try: sudo chmod 0666 " IPCX_DEV_PATH },
	{ ACT_DEVICE, ENOTTY, "this is not the ipcx device: see --device" },
	{ ACT_DEVICE, EPROTO, "the loaded module is older than this program: load the new one" },
	{ ACT_CREATE, EEXIST, "use it as it is (--exist-ok), or remove it first: ipcx rm NAME" },
	{ ACT_CREATE, EINVAL, "see its limits: ipcx info" },
	{ ACT_ANY, EPROTOTYPE, "the object of that name is not a queue: see ipcx ls" },
	{ ACT_OPEN, ENOENT, "see what there is: ipcx ls; make it: ipcx create NAME" },
	{ ACT_STAT | ACT_UNLINK, ENOENT, "see what there is: ipcx ls" },
	{ ACT_UNLINK, EACCES, "only its owner may remove it, or root (CAP_IPC_OWNER)" },
	{ ACT_OPEN | ACT_CREATE | ACT_STAT, EACCES,
	  "its mode keeps you out (r to receive, w to send); root sees who owns it: sudo ipcx stat NAME" },
	{ ACT_SEND, EAGAIN, "the queue is full: receive from it, or wait (without --nonblock)" },
	{ ACT_SEND, ETIMEDOUT, "the queue stayed full: is anybody receiving? see ipcx stat NAME" },
	{ ACT_RECV, EAGAIN, "no message that matches" },
	{ ACT_RECV, ETIMEDOUT, "no message that matches came in time" },
	{ ACT_ANY, ENOMEM, "no memory: the machine's, or the limit of your memory cgroup" },
};

static int exit_status(enum action action, int err)
{
	switch (err) {
	case EAGAIN:
	case ETIMEDOUT:
		return EXIT_AGAIN;
	case ENOENT:
		return action == ACT_DEVICE ? EXIT_NO_DEVICE : EXIT_NO_OBJECT;
	case ENXIO:
	case ENODEV:
		return action == ACT_DEVICE ? EXIT_NO_DEVICE : EXIT_FAILURE;
	default:
		return EXIT_FAILURE;
	}
}

/* Messages to people get "not found" for a device that is not there. */
static const char *error_text(enum action action, int err)
{
	if (action == ACT_DEVICE && err == ENOENT)
		return "not found";
	if (action != ACT_DEVICE && err == ENOENT)
		return "no such object";
	return strerror(err);
}

static void complain(const char *subject, const char *error)
{
	char *text = printable(subject);

	/* Where output and messages go to one place they come in their order. */
	fflush(stdout);
	fprintf(stderr, "ipcx: %s: %s", text, error);
	free(text);
}

/* Which of the user's limits it was, where the module still answers that. */
static void explain_quota(void)
{
	struct ipcx_info info;

	if (!tool.dev || ipcx_dev_info(tool.dev, &info))
		return;
	if (info.user_objects >= info.user_objects_limit)
		fprintf(stderr, ": you have %llu of %llu objects: remove some (ipcx rm), or raise "
			PARAMETERS "user_max_objects",
			(unsigned long long)info.user_objects,
			(unsigned long long)info.user_objects_limit);
	else
		fprintf(stderr, ": you have %llu of %llu bytes queued: receive some (ipcx recv), or raise "
			PARAMETERS "user_max_bytes",
			(unsigned long long)info.user_bytes,
			(unsigned long long)info.user_bytes_limit);
}

int report(enum action action, const char *subject, int err)
{
	err = -err;
	complain(subject, error_text(action, err));
	if (err == EDQUOT) {
		explain_quota();
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
			if ((hints[i].actions & action) && hints[i].err == err) {
				fprintf(stderr, ": %s", hints[i].text);
				break;
			}
		}
	}
	fputc('\n', stderr);
	return exit_status(action, err);
}

int report_hint(const char *subject, int err, const char *fmt, ...)
{
	va_list ap;

	complain(subject, strerror(-err));
	fputs(": ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_FAILURE;
}

int finish_stdout(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "ipcx: standard output: %s\n", errno ? strerror(errno) : "write error");
	return status ? status : EXIT_FAILURE;
}
