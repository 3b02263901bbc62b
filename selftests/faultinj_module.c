// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The module's part in what others do: each of its allocations fails once where a
 * network namespace is made and where the module is loaded, as faultinj.c does with
 * queues. Only what lies below a function of the kernel fails, since the rest has
 * thousands of places of its own. Needs a kernel with fault injection.
 */
#include "fault.h"

#include <sys/syscall.h>

/* Where a function of the kernel begins and ends. */
static int find_function(const char *name, unsigned long *start, unsigned long *end)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	unsigned long at;
	char symbol[256];

	*start = 0;
	*end = ~0UL;
	if (!symbols)
		return -errno;
	while (fscanf(symbols, "%lx %*c %255[^\n]", &at, symbol) == 2) {
		if (strcmp(symbol, name) == 0)
			*start = at;
		/* The list is sorted by address only within the kernel proper. */
		else if (*start && at > *start && at < *end)
			*end = at;
	}
	fclose(symbols);
	return *start ? 0 : -ENOENT;
}

static int find_module(unsigned long *start, unsigned long *end)
{
	FILE *modules = fopen("/proc/modules", "re");
	char name[64];
	unsigned long size, at;
	int ret = -ENOENT;

	if (!modules)
		return -errno;
	while (fscanf(modules, "%63s %lu %*s %*s %*s %lx%*[^\n]", name, &size, &at) == 3) {
		if (strcmp(name, "ipcx") != 0)
			continue;
		*start = at;
		*end = at + size;
		ret = 0;
	}
	fclose(modules);
	return ret;
}

struct netns_try {
	unsigned int n;
	bool met;
};

static int netns_child(void *arg)
{
	struct netns_try *try = arg;
	struct ipcx_info info;
	int ret;

	MUST_BE(0, open_fail_nth());
	arm(try->n);
	ret = unshare(CLONE_NEWNET) < 0 ? -errno : 0;
	try->met = disarm();
	MUST(ret == 0 || ret == -ENOMEM);
	if (!ret)
		MUST_BE(0, get_info(&info));
	return 0;
}

/* A network namespace that cannot have a registry is not made. */
TEST(network_namespace)
{
	struct netns_try *try;
	unsigned long start, end;

	try = mmap(NULL, sizeof(*try), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_EQ(0, set_up_injectors());
	ASSERT_EQ(0, find_module(&start, &end));
	ASSERT_EQ(0, set_code("require", start, end));
	try->met = true;
	while (try->met && try->n < MANY) {
		try->n++;
		EXPECT_EQ(0, in_child(netns_child, try));
	}
	EXPECT_LT(1, try->n);
	EXPECT_EQ(0, set_all_code());
}

/* Loading from memory: reading the file is not what is tested. */
static int load_image(const void *image, size_t size)
{
	return syscall(SYS_init_module, image, size, "") < 0 ? -errno : 0;
}

static bool unloaded(void *arg)
{
	int *ret = arg;

	*ret = syscall(SYS_delete_module, "ipcx", O_NONBLOCK) < 0 ? -errno : 0;
	return *ret != -EWOULDBLOCK;
}

TEST(loading)
{
	const char *path = getenv("IPCX_MODULE");
	unsigned long start, end;
	unsigned int n = 0;
	bool met = true;
	struct stat stat;
	char *image;
	int fd, ret;

	ASSERT_NE(NULL, path);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &stat));
	image = malloc(stat.st_size);
	ASSERT_EQ(stat.st_size, read(fd, image, stat.st_size));
	close(fd);
	ASSERT_EQ(0, set_up_injectors());
	ASSERT_EQ(0, open_fail_nth());
	ASSERT_EQ(0, find_function("do_init_module", &start, &end));
	ASSERT_EQ(0, set_code("require", start, end));
	/* It reports its own failures with a call trace, as if they were bugs. */
	if (find_function("__kmem_cache_create_args", &start, &end) == 0)
		ASSERT_EQ(0, set_code("reject", start, end));
	while (met && n < MANY) {
		wait_until(unloaded, &ret);
		arm(++n);
		ret = load_image(image, stat.st_size);
		met = disarm();
		EXPECT_TRUE(ret == 0 || ret == -ENOMEM) {
			TH_LOG("place %u: %d", n, ret);
		}
		EXPECT_EQ(ret, access(IPCX_DEVICE, F_OK) ? -ENOMEM : 0);
	}
	printf("# loading: %u places\n", n - 1);
	fflush(stdout);
	EXPECT_LT(5, n);
	EXPECT_EQ(0, ret);
	EXPECT_EQ(0, set_all_code());
	free(image);
}

TEST_HARNESS_MAIN
