// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * leftovers SECONDS LOG
 *
 * Prints what tests left behind, one line each: objects of any network
 * namespace, references to the module, and what is charged to the users that
 * tests run as. What is given back by a worker or after a grace period has that
 * many seconds to go. Then puts into the file LOG what the kernel has said since
 * the last time; standard input is /dev/kmsg, always the same open file.
 *
 * No test itself; the runner calls it after each, hence in one program: on a
 * kernel with all checks each one takes a second to start.
 */
#define IPCX_NO_HARNESS
#include "common.h"

#include <stdarg.h>

#define OBJECTS "/sys/kernel/debug/ipcx/objects"
#define REFCNT "/sys/module/ipcx/refcnt"

/* What is to be told: of the last look only. */
struct report {
	char text[1 << 16];
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct report *report, const char *format, ...)
{
	size_t room = sizeof(report->text) - report->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(report->text + report->len, room, format, args);
	va_end(args);
	report->len += len < (int)room ? len : (int)room - 1;
}

/* ---- what is left ---- */

static void look_for_objects(struct report *report)
{
	FILE *table = fopen(OBJECTS, "re");
	char line[1024];

	if (!table) {
		add(report, "%s: %s\n", OBJECTS, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), table))
		if (line[0] != '#')
			add(report, "object %s", line);
	fclose(table);
}

static void look_for_references(struct report *report)
{
	char count[32];
	int ret = read_file(REFCNT, count, sizeof(count));

	if (ret < 0)
		add(report, "%s: %s\n", REFCNT, strerror(-ret));
	else if (atoi(count))
		add(report, "the module's reference count is %d\n", atoi(count));
}

static void look_for_charges(struct report *report, uid_t uid)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	if (ret)
		add(report, "uid %u: %s\n", uid, strerror(-ret));
	else if (info.user_bytes || info.user_objects || info.user_files)
		add(report, "uid %u: %llu bytes, %llu objects, %llu files charged\n", uid,
		    (unsigned long long)info.user_bytes,
		    (unsigned long long)info.user_objects,
		    (unsigned long long)info.user_files);
}

static void look_at_user(struct report *report, uid_t uid)
{
	if (setresuid(uid, uid, 0) < 0) {
		add(report, "uid %u: %s\n", uid, strerror(errno));
		return;
	}
	look_for_charges(report, uid);
	if (setresuid(0, 0, 0) < 0)
		abort();
}

static void look(struct report *report)
{
	static const uid_t uids[] = { 0, UID_A, UID_B };
	size_t i;

	report->len = 0;
	report->text[0] = '\0';
	if (access("/sys/module/ipcx", F_OK) < 0) {
		add(report, "the module is not loaded any more\n");
		return;
	}
	look_for_objects(report);
	for (i = 0; i < ARRAY_SIZE(uids); i++)
		look_at_user(report, uids[i]);
	look_for_references(report);
}

static void look_until(struct report *report, long long end)
{
	look(report);
	while (report->len && now_ns(CLOCK_MONOTONIC) < end) {
		sleep_ms(20);
		look(report);
	}
}

/* ---- what the kernel said ---- */

/*
 * One record of /dev/kmsg: "LEVEL,SEQUENCE,MICROSECONDS,FLAGS;TEXT", then lines that begin
 * with a space, of no interest here.
 */
static void write_record(FILE *log, char *record)
{
	char *text = strchr(record, ';');
	unsigned long long us = 0;

	if (!text)
		return;
	sscanf(record, "%*u,%*u,%llu", &us);
	text[strcspn(text, "\n")] = '\0';
	fprintf(log, "[%5llu.%06llu] %s\n", us / 1000000, us % 1000000, text + 1);
}

static int write_log(const char *path)
{
	FILE *log = fopen(path, "we");
	char record[8192];
	ssize_t n;

	if (!log)
		return -errno;
	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	for (;;) {
		n = read(STDIN_FILENO, record, sizeof(record) - 1);
		/* More was said than the kernel keeps: on with what is there. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		write_record(log, record);
	}
	fclose(log);
	return n < 0 && errno != EAGAIN ? -errno : 0;
}

int main(int argc, char **argv)
{
	static struct report report;
	int ret;

	if (argc != 3) {
		fputs("usage: leftovers SECONDS LOG </dev/kmsg\n", stderr);
		return 2;
	}
	look_until(&report, now_ns(CLOCK_MONOTONIC) + atoi(argv[1]) * NSEC_PER_SEC);
	ret = write_log(argv[2]);
	if (ret)
		add(&report, "%s: %s\n", argv[2], strerror(-ret));
	fputs(report.text, stdout);
	return 0;
}
