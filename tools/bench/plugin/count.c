// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * QEMU plugin: counts the instructions between the marks that ipcx-bench puts
 * around what it measures (../region.h), in user space and kernel alike.
 *
 *	-plugin file=count.so[,counts=FILE][,profile=FILE][,trace=FILE]
 *
 * FILE of "counts" gets a line per region, as soon as the region ends:
 *
 *	number instructions kernel locked syscalls
 *
 * "locked" are those that lock the bus: with a lock prefix, or an exchange with
 * memory. The VM has to be booted with noreplace-smp, else a kernel with one
 * CPU replaces its lock prefixes.
 *
 * FILE of "profile" gets a line per instruction that ran in the last region:
 *
 *	address times locked disassembly
 *
 * FILE of "trace" gets the last TRACED addresses of the last region, in the order
 * in which they ran.
 *
 * Nothing is counted, and next to nothing slowed down, until the first mark.
 * For one virtual CPU, as instruction counting itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu.h"

#define MARK_SIZE	8
#define BYTES		16
#define BUCKETS		(1U << 18)
#define KERNEL		(1ULL << 63)
#define TRACED		(1U << 17)

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API;
PLUGIN_EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info_t *info, int argc,
				      char **argv);

/**
 * struct insn - An instruction at an address.
 * @next: in the same bucket
 * @address: where the guest runs it
 * @bytes: which instruction it is: another process has others at the address
 * @locked: locks the bus
 * @syscall: enters the kernel
 * @times: how often it ran in this region
 * @text: disassembly, for a profile
 */
struct insn {
	struct insn *next;
	uint64_t address;
	unsigned char bytes[BYTES];
	bool locked;
	bool syscall;
	uint64_t times;
	char *text;
};

struct counts {
	uint64_t number;
	uint64_t instructions;
	uint64_t kernel;
	uint64_t locked;
	uint64_t syscalls;
};

static struct insn *buckets[BUCKETS];
static struct counts counts;
static bool armed, inside;
static const char *counts_path, *profile_path, *trace_path;
static FILE *counts_file;
static uint64_t traced[TRACED];

/* ---- what an instruction is ---- */

static size_t insn_bytes(const struct qemu_plugin_insn *insn, unsigned char bytes[BYTES])
{
	size_t size = qemu_plugin_insn_size(insn);

	memset(bytes, 0, BYTES);
	if (size > BYTES)
		size = BYTES;
#if PLUGIN_API < 3
	memcpy(bytes, qemu_plugin_insn_data(insn), size);
#else
	qemu_plugin_insn_data(insn, bytes, size);
#endif
	return size;
}

static bool is_prefix(unsigned char byte)
{
	return byte == 0x2e || byte == 0x36 || byte == 0x3e || byte == 0x26 || byte == 0x64 ||
	       byte == 0x65 || byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3;
}

/* 86 and 87 exchange with memory, unless the operand is a register too. */
static bool is_locked(const unsigned char *bytes, size_t size)
{
	size_t i = 0;

	for (; i < size && (is_prefix(bytes[i]) || bytes[i] == 0xf0); i++)
		if (bytes[i] == 0xf0)
			return true;
	if (i < size && (bytes[i] & 0xf0) == 0x40)
		i++;
	return i + 1 < size && (bytes[i] == 0x86 || bytes[i] == 0x87) && bytes[i + 1] < 0xc0;
}

/* 'b' begins a region, 'e' ends it; 0: no mark. */
static char mark(const unsigned char *bytes, size_t size)
{
	static const unsigned char start[] = { 0x0f, 0x1f, 0x84, 0x00, 'I', 'P', 'C' };

	return size == MARK_SIZE && memcmp(bytes, start, sizeof(start)) == 0 ?
		       (char)bytes[MARK_SIZE - 1] : 0;
}

/* An instruction is kept for ever: QEMU translates the same one again and again. */
static struct insn *insn_of(const struct qemu_plugin_insn *from, const unsigned char *bytes,
			    size_t size)
{
	uint64_t address = qemu_plugin_insn_vaddr(from);
	struct insn **bucket = &buckets[(address ^ address >> 18) % BUCKETS], *insn;

	for (insn = *bucket; insn; insn = insn->next)
		if (insn->address == address && memcmp(insn->bytes, bytes, BYTES) == 0)
			return insn;
	insn = calloc(1, sizeof(*insn));
	if (!insn)
		abort();
	insn->address = address;
	memcpy(insn->bytes, bytes, BYTES);
	insn->locked = is_locked(bytes, size);
	insn->syscall = size == 2 && bytes[0] == 0x0f && bytes[1] == 0x05;
	if (profile_path)
		insn->text = qemu_plugin_insn_disas(from);
	insn->next = *bucket;
	*bucket = insn;
	return insn;
}

