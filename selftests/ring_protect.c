// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A ring's mapping is its process's, as it is: neither a debugger nor the process itself
 * gets at it by ways that ask for pages and not for protections, nothing pins it, a child
 * does not have it, and no core dump.
 */
#include "ring_map.h"

#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* Where there are none the same once more. */
FIXTURE_VARIANT_ADD(map, huge) {
	.size = 2UL << 20,
	.flags = IPCX_RING_HUGE,
};

/* The last page of a mapping, which is data if there is any, where it is to be found. */
static char *last_page(const struct target *t)
{
	char *page = t->at + t->len - PAGE;

	touch(page, t->writable);
	return page;
}

/* ---- nobody else's hand ---- */

static int open_mem(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	return open(path, O_RDWR | O_CLOEXEC);
}

static int write_vm(pid_t pid, void *at)
{
	struct iovec local = { "x", 1 }, remote = { at, 1 };

	return process_vm_writev(pid, &local, 1, &remote, 1, 0) < 0 ? -errno : 0;
}

static int read_vm(pid_t pid, void *at)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { at, 1 };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0 ? -errno : 0;
}

/* By the ways that take a page and not its protection. */
TEST_F(map, by_way_of_proc)
{
	const struct target targets[] = TARGETS(self);
	int mem = open_mem(getpid());
	char byte;
	size_t i;

	ASSERT_LE(0, mem);
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		const struct target *t = &targets[i];
		char *last = t->at + t->len - 1;

		EXPECT_EQ(-1, pwrite(mem, "x", 1, (off_t)(uintptr_t)last));
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(-1, pread(mem, &byte, 1, (off_t)(uintptr_t)last));
		EXPECT_EQ(-EFAULT, write_vm(getpid(), last));
		EXPECT_EQ(-EFAULT, read_vm(getpid(), last));
		EXPECT_NE('x', *last);
	}
	close(mem);
}

/* What the child maps itself: a consumer, traced by its parent. */
struct traced {
	struct ring ring;
	struct consumer c;
	int ready;
};

static int consume_and_wait(void *arg)
{
	struct traced *t = arg;

	MUST_BE(0, map_view(&t->ring));
	MUST_BE(0, attach_consumer(&t->c, &t->ring));
	store(&t->ready, 1);
	for (;;)
		pause();
}

static bool is_ready(void *arg)
{
	return load(&((struct traced *)arg)->ready);
}

TEST_F(map, by_ptrace)
{
	struct traced *t = shared_memory(sizeof(*t));
	pid_t pid;
	size_t at;
	int mem;

	t->ring = self->ring;
	pid = spawn(consume_and_wait, t);
	ASSERT_EQ(0, wait_until(is_ready, t));
	EXPECT_EQ(3, self->ring.info->consumers);
	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	mem = open_mem(pid);
	for (at = 0; at < view_len(&self->ring); at += PAGE) {
		EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, pid, t->ring.view + at, ~0UL));
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(-1, pwrite(mem, "x", 1, (off_t)(uintptr_t)(t->ring.view + at)));
		EXPECT_EQ(-EFAULT, write_vm(pid, t->ring.view + at));
	}
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, pid, &t->c.page->head, ~0UL));
	close(mem);
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(1, self->ring.info->consumers);
}

TEST_F(map, userfaultfd)
{
	const struct target targets[] = TARGETS(self);
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	struct uffdio_api api = { .api = UFFD_API };
	static const __u64 modes[] = {
		UFFDIO_REGISTER_MODE_MISSING, UFFDIO_REGISTER_MODE_WP,
		UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP,
	};
	size_t i, j;

	if (fd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		for (j = 0; j < ARRAY_SIZE(modes); j++) {
			struct uffdio_register reg = {
				.range = { addr(targets[i].at), targets[i].len },
				.mode = modes[j],
			};

			EXPECT_EQ(-1, ioctl(fd, UFFDIO_REGISTER, &reg));
		}
	}
	close(fd);
}

/* ---- pins ---- */

static int register_buffer(int uring, void *at, size_t len)
{
	struct iovec iov = { at, len };
	int ret = syscall(__NR_io_uring_register, uring, IORING_REGISTER_BUFFERS, &iov, 1);

	return ret < 0 ? -errno : ret;
}

