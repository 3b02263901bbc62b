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
	EXIT_NO_OBJECT = 4,	/* no object of that name or port */
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

struct command {
	const char *name;
	const char *what;
	int (*run)(int argc, char **argv);
};

/* For --help. */
void print_commands(const struct command *list, size_t count);
/* The one that @argv begins with; @whose: the words before. The exit status. */
int run_subcommand(const struct command *list, size_t count, const char *whose, int argc,
		   char **argv);
/* Parse a subcommand's line: exits after --help and after usage errors. */
void parse_args(const struct argp *argp, int argc, char **argv, void *input);
/* The same for a line whose end is another program's: options end before it. */
void parse_args_in_order(const struct argp *argp, int argc, char **argv, void *input);
/* Open tool.dev; 0, or an exit status after a message. */
int open_device(void);

/* Keys of long options that several commands have; each has its own below 0x800. */
enum {
	KEY_MAX_MSGS = 0x800,
	KEY_MAX_MSG_SIZE,
	KEY_MAX_BYTES,
	KEY_SPIN,
	KEY_RING,
	KEY_ADAPTIVE,
	KEY_COOKIE,
	KEY_FILE,
	KEY_FD,
	KEY_FILES,
	KEY_CAT,
	KEY_EXIST_OK,
	KEY_WAIT_POLICY,
	KEY_AWAIT,
};

/* args.c: the values of arguments; usage errors where they are wrong */

/* Whom a message is for. */
struct dest {
	const char *text;	/* as given: the name, unless it is a port */
	uint64_t port;
	bool is_port;
};

/* How long to wait; by default for ever. */
struct patience {
	bool nonblock;
	bool has_timeout;
	int64_t timeout_ns;
};

const char *name_arg(struct argp_state *state, const char *arg);
/* The one argument there is, a name, for a parser; else ARGP_ERR_UNKNOWN. */
error_t name_option(int key, char *arg, struct argp_state *state, const char **name);
/* A mailbox's name or port. */
void dest_arg(struct argp_state *state, const char *arg, struct dest *dest);
/* The first argument is that, the second one @text; false: there are both already. */
bool dest_or_text_arg(struct argp_state *state, const char *arg, struct dest *dest,
		      const char **text);
uint64_t number_arg(struct argp_state *state, const char *option, const char *arg);
/* Above 0, as sizes are. */
uint64_t count_arg(struct argp_state *state, const char *option, const char *arg);
uint64_t size_arg(struct argp_state *state, const char *option, const char *arg);
uint32_t priority_arg(struct argp_state *state, const char *option, const char *arg);
uint32_t mode_arg(struct argp_state *state, const char *option, const char *arg);
uint32_t spin_arg(struct argp_state *state, const char *arg);
unsigned int wait_policy_arg(struct argp_state *state, const char *arg);
/* Which of @words it is, from 0 on; @option and its words are named where it is none. */
unsigned int word_arg(struct argp_state *state, const char *option, const char *arg,
		      const char *const *words, unsigned int count);
void timeout_arg(struct argp_state *state, const char *arg, struct patience *p);
/* --timeout and --nonblock, for a parser; else ARGP_ERR_UNKNOWN. */
error_t patience_option(int key, char *arg, struct argp_state *state, struct patience *p);
void check_patience(struct argp_state *state, const struct patience *p);
/* Fill in an option structure; a timeout begins now. */
void begin_waiting(const struct patience *p, uint32_t *flags, uint32_t *clock,
		   int64_t *deadline_ns);

/* errors.c */