/* ---- while the guest runs ---- */

static void executed(unsigned int cpu, void *data)
{
	struct insn *insn = data;

	(void)cpu;
	if (!inside)
		return;
	insn->times++;
	traced[counts.instructions++ % TRACED] = insn->address;
	counts.kernel += insn->address >= KERNEL;
	counts.locked += insn->locked;
	counts.syscalls += insn->syscall;
}

static void write_profile(void)
{
	FILE *file = fopen(profile_path, "w");
	struct insn *insn;
	unsigned int i;

	if (!file) {
		perror(profile_path);
		return;
	}
	for (i = 0; i < BUCKETS; i++)
		for (insn = buckets[i]; insn; insn = insn->next)
			if (insn->times)
				fprintf(file, "%016llx %llu %d %s\n",
					(unsigned long long)insn->address,
					(unsigned long long)insn->times, insn->locked,
					insn->text ? insn->text : "");
	fclose(file);
}

static void write_trace(void)
{
	uint64_t i = counts.instructions > TRACED ? counts.instructions - TRACED : 0;
	FILE *file = fopen(trace_path, "w");

	if (!file) {
		perror(trace_path);
		return;
	}
	for (; i < counts.instructions; i++)
		fprintf(file, "%016llx\n", (unsigned long long)traced[i % TRACED]);
	fclose(file);
}

static void forget_times(void)
{
	struct insn *insn;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++)
		for (insn = buckets[i]; insn; insn = insn->next)
			insn->times = 0;
}

static void write_counts(void)
{
	if (!counts_file)
		return;
	fprintf(counts_file, "%llu %llu %llu %llu %llu\n", (unsigned long long)counts.number,
		(unsigned long long)counts.instructions, (unsigned long long)counts.kernel,
		(unsigned long long)counts.locked, (unsigned long long)counts.syscalls);
	fflush(counts_file);
}

static void region_begins(unsigned int cpu, void *data)
{
	uint64_t number = counts.number + 1;

	(void)cpu;
	(void)data;
	memset(&counts, 0, sizeof(counts));
	counts.number = number;
	if (profile_path)
		forget_times();
	inside = true;
}

static void region_ends(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (!inside)
		return;
	inside = false;
	write_counts();
	if (profile_path)
		write_profile();
	if (trace_path)
		write_trace();
}

static void counted_translation(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb), size;
	unsigned char bytes[BYTES];
	struct qemu_plugin_insn *insn;

	(void)id;
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		size = insn_bytes(insn, bytes);
		switch (mark(bytes, size)) {
		case 'b':
			qemu_plugin_register_vcpu_insn_exec_cb(insn, region_begins,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
			break;
		case 'e':
			qemu_plugin_register_vcpu_insn_exec_cb(insn, region_ends,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
			break;
		default:
			qemu_plugin_register_vcpu_insn_exec_cb(insn, executed,
							       QEMU_PLUGIN_CB_NO_REGS,
							       insn_of(insn, bytes, size));
		}
	}
}

/* ---- before the first mark ---- */

static void begin_counting(uint64_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, counted_translation);
}

/*
 * The first mark makes QEMU throw its translations away and ask again. That
 * takes effect at the next chance, so the first region comes out short:
 * ipcx-bench has throw-away regions before those it reports.
 */
static void arm(unsigned int cpu, void *data)
{
	(void)cpu;
	if (armed)
		return;
	armed = true;
	counts.number = 1;
	qemu_plugin_reset((uint64_t)(uintptr_t)data, begin_counting);
}

static void quiet_translation(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb), size;
	unsigned char bytes[BYTES];
	struct qemu_plugin_insn *insn;

	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (qemu_plugin_insn_size(insn) != MARK_SIZE)
			continue;
		size = insn_bytes(insn, bytes);
		if (mark(bytes, size) == 'b')
			qemu_plugin_register_vcpu_insn_exec_cb(insn, arm, QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)id);
	}
}

int qemu_plugin_install(uint64_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (strncmp(argv[i], "counts=", 7) == 0)
			counts_path = strdup(argv[i] + 7);
		else if (strncmp(argv[i], "profile=", 8) == 0)
			profile_path = strdup(argv[i] + 8);
		else if (strncmp(argv[i], "trace=", 6) == 0)
			trace_path = strdup(argv[i] + 6);
		else
			return fprintf(stderr, "count.so: unknown argument %s\n", argv[i]);
	}
	if (counts_path) {
		counts_file = fopen(counts_path, "w");
		if (!counts_file) {
			perror(counts_path);
			return -1;
		}
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, quiet_translation);
	return 0;
}