TEST_F(map, io_uring_does_not_pin)
{
	const struct target targets[] = TARGETS(self);
	struct io_uring_params params = { 0 };
	int uring = syscall(__NR_io_uring_setup, 4, &params);
	void *own = shared_memory(PAGE);
	size_t i;

	if (uring < 0)
		SKIP(return, "no io_uring: %s", strerror(errno));
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		EXPECT_EQ(-EFAULT, register_buffer(uring, targets[i].at, targets[i].len)) {
			TH_LOG("%s", targets[i].what);
		}
		EXPECT_EQ(-EFAULT, register_buffer(uring, last_page(&targets[i]), PAGE)) {
			TH_LOG("%s", targets[i].what);
		}
	}
	EXPECT_EQ(0, register_buffer(uring, own, PAGE));
	close(uring);
	munmap(own, PAGE);
}

TEST_F(map, vmsplice_does_not_pin)
{
	const struct target targets[] = TARGETS(self);
	int pipes[2];
	size_t i;

	ASSERT_EQ(0, pipe(pipes));
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		struct iovec iov = { last_page(&targets[i]), PAGE };

		EXPECT_EQ(-1, vmsplice(pipes[1], &iov, 1, SPLICE_F_NONBLOCK));
		EXPECT_EQ(EFAULT, errno);
	}
	close(pipes[0]);
	close(pipes[1]);
}

/* Two ends of a TCP connection that may send without a copy. */
static int connect_loopback(int socks[2])
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	socklen_t len = sizeof(at);

	MUST(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&at, &len) == 0);
	socks[0] = socket(AF_INET, SOCK_STREAM, 0);
	MUST_BE(0, connect(socks[0], (struct sockaddr *)&at, len));
	MUST_BE(0, setsockopt(socks[0], SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)));
	socks[1] = accept(listener, NULL, NULL);
	return close(listener);
}

TEST_F(map, sockets_do_not_pin)
{
	const struct target targets[] = TARGETS(self);
	int socks[2];
	size_t i;

	ASSERT_EQ(0, connect_loopback(socks));
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		char *page = last_page(&targets[i]);

		EXPECT_EQ(-1, send(socks[0], page, PAGE, MSG_ZEROCOPY | MSG_DONTWAIT));
		EXPECT_EQ(EFAULT, errno);
		/* A copy is everybody's to make who can read. */
		EXPECT_EQ(PAGE, send(socks[0], page, PAGE, MSG_DONTWAIT));
	}
	close(socks[0]);
	close(socks[1]);
}

/* ---- fork, core dumps ---- */

static int touch_as_child(void *arg)
{
	signal(SIGSEGV, SIG_DFL);
	return *(volatile char *)arg & 0;
}

static void expect_not_inherited(struct __test_metadata *_metadata, env_t *env)
{
	const struct target targets[] = TARGETS(env);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		EXPECT_EQ(KILLED_BY(SIGSEGV), in_child(touch_as_child, targets[i].at)) {
			TH_LOG("%s", targets[i].what);
		}
	}
}

TEST_F(map, not_inherited)
{
	const struct target targets[] = TARGETS(self);
	size_t i;

	expect_not_inherited(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		EXPECT_EQ(-1, madvise(targets[i].at, targets[i].len, MADV_DOFORK));
		EXPECT_EQ(EINVAL, errno);
	}
	expect_not_inherited(_metadata, self);
}

/* The flags of the mapping that begins at an address. */
static int vm_flags(const void *at, char *flags, size_t size)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char line[512], start[32];
	bool inside = false;

	snprintf(start, sizeof(start), "%lx-", (unsigned long)at);
	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (!strncmp(line, start, strlen(start)))
			inside = true;
		if (inside && !strncmp(line, "VmFlags:", 8)) {
			snprintf(flags, size, "%s", line + 8);
			fclose(smaps);
			return 0;
		}
	}
	return -ENOENT;
}

/* Not inherited, not grown, not dumped, no struct pages, and never to be written. */
TEST_F(map, flags)
{
	static const char *const wanted[] = { " dc", " de", " dd", " io", " pf", " sh", " rd" };
	const struct target targets[] = TARGETS(self);
	char flags[512];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		ASSERT_EQ(0, vm_flags(targets[i].at, flags, sizeof(flags)));
		for (j = 0; j < ARRAY_SIZE(wanted); j++) {
			EXPECT_NE(NULL, strstr(flags, wanted[j])) {
				TH_LOG("%s: no%s in%s", targets[i].what, wanted[j], flags);
			}
		}
		EXPECT_EQ(NULL, strstr(flags, " me")) {
			TH_LOG("%s:%s", targets[i].what, flags);
		}
		EXPECT_EQ(targets[i].writable, !!strstr(flags, " mw"));
	}
}

TEST_HARNESS_MAIN