enum action {
	ACT_DEVICE	= 1 << 0,	/* open the device */
	ACT_OPEN	= 1 << 1,	/* open an object */
	ACT_CREATE	= 1 << 2,
	ACT_SEND	= 1 << 3,
	ACT_RECV	= 1 << 4,
	ACT_UNLINK	= 1 << 5,
	ACT_STAT	= 1 << 6,
	ACT_MBOX	= 1 << 7,	/* open a mailbox by its name, for sending */
	ACT_PORT	= 1 << 8,	/* the same by its port */
	ACT_SERVE	= 1 << 9,	/* create a mailbox */
	ACT_POST	= 1 << 10,	/* send to a mailbox */
	ACT_SYNC	= 1 << 11,	/* the same, until it is received */
	ACT_CALL	= 1 << 12,
	ACT_TAKE	= 1 << 13,	/* open a queue to receive from it */
	ACT_GROUP	= 1 << 14,	/* open a group by its name or port, for sending */
	ACT_JOIN	= 1 << 15,	/* the same to subscribe, and subscribing */
	ACT_WATCH	= 1 << 16,	/* ask for a death notice */
	ACT_RING	= 1 << 17,	/* create a ring */
	ACT_PRODUCE	= 1 << 18,	/* open a ring to write to it, and writing */
	ACT_CONSUME	= 1 << 19,	/* the same to read */
};

/*
 * Say on stderr what failed with which negative errno and what to do about it.
 * @subject is the name of the object or device. Returns the exit status.
 */
