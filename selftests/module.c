// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Loading and unloading: a hundred times, with parameters, refused while
 * somebody has something open, not refused by queues that nobody has open.
 */
#include "module.h"

#include <sys/eventfd.h>
#include <sys/klog.h>
#include <sys/socket.h>

#define PARAMETERS "/sys/module/ipcx/parameters/"

static const struct module ipcx = { "IPCX_MODULE", "ipcx" };

static int load(const char *parameters)
{
	return module_load(&ipcx, parameters);
}

static int unload_now(void)
{
	return module_unload_now(&ipcx);
}

static int unload(void)
{
	return module_unload(&ipcx);
}

FIXTURE(module) {
	int control;
};

FIXTURE_SETUP(module)
{
	ASSERT_NE(NULL, getenv(ipcx.variable)) {
		TH_LOG("IPCX_MODULE names the module's file: use selftests/run");
	}
	self->control = -1;
}

/* Whatever happened: the next test finds it loaded as the runner did. */
FIXTURE_TEARDOWN(module)
{
	int ret = unload();

	EXPECT_TRUE(ret == 0 || ret == -ENOENT) {
		TH_LOG("unload: %d", ret);
	}
	EXPECT_EQ(0, load(""));
}

/* ---- again and again ---- */

/* Memory of the kernel that is neither cache nor free, in KiB. */
static long long kernel_memory(void)
{
	static const char *const keys[] = { "SUnreclaim:", "Percpu:", "VmallocUsed:" };
	char text[4096];
	long long sum = 0;
	size_t i;

	if (read_file("/proc/meminfo", text, sizeof(text)) < 0)
		return -1;
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *at = strstr(text, keys[i]);

		if (at)
			sum += strtoll(at + strlen(keys[i]), NULL, 10);
	}
	return sum;
}

/* The kernel gives some back only after a while. */
static bool memory_is_back(void *arg)
{
	const long long *limit = arg, memory = kernel_memory();

	return memory >= 0 && memory < *limit;
}

static int use(void)
{
	char name[UNIQUE_NAME_SIZE];
	int fd;

	unique_name(name, "reload");
	fd = open_queue(name, CREATE_RW, 0600);
	MUST(fd >= 0);
	MUST_BE(1, send_number(fd, 1, 0));
	MUST_BE(1, drain(fd));
	MUST_BE(1, send_number(fd, 2, 0));
	close(fd);
	return 0;
}

TEST_F(module, reload)
{
	long rounds = 100, i;
	long long before = 0, limit;

	ASSERT_EQ(0, unload());
	for (i = 0; i < rounds + 10; i++) {
		/* The first ones fill caches that stay. */
		if (i == 10) {
			before = kernel_memory();
			ASSERT_LT(0, before);
		}
		ASSERT_EQ(0, load(""));
		ASSERT_EQ(0, access(IPCX_DEVICE, R_OK | W_OK));
		if (i % 2)
			ASSERT_EQ(0, use());
		ASSERT_EQ(0, unload());
		ASSERT_EQ(-1, access(IPCX_DEVICE, F_OK));
	}
	/*
	 * A leak of one page per round would be twice as much. Where the kernel
	 * looks for leaks itself, it keeps freed memory for a while, too.
	 */
	limit = before + rounds * 2;
	if (access("/sys/kernel/debug/kmemleak", F_OK) != 0) {
		EXPECT_EQ(0, wait_until(memory_is_back, &limit)) {
			TH_LOG("%lld KiB before, %lld KiB after", before, kernel_memory());
		}
	}
}

static int use_and_tolerate(void *arg)
{
	uint64_t state = getpid();
	long i;

	(void)arg;
	for (i = 0;; i++) {
		int fd = new_queue(0, NULL);

		if (fd >= 0) {
			__u64 number;

			MUST_BE(1, send_number(fd, i, 0));
			MUST_BE(1, recv_number(fd, &number));
			close(fd);
		} else {
			MUST(fd == -ENOENT || fd == -ENODEV || fd == -ENXIO);
		}
		/* Else it would be in use all the time. */
		sleep_ms(rnd_below(&state, 20) * timeout_factor());
	}
	return 0;
}

/*
 * Users come while it goes, and the other way round. Each round waits for a
 * moment at which nobody uses it, which comes sooner or later.
 */
