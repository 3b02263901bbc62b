/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of /dev/ipcx share.
 *
 * Every helper that can fail returns a negative errno, so that a test says
 * ASSERT_EQ(-EINVAL, helper(...)) and a failure shows the errno itself.
 * Helpers never assert: they work in forked children too.
 */
#ifndef IPCX_SELFTESTS_COMMON_H
#define IPCX_SELFTESTS_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ipcx.h>

/* The harness defines what may be defined once: not in common.c as well. */
#ifndef IPCX_NO_HARNESS
#include "kselftest_harness.h"

/*
 * The harness gives a test 30 seconds, which an emulated debug kernel needs
 * for a few hundred forks, and full counts take hours there. The runner's limit
 * for a program, scaled to the kernel, is the one that counts.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT (24 * 60 * 60)
#endif

#define IPCX_DEVICE	"/dev/ipcx"

#define RW		(IPCX_OPEN_READ | IPCX_OPEN_WRITE)
#define CREATE_RW	(RW | IPCX_OPEN_CREATE)

#define NSEC_PER_MSEC	1000000LL
#define NSEC_PER_SEC	1000000000LL

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

/* An address as the ABI wants it, from a pointer of any size. */
static inline __u64 addr(const void *p)
{
	return (uintptr_t)p;
}

/*
 * For functions that run in a child, where the harness's checks end the wrong
 * process: says what is not so and returns 1 from the calling function.
 */
#define MUST(condition) do {							\
	if (!(condition)) {							\
		fprintf(stderr, "# %s:%d: not so: %s\n", __FILE__, __LINE__,	\
			#condition);						\
		return 1;							\
	}									\
} while (0)
/* The same for a call that gives a number: says which one it gave. */
#define MUST_BE(expected, call) do {						\
	long long must_got = (call), must_want = (expected);			\
	if (must_got != must_want) {						\
		fprintf(stderr, "# %s:%d: %s is %lld, not %lld\n", __FILE__,	\
			__LINE__, #call, must_got, must_want);			\
		return 1;							\
	}									\
} while (0)

/* ---- plain operations ---- */

/* The ioctl's result, or -errno. */
int op(int fd, unsigned long request, void *arg);
/* The same request with another structure size in its number. */
unsigned long resized(unsigned long request, size_t size);
/* A page that faults when touched; the byte before it is writable. */
void *guard_page(void);

/* ---- control fd, objects ---- */

int open_control(void);
/* Anonymous queue, read-write unless @flags has IPCX_OPEN_READ or _WRITE. */
int new_queue(unsigned int flags, const struct ipcx_queue_attr *attr);
/* A queue that holds @max_msgs messages. */
int small_queue(unsigned int max_msgs);
/* IPCX_OPEN of a named queue; the three-argument form of open(2). */
int open_queue(const char *name, unsigned int flags, unsigned int mode);
int open_queue_attr(const char *name, unsigned int flags, unsigned int mode,
		    const struct ipcx_queue_attr *attr);
int unlink_name(const char *name);
/* A name that no other test, process or call has. */
#define UNIQUE_NAME_SIZE 64
void unique_name(char name[UNIQUE_NAME_SIZE], const char *what);

int get_stat(int fd, struct ipcx_stat *stat);
int get_info(struct ipcx_info *info);
/* Messages that can be received now. */
long long get_depth(int fd);
bool is_empty(int fd);

/* ---- messages ---- */

struct ipcx_msg make_msg(const void *buf, size_t len, __u64 type, __u32 priority);
struct ipcx_xfer make_xfer(struct ipcx_msg *msgs, __u32 count, __u32 flags);

/* Block unless the fd or @flags says otherwise; 1 or -errno. */
int send_msg(int fd, const void *buf, size_t len, __u64 type, __u32 priority,
	     __u32 flags);
/* Receives into @buf and, where @out is not NULL, tells the message's data. */
int recv_msg(int fd, void *buf, size_t room, struct ipcx_msg *out, __u32 flags);
int recv_match(int fd, void *buf, size_t room, struct ipcx_msg *out,
	       __u32 match, __u64 match_arg, __u32 flags);
/* Messages that are one 64-bit number. */
int send_number(int fd, __u64 number, __u32 priority);
int recv_number(int fd, __u64 *number);
/* Nonblocking forms. */
int try_send_number(int fd, __u64 number, __u32 priority);
int try_recv_number(int fd, __u64 *number);
/* Takes all that is there; the number of messages, or -errno. */
int drain(int fd);

/* ---- time ---- */

long long now_ns(clockid_t clock);
/* A deadline @ms milliseconds from now, on the xfer. */
void set_deadline(struct ipcx_xfer *xfer, clockid_t clock, long long ms);
void sleep_ms(long long ms);
/* How much slower than a real machine this kernel is (IPCX_TIMEOUT_FACTOR). */
int timeout_factor(void);

/*
 * Waiting for a state instead of for a while. They give up after a time that
 * only a hung kernel needs: -ETIMEDOUT.
 */
int wait_receivers(int fd, unsigned int n);
int wait_senders(int fd, unsigned int n);
int wait_depth(int fd, unsigned long long depth);
/* Until the task sleeps, for waits that IPCX_STAT does not count (poll). */
int wait_sleeping(pid_t pid);
/* True once @done(arg) is; for anything else. */
int wait_until(bool (*done)(void *arg), void *arg);

/* ---- processes ---- */

/* fn's result, 0 to 255, is the exit status. */
pid_t spawn(int (*fn)(void *arg), void *arg);
/* Exit status, or minus the signal that killed it minus 1000. */
int reap(pid_t pid);
#define KILLED_BY(sig)	(-1000 - (sig))
/* spawn and reap. */
int in_child(int (*fn)(void *arg), void *arg);
/* Zeroed memory that stays common to parent and children. */
void *shared_memory(size_t size);

/* Two ordinary users. What they are charged is looked at after each test. */
#define UID_A	61001
#define UID_B	61002

/* All ids and no groups but that one; capabilities go with them. */
int become(uid_t uid);
/* One whom the bits of UID_A, of the group UID_A, or of the others are for. */
enum class { OWNER, GROUP, OTHER };
int become_class(enum class class);
/* Only effective ids; takes capabilities out of the effective set. */
int become_effective(uid_t uid);
int drop_capability(int cap);
/*
 * A new user namespace in which the caller is @inside. A caller with
 * CAP_SETUID in the parent gets @count ids mapped from @outside on.
 */
int enter_userns(uid_t inside, uid_t outside, unsigned int count);
int enter_netns(void);

/* Over a Unix socket pair: one byte and the fd. */
int pass_fd(int sock, int fd);
int take_fd(int sock);

/* ---- files ---- */

int write_file(const char *path, const char *text);
/* Bytes read, NUL-terminated; -errno. */
int read_file(const char *path, char *buf, size_t size);

/* ---- scale and randomness ---- */

/* The count for this run: IPCX_FRACTION is quick (default) or full. */
long scaled(long quick, long full);
/*
 * For counts that take seconds: the quick one is for a real machine, and less on
 * a slower kernel. The full one is full everywhere.
 */
long scaled_to_kernel(long quick, long full);
/* IPCX_SEED, or a fresh one; printed, so that a failure can be had again. */
uint64_t test_seed(void);
uint64_t rnd(uint64_t *state);
/* 0 … below-1 */
static inline uint64_t rnd_below(uint64_t *state, uint64_t below)
{
	return rnd(state) % below;
}

#endif /* IPCX_SELFTESTS_COMMON_H */