int report(enum action action, const char *subject, int err);
/* The same with words of one's own for what to do. */
int report_hint(const char *subject, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* EINVAL for a new object: which attribute is beyond the module's limits? 0: not given. */
int report_limits(const char *name, uint64_t max_msgs, uint64_t max_msg_size,
		  uint64_t max_bytes);
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

/* io.c: payloads; negative errnos */

struct bytes {
	char *data;		/* to be freed, also after an error */
	size_t len;
};

/* All up to the end of the file; where there is more than @max, a little more. */
int read_bytes(int fd, size_t max, struct bytes *b);
/* Say why standard input could not be read; the exit status. */
int input_failed(int err);
int write_all(int fd, const char *buf, size_t len);
/* To standard output; @newline: with one at its end, as a terminal always gets it. */
int write_payload(const char *buf, size_t len, bool newline);
/* As one line, at once; drops the reference. */
int write_json(json_t *value);

/* mailbox.c */

/* What a mailbox is made with. */
struct birth {
	struct ipcx_mbox_opts opts;
	unsigned int rights;	/* IPCX_OPEN_* beside the right to receive */
	bool has_mode;		/* --mode: as it is, whatever the umask */
};

#define BIRTH_INIT { .opts = { .sz = sizeof(struct ipcx_mbox_opts) } }

/* --mode, --max-msg-size and the like, for a parser; else ARGP_ERR_UNKNOWN. */
error_t birth_option(int key, char *arg, struct argp_state *state, struct birth *birth);
/* Was one of them given, or a flag set? */
bool birth_given(const struct birth *birth);

/* A right to send; a negative errno, for open_action(). */
int open_mailbox(struct ipcx_mbox **m, const struct dest *dest);
enum action open_action(const struct dest *dest);
/* The right to receive; 0, or an exit status after a message. Without a name: NULL. */
int make_mailbox(struct ipcx_mbox **m, const char *name, const struct birth *birth);
/* Say why @len bytes could not be sent; the exit status. */
int explain_post(const struct ipcx_mbox *m, enum action action, const struct dest *dest,
		 size_t len, int err);

/* create.c: what is made and stays */

/* A name to be made; with a kind's own fields behind it. */
struct creation {
	const char *name;
	bool exist_ok;
	bool has_mode;			/* as it is, whatever the umask */
	mode_t mode;
	/* Open or create it, with IPCX_OPEN_*: its fd, which the kind keeps, or an errno. */
	int (*open)(struct creation *c, unsigned int flags);
};

/* --exist-ok and the name, for a parser; else ARGP_ERR_UNKNOWN. */
error_t creation_option(int key, char *arg, struct argp_state *state, struct creation *c);
/* A new object, or with --exist-ok one that is there. 0, or a negative errno. */
int creation_run(struct creation *c);

/* ring.c */

/* 0, or an exit status after a message. */
int open_ring(struct ipcx_ring **ring, const char *name, unsigned int rights,
	      enum action action);
/* Is this the name of one? */
bool is_ring(const char *name);
/* Say why one cannot take part; the exit status. */
int explain_attach(const struct ipcx_ring *ring, const char *name, enum action action, int err);
/* What --wait excludes. */
void check_await(struct argp_state *state, const struct patience *p);
/*
 * Wait until the other side is there: for ACT_PRODUCE a consumer, for ACT_CONSUME a producer,
 * or what one has left. 0, or an exit status after a message.
 */
int await_other_side(const struct ipcx_ring *ring, const char *name, enum action action,
		     const struct patience *p);

/* stat.c */

/* State of whatever object this is; 0, or a negative errno. */
int fd_stat(int fd, struct ipcx_stat *stat);

/* files.c: what messages carry */

/* What is to go with a message. */
struct baggage {
	const char *paths[IPCX_FDS_MAX];	/* NULL: given by its number */
	int fds[IPCX_FDS_MAX];
	unsigned int count;
};

/* What came with one. */
struct arrivals {
	int fds[IPCX_FDS_MAX];
	unsigned int count;
};

/* --file and --fd, for a parser; else ARGP_ERR_UNKNOWN. */
error_t baggage_option(int key, char *arg, struct argp_state *state, struct baggage *bag);
/* Open what was given by path; 0, or an exit status after a message. */
int baggage_open(struct baggage *bag);
/* Make @mail have room for files. */
void arrivals_expect(struct arrivals *files, struct ipcx_mbox_recv *mail);
/* What the kernel has put there. */
void arrivals_take(struct arrivals *files, const struct ipcx_mbox_recv *mail);
/* An array of what they are. */
json_t *arrivals_json(const struct arrivals *files);
/* Say on stderr what came with a message from @subject. */
void arrivals_tell(const struct arrivals *files, const char *subject);
/* Their content to standard output; 0, or an exit status after a message. */
int arrivals_cat(const struct arrivals *files, const char *subject);
void arrivals_close(struct arrivals *files);

/* stop.c: the end of what would go on for ever; negative errnos */

/* Catch the signals that end it; the object's @fd is no longer waited for then. */
int stop_setup(int fd);
/* The same when standard output's reader goes away. */
int stop_without_reader(void);
bool stop_asked(void);
/* Sleep until then. */
void stop_wait(void);
/* Or until @fd is readable, or that time by CLOCK_MONOTONIC; 0: no such time. */
int stop_poll(int fd, int64_t deadline_ns);
/* Nobody reads standard output any more: what is taken now could not be written. */
bool stop_no_reader(void);
/* The process group to pass the signals on to; 0: none. */
void stop_pass_on(pid_t group);

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

/* Any @value, whose reference is taken over. */
void json_set(json_t *obj, const char *key, json_t *value);
/* @bytes as the string @key, or, where it is not UTF-8, as @key_base64. */
void json_set_bytes(json_t *obj, const char *key, const void *bytes, size_t len);
/* A number; a string of digits where JSON libraries have no integer for it. */
void json_set_u64(json_t *obj, const char *key, uint64_t value);
void json_set_str(json_t *obj, const char *key, const char *value);
void json_set_bool(json_t *obj, const char *key, bool value);
/* Print as one line; drops the reference. */
void json_print(json_t *value);

/* describe.c: objects in words */

/* A group is a mailbox to the kernel; to people it is another thing. */
const char *kind_name(const struct ipcx_stat *stat);
const char *overflow_name(unsigned int overflow);
const char *ring_mode_name(unsigned int mode);
/* User and group names, or numbers; to be freed. */
char *user_name(uid_t uid);
char *group_name(gid_t gid);
/* Local time; to be freed. */
char *time_text(uint64_t ns);
json_t *stat_json(const struct ipcx_stat *stat);
/* A message from a mailbox and its sender, without the payload. */
json_t *mail_json(const struct ipcx_mbox_recv *mail);

/* subcommands, one a file */

int cmd_info(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_create(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_recv(int argc, char **argv);
int cmd_call(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_group(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_subscribe(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_rm(int argc, char **argv);
int cmd_ring(int argc, char **argv);
int cmd_ring_create(int argc, char **argv);
int cmd_ring_produce(int argc, char **argv);
int cmd_ring_consume(int argc, char **argv);
int cmd_ring_stat(int argc, char **argv);

#endif /* IPCX_TOOL_H */
