// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Primitives that no message comes by: past the processor's cache, and without page faults.
 *
 * Of some no test sees a copy. _copy_from_iter_flushcache and _copy_mc_to_iter are for files
 * that are mapped from persistent memory, which these machines have none of.
 * hash_and_copy_to_iter is for NVMe over TCP, which copies into the pages of a block request:
 * never into user memory.
 */
#include "kcore.h"
#include "probe.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <sys/socket.h>

#define SIZE	3000

static char out[SIZE], in[SIZE];

FIXTURE(rare) {
	struct tracing t;
};

FIXTURE_SETUP(rare)
{
	memset(out, 1, sizeof(out));
	memset(in, 2, sizeof(in));
	ASSERT_EQ(0, probe_open(&self->t, getpid()));
}

FIXTURE_TEARDOWN(rare)
{
	probe_close(&self->t);
}

/* ---- past the cache ---- */

/*
 * A TCP socket copies so where its device has this feature on. A loopback device cannot have it,
 * and so that it needs nobody who answers, the socket is made connected as if it were being
 * restored: what it then is given to send, it keeps.
 */
#define FEATURE		"tx-nocache-copy"
#define NETWORK		"10.9.9."
#define FEATURES	1024

static int set_address(int fd, struct ifreq *ifr, const char *text)
{
	struct sockaddr_in *addr = (struct sockaddr_in *)&ifr->ifr_addr;

	addr->sin_family = AF_INET;
	addr->sin_addr.s_addr = inet_addr(text);
	if (ioctl(fd, SIOCSIFADDR, ifr) < 0)
		return -errno;
	ifr->ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, ifr) < 0 ? -errno : 0;
}

/* Of 32 bits each. */
static __u32 feature_blocks;

/* Its number, or -errno. */
static int find_feature(int fd, struct ifreq ifr)
{
	static struct {
		struct ethtool_gstrings head;
		char names[FEATURES][ETH_GSTRING_LEN];
	} strings = { .head = { .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES } };
	__u32 i;

	ifr.ifr_data = (void *)&strings;
	if (ioctl(fd, SIOCETHTOOL, &ifr) < 0)
		return -errno;
	feature_blocks = (strings.head.len + 31) / 32;
	for (i = 0; i < strings.head.len && i < FEATURES; i++)
		if (strcmp(strings.names[i], FEATURE) == 0)
			return i;
	return -ENOENT;
}

static int set_feature(int fd, struct ifreq ifr, int number)
{
	struct {
		struct ethtool_sfeatures head;
		struct ethtool_set_features_block blocks[FEATURES / 32];
	} set = { .head = { .cmd = ETHTOOL_SFEATURES, .size = feature_blocks } };
	struct ethtool_set_features_block *block = &set.blocks[number / 32];

	block->valid = block->requested = 1U << number % 32;
	ifr.ifr_data = (void *)&set;
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

/* In a network of the test's own, which goes with it. -errno; -ENODEV: no such devices here. */
static int make_device(void)
{
	struct ifreq ifr = { .ifr_name = "probe", .ifr_flags = IFF_TAP | IFF_NO_PI };
	int tun, fd, ret;

	if (enter_netns())
		return -errno;
	if (system("modprobe -q tun") != 0 && access("/dev/net/tun", F_OK) != 0)
		return -ENODEV;
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &ifr) < 0)
		return -ENODEV;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ret = find_feature(fd, ifr);
	if (ret >= 0)
		ret = set_feature(fd, ifr, ret);
	if (ret == 0)
		ret = set_address(fd, &ifr, NETWORK "1");
	close(fd);
	return ret;
}

static int restored_socket(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = inet_addr(NETWORK "2"),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, queue = TCP_SEND_QUEUE;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) < 0)
		return -errno;
	return fd;
}

TEST_F(rare, past_the_cache)
{
	struct probe_match m = probe_from(0, out, SIZE);
	struct probe_sum sum;
	int fd, ret = make_device();

	if (ret == -ENODEV)
		SKIP(return, "this kernel has no tap devices");
	ASSERT_EQ(0, ret);
	fd = restored_socket();
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(SIZE, send(fd, out, SIZE, 0));
	ASSERT_EQ(0, probe_pause(&self->t));
	ASSERT_EQ(0, probe_count(&self->t, &m, &sum));
	EXPECT_STREQ("_copy_from_iter_nocache", sum.first.primitive);
	EXPECT_STREQ("_copy_from_iter_nocache", sum.last.primitive);
	EXPECT_EQ(addr(out), sum.first.addr);
	EXPECT_EQ(SIZE, sum.asked);
	EXPECT_EQ(SIZE, sum.copied);
	close(fd);
}

/* ---- without page faults ---- */

/* Where the kernel has put the module. */
static unsigned long long module_address(void)
{
	FILE *file = fopen("/proc/modules", "re");
	unsigned long long at = 0;
	char name[64];

	if (!file)
		return 0;
	while (fscanf(file, "%63s %*s %*s %*s %*s %llx%*[^\n]", name, &at) == 2 &&
	       strcmp(name, probe_module.name))
		at = 0;
	fclose(file);
	return at;
}

/*
 * Memory that is mapped for the kernel is read under a lock: since 6.4 by a primitive that lets
 * the caller see to faults; before that through a buffer, and that by another.
 */
TEST_F(rare, without_faults)
{
	struct probe_match m = probe_to(0, in, 64);
	unsigned long long at = module_address();
	const struct ipcx_probe_primitive *p;
	struct probe_info info;
	struct probe_sum sum;

	ASSERT_NE(0, at);
	ASSERT_EQ(0, probe_stat(&info));
	p = probe_find(&info, "copy_page_to_iter_nofault");
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(0, kcore_read(at, in, 64));
	ASSERT_EQ(0, probe_pause(&self->t));
	ASSERT_EQ(0, probe_count(&self->t, &m, &sum));
	EXPECT_STREQ(p->error ? "_copy_to_iter" : p->name, sum.last.primitive);
	EXPECT_EQ(addr(in), sum.first.addr);
	EXPECT_EQ(64, sum.asked);
	EXPECT_EQ(64, sum.copied);
}

PROBE_HARNESS_MAIN(true)
