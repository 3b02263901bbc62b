// SPDX-License-Identifier: LGPL-2.1-or-later
/* Error messages that name the mend. */
#include <inttypes.h>
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
	{ ACT_CREATE | ACT_RING, EEXIST, "use it as it is (--exist-ok), or remove it first: ipcx rm NAME" },
	{ ACT_CREATE, EINVAL, "see its limits: ipcx info" },
	{ ACT_RING, EINVAL, "is the module older than this program, or --size less than a page here?" },
	{ ACT_RING | ACT_PRODUCE | ACT_CONSUME, EPROTOTYPE,
	  "the object of that name is not a ring: see ipcx ls" },
	{ ACT_RING | ACT_PRODUCE | ACT_CONSUME, EPROTO,
	  "the module lays rings out in another way than this program knows: use one version of both" },
	{ ACT_TAKE, EPROTOTYPE,
	  "that is a mailbox, which only the program that made it receives from; you may send to it (ipcx send, ipcx call)" },
	{ ACT_MBOX, EPROTOTYPE, "that is a queue, which does not reply: use ipcx send" },
	{ ACT_SYNC, EPROTOTYPE, "that is a queue: --sync, --cookie and files are for mailboxes" },
	{ ACT_GROUP | ACT_JOIN, EPROTOTYPE,
	  "that is a queue, whose messages go to one receiver: make a group (ipcx group)" },
	{ ACT_GROUP, EOPNOTSUPP, "that is a mailbox, which has one receiver: use ipcx send" },
	{ ACT_JOIN, EOPNOTSUPP,
	  "that is a mailbox, whose messages are its receiver's: only groups have subscribers" },
	{ ACT_SERVE, EPROTOTYPE, "that name is a queue's: choose another" },
	{ ACT_ANY, EPROTOTYPE, "the object of that name is not a queue: see ipcx ls" },
	{ ACT_SERVE, EBUSY, "another program has that mailbox: see ipcx stat NAME, or choose another name" },
	{ ACT_SERVE, EACCES, "that name is somebody else's: choose another" },
	{ ACT_MBOX, ENOENT, "see what there is: ipcx ls; is the program that makes it running?" },
	{ ACT_GROUP | ACT_JOIN, ENOENT, "see what there is: ipcx ls; make it: ipcx group NAME" },
	{ ACT_PORT, ENOENT, "no mailbox has that port, or it is not for you to send to: see ipcx ls" },
	{ ACT_OPEN | ACT_TAKE, ENOENT, "see what there is: ipcx ls; make it: ipcx create NAME" },
	{ ACT_PRODUCE | ACT_CONSUME, ENOENT, "see what there is: ipcx ls; make it: ipcx ring create NAME" },
	{ ACT_STAT | ACT_UNLINK, ENOENT, "see what there is: ipcx ls" },
	{ ACT_UNLINK, EACCES, "only its owner may remove it, or root (CAP_IPC_OWNER)" },
	{ ACT_OPEN | ACT_TAKE | ACT_CREATE | ACT_STAT, EACCES,
	  "its mode keeps you out (r to receive, w to send); root sees who owns it: sudo ipcx stat NAME" },
	{ ACT_RING | ACT_PRODUCE | ACT_CONSUME, EACCES,
	  "its mode keeps you out (r to consume, w to produce); root sees who owns it: sudo ipcx stat NAME" },
	{ ACT_MBOX | ACT_GROUP, EACCES,
	  "its mode keeps you out (w to send); root sees who owns it: sudo ipcx stat NAME" },
	{ ACT_JOIN, EACCES,
	  "its mode keeps you out (r to subscribe); root sees who owns it: sudo ipcx stat NAME" },
	{ ACT_JOIN, EPERM,
	  "this group lets no subscriber hold senders up: who makes it has to say so (--allow-block)" },
	{ ACT_JOIN, EPIPE, "its holder has gone" },
	{ ACT_POST | ACT_SYNC | ACT_CALL, EPERM,
	  "a file of a kind that messages do not carry: see ipcx(7)" },
	{ ACT_RECV, EACCES, "a security module keeps the files that it carries from you" },
	{ ACT_WATCH, EEXIST, "it is being watched already: name it once" },
	{ ACT_WATCH, ETIMEDOUT, "it is still there" },
	{ ACT_GROUP, EAGAIN, "a subscriber has no room, and the group waits for it" },
	{ ACT_GROUP, ETIMEDOUT, "a subscriber had no room in time, and the group waits for it" },
	{ ACT_POST | ACT_SYNC, EAGAIN,
	  "the mailbox is full, or has as much from you as it takes: wait (without --nonblock)" },
	{ ACT_POST, ETIMEDOUT, "the mailbox stayed full: is its program receiving? see ipcx stat NAME" },
	{ ACT_SYNC, ETIMEDOUT, "nobody received it in time: is its program receiving? see ipcx stat NAME" },
	{ ACT_CALL, ETIMEDOUT, "no reply came in time: is its program answering? see ipcx stat NAME" },
	{ ACT_SEND, EAGAIN, "the queue is full: receive from it, or wait (without --nonblock)" },
	{ ACT_SEND, ETIMEDOUT, "the queue stayed full: is anybody receiving? see ipcx stat NAME" },
	{ ACT_PRODUCE, EPIPE, "its last consumer has gone: start one (ipcx ring consume NAME)" },
	{ ACT_PRODUCE, EAGAIN, "the ring is full: consume from it, or wait (without --nonblock)" },
	{ ACT_PRODUCE, ETIMEDOUT, "the ring stayed full: is anybody consuming? see ipcx stat NAME" },
	{ ACT_CONSUME, EAGAIN, "no record is there" },
	{ ACT_CONSUME, ETIMEDOUT, "no record came in time" },
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