TEST_F(module, reload_under_use)
{
	long round, rounds = scaled(20, 1000);
	pid_t pids[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = spawn(use_and_tolerate, NULL);
	for (round = 0; round < rounds; round++) {
		ASSERT_EQ(0, unload()) {
			TH_LOG("round %ld", round);
		}
		ASSERT_EQ(0, load(""));
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		kill(pids[i], SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
	}
}

/* ---- parameters ---- */

TEST_F(module, parameters)
{
	struct ipcx_info info;

	ASSERT_EQ(0, unload());
	ASSERT_EQ(0, load("max_msg_size=1000 max_queue_msgs=20 max_queue_bytes=3000 "
			  "user_max_bytes=400000 user_max_objects=5"));
	ASSERT_EQ(0, get_info(&info));
	EXPECT_EQ(1000, info.max_msg_size);
	EXPECT_EQ(20, info.max_queue_msgs);
	EXPECT_EQ(3000, info.max_queue_bytes);
	EXPECT_EQ(400000, info.user_bytes_limit);
	EXPECT_EQ(5, info.user_objects_limit);
	/* And at run time. */
	ASSERT_EQ(0, write_file(PARAMETERS "max_msg_size", "2000"));
	ASSERT_EQ(0, get_info(&info));
	EXPECT_EQ(2000, info.max_msg_size);
}

TEST_F(module, bad_parameters)
{
	ASSERT_EQ(0, unload());
	EXPECT_EQ(-EINVAL, load("max_msg_size=0"));
	EXPECT_EQ(-EINVAL, load("max_msg_size=many"));
	EXPECT_GT(0, load("max_msg_size=99999999999"));
	EXPECT_EQ(-EINVAL, load("max_queue_msgs=0"));
	EXPECT_EQ(-EINVAL, load("user_max_bytes=-1"));
	EXPECT_EQ(-ENOENT, unload());
}

/* ---- refused ---- */

TEST_F(module, control_fd)
{
	int control = open_control();

	ASSERT_LE(0, control);
	EXPECT_EQ(-EWOULDBLOCK, unload_now());
	close(control);
	EXPECT_EQ(0, unload());
}

TEST_F(module, object_fd)
{
	int fd = new_queue(0, NULL);
	__u64 number;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EWOULDBLOCK, unload_now());
	ASSERT_EQ(1, send_number(fd, 1, 0));
	EXPECT_EQ(-EWOULDBLOCK, unload_now());
	EXPECT_EQ(1, recv_number(fd, &number));
	close(fd);
	EXPECT_EQ(0, unload());
}

/* O_PATH keeps the inode, not the object: still it has to be ours to the end. */
TEST_F(module, o_path_fd)
{
	int fd = new_queue(0, NULL), path_fd;
	char path[64];
	struct stat stat;

	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	path_fd = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, path_fd);
	close(fd);
	EXPECT_EQ(-EWOULDBLOCK, unload_now());
	EXPECT_EQ(0, fstat(path_fd, &stat));
	close(path_fd);
	EXPECT_EQ(0, unload());
}

TEST_F(module, fd_in_flight)
{
	int fd = new_queue(0, NULL), socks[2];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	EXPECT_EQ(-EWOULDBLOCK, unload_now());
	close(socks[0]);
	close(socks[1]);
	EXPECT_EQ(0, unload());
}

static int receive(void *arg)
{
	__u64 number;

	return recv_number(*(int *)arg, &number) != 1;
}

TEST_F(module, blocked_receiver)
{
	int fd = new_queue(0, NULL);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = spawn(receive, &fd);
	ASSERT_EQ(0, wait_receivers(fd, 1));
	close(fd);
	EXPECT_EQ(-EWOULDBLOCK, unload_now());
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(0, unload());
}

TEST_F(module, debugfs_file)
{
	int fd = open("/sys/kernel/debug/ipcx/objects", O_RDONLY | O_CLOEXEC);
	char byte;

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, read(fd, &byte, 1));
	EXPECT_EQ(-EWOULDBLOCK, unload_now());
	close(fd);
	EXPECT_EQ(0, unload());
}

/* An eventfd that was registered is no business of the module any more. */
TEST_F(module, registered_eventfd)
{
	int fd = new_queue(0, NULL), event = eventfd(0, 0);
	struct ipcx_notify notify = { .how = IPCX_NOTIFY_EVENTFD, .fd = event };

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, op(fd, IPCX_NOTIFY, &notify));
	close(fd);
	EXPECT_EQ(0, unload());
	close(event);
}

/* ---- not refused ---- */

/* The last lines of the kernel's log. */
static bool log_says(const char *what)
{
	static char text[1 << 20];
	int n = klogctl(3 /* SYSLOG_ACTION_READ_ALL */, text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	return strstr(text, what);
}

static int queues_in_netns(void *arg)
{
	int *socks = arg, i;
	char byte;

	MUST_BE(0, enter_netns());
	for (i = 0; i < 7; i++)
		MUST_BE(0, use());
	MUST(write(socks[1], "", 1) == 1);
	/* The namespace stays until after the module has gone. */
	MUST(read(socks[1], &byte, 1) == 1);
	return 0;
}

TEST_F(module, named_queues_without_fds)
{
	struct ipcx_info info;
	int i, socks[2];
	char byte;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	pid = spawn(queues_in_netns, socks);
	ASSERT_EQ(1, read(socks[0], &byte, 1));
	for (i = 0; i < 41; i++)
		ASSERT_EQ(0, use());
	ASSERT_EQ(0, unload());
	/* Not without a word. */
	EXPECT_TRUE(log_says("ipcx: dropped 41 named objects"));
	EXPECT_TRUE(log_says("ipcx: dropped 7 named objects"));
	ASSERT_EQ(0, load(""));
	ASSERT_EQ(0, get_info(&info));
	EXPECT_EQ(0, info.user_bytes);
	EXPECT_EQ(0, info.user_objects);
	ASSERT_EQ(1, write(socks[0], "", 1));
	EXPECT_EQ(0, reap(pid));
	close(socks[0]);
	close(socks[1]);
}

TEST_HARNESS_MAIN
