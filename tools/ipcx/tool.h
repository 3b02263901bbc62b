/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the subcommands of ipcx share. */
#ifndef IPCX_TOOL_H
#define IPCX_TOOL_H

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipcx/ipcx.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Exit statuses; 0 and 1 are EXIT_SUCCESS and EXIT_FAILURE. */
enum {
	EXIT_USAGE = 2,		/* the command line is wrong */
	EXIT_AGAIN = 3,		/* full or empty: would have to wait (longer) */
	EXIT_NO_OBJECT = 4,	/* no object of that name */
	EXIT_NO_DEVICE = 5,	/* no device: the module is not loaded */
};

/* Options that every subcommand has, and the device they lead to. */
struct tool {
	const char *device;
	bool json;
	struct ipcx_dev *dev;
};

extern struct tool tool;

/* main.c */

/* Parse a subcommand's line: exits after --help and after usage errors. */
void parse_args(const struct argp *argp, int argc, char **argv, void *input);
/* Take a positional argument as the object's name; usage error if it is none. */
const char *name_arg(struct argp_state *state, const char *arg);
/* Open tool.dev; 0, or an exit status after a message. */
int open_device(void);

/* errors.c */

enum action {
	ACT_DEVICE	= 1 << 0,	/* open the device */
	ACT_OPEN	= 1 << 1,	/* open an object */
	ACT_CREATE	= 1 << 2,
	ACT_SEND	= 1 << 3,
	ACT_RECV	= 1 << 4,
	ACT_UNLINK	= 1 << 5,
	ACT_STAT	= 1 << 6,
};

/*
 * Say on stderr what failed with which negative errno and what to do about it.
 * @subject is the name of the object or device. Returns the exit status.
 */
int report(enum action action, const char *subject, int err);
/* The same with words of one's own for what to do. */
int report_hint(const char *subject, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Output that could not be written is a failure: the exit status to end with. */
int finish_stdout(int status);

/* parse.c: option values; false where the text is none */

/* Decimal, or hexadecimal after 0x. */
bool parse_u64(const char *text, uint64_t max, uint64_t *value);
/* Bytes, with K, M or G for powers of 1024 (also KiB, kB, ...). */
bool parse_size(const char *text, uint64_t *bytes);
/* Octal permission bits. */
bool parse_mode(const char *text, uint32_t *mode);
/* Seconds, or a number with ns, us, ms, s, m or h. */
bool parse_duration(const char *text, int64_t *ns);
/* The rules for names; NULL, or what is wrong with this one. */
const char *name_error(const char *name);

/* text.c: all that is returned is to be freed */

/* Where there is no memory the program ends with a message. */
void *check_alloc(void *p) __attribute__((returns_nonnull));
char *format_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *vformat_text(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
/* With escapes for what a terminal should not get. */
char *printable(const char *text);

/* table.c */

#define TABLE_COLUMNS 16

struct column {
	const char *title;
	bool right;		/* align numbers to the right */
};

struct table {
	const struct column *columns;
	size_t ncolumns;
	size_t ncells;
	char **cells;		/* row after row; owned, printable */
};

void table_init(struct table *t, const struct column *columns, size_t ncolumns);
/* Cells go in from left to right, row after row. */
void table_add(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_print(const struct table *t);
void table_free(struct table *t);

/* json.c */

/* @bytes as the string @key, or, where it is not UTF-8, as @key_base64. */
void json_set_bytes(json_t *obj, const char *key, const void *bytes, size_t len);
/* A number; a string of digits where JSON libraries have no integer for it. */
void json_set_u64(json_t *obj, const char *key, uint64_t value);
void json_set_str(json_t *obj, const char *key, const char *value);
/* Print as one line; drops the reference. */
void json_print(json_t *value);

/* describe.c: objects in words */

const char *kind_name(unsigned int kind);
/* 0 where there is no such kind. */
unsigned int kind_by_name(const char *name);
const char *overflow_name(unsigned int overflow);
/* User and group names, or numbers; to be freed. */
char *user_name(uid_t uid);
char *group_name(gid_t gid);
/* Local time; to be freed. */
char *time_text(uint64_t ns);
json_t *stat_json(const struct ipcx_stat *stat);

/* subcommands, one a file */

int cmd_info(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_create(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_recv(int argc, char **argv);
int cmd_rm(int argc, char **argv);

#endif /* IPCX_TOOL_H */