/* In words that mean something to people who do not use sockets. */
static const char *error_text(enum action action, int err)
{
	if (action == ACT_DEVICE && err == ENOENT)
		return "not found";
	if (action != ACT_DEVICE && err == ENOENT)
		return "no such object";
	if (err == EPROTOTYPE)
		return "an object of another kind";
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
	else if (info.user_files >= info.user_files_limit)
		fprintf(stderr, ": your messages carry %llu of %llu files: let them be received, or raise "
			PARAMETERS "user_max_files",
			(unsigned long long)info.user_files,
			(unsigned long long)info.user_files_limit);
	else
		fprintf(stderr, ": you have %llu of %llu bytes in messages and rings: receive some (ipcx recv; from a mailbox its program does), remove rings (ipcx rm), or raise "
			PARAMETERS "user_max_bytes",
			(unsigned long long)info.user_bytes,
			(unsigned long long)info.user_bytes_limit);
}

static void hint(enum action action, int err)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		if ((hints[i].actions & action) && hints[i].err == err) {
			fprintf(stderr, ": %s", hints[i].text);
			return;
		}
	}
}

int report(enum action action, const char *subject, int err)
{
	err = -err;
	complain(subject, error_text(action, err));
	if (err == EDQUOT)
		explain_quota();
	else if (err == EPROTOTYPE && is_ring(subject))
		fputs(": that is a ring: use ipcx ring", stderr);
	else
		hint(action, err);
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

int report_limits(const char *name, uint64_t max_msgs, uint64_t max_msg_size,
		  uint64_t max_bytes)
{
	struct ipcx_info info;
	struct {
		const char *option;
		uint64_t given;
		uint64_t limit;
		const char *parameter;
	} checks[] = {
		{ "max-msgs", max_msgs, 0, "max_queue_msgs" },
		{ "max-msg-size", max_msg_size, 0, "max_msg_size" },
		{ "max-bytes", max_bytes, 0, "max_queue_bytes" },
	};

	if (ipcx_dev_info(tool.dev, &info))
		return report(ACT_CREATE, name, -EINVAL);
	checks[0].limit = info.max_queue_msgs;
	checks[1].limit = info.max_msg_size;
	checks[2].limit = info.max_queue_bytes;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i].given > checks[i].limit)
			return report_hint(name, -EINVAL,
					   "--%s: at most %" PRIu64
					   ", the module's limit; root raises it in /sys/module/ipcx/parameters/%s",
					   checks[i].option, checks[i].limit, checks[i].parameter);
	if (max_bytes && max_bytes < max_msg_size)
		return report_hint(name, -EINVAL,
				   "--max-bytes is less than --max-msg-size: no such message would fit");
	return report(ACT_CREATE, name, -EINVAL);
}

int finish_stdout(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "ipcx: standard output: %s\n", errno ? strerror(errno) : "write error");
	return status ? status : EXIT_FAILURE;
}
