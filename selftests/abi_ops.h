/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What holds for every operation, whatever is in its structure: sizes and ioctl
 * numbers. These tests belong to the program that includes them.
 *
 * Before, it has included abi.h, called its fixture abi, and defined
 *   every_good[]   every good request it has
 *   every_op[]     one of each number, and of each kind of fd that has it
 */
#ifndef IPCX_SELFTESTS_ABI_OPS_H
#define IPCX_SELFTESTS_ABI_OPS_H

#include "abi.h"

TEST_F(abi, every_good_request_works)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(every_good); i++)
		expect_good(_metadata, self, every_good[i], prepare(self, every_good[i]));
}

/* ---- sizes ---- */

/* The least that the operation takes; most have not grown. */
static inline size_t first_size(unsigned long number)
{
	switch (number) {
	case IPCX_STAT:
		return IPCX_STAT_SIZE_VER0;
	case IPCX_SEND:
	case IPCX_RECV:
		return IPCX_XFER_SIZE_VER0;
	default:
		return _IOC_SIZE(number);
	}
}

TEST_F(abi, shorter_than_the_first_version)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(every_op); i++) {
		const struct good *good = every_op[i];
		struct request *r = prepare(self, good);
		size_t size = first_size(good->number), shorter;

		for (shorter = 0; shorter < size; shorter += shorter < size - 8 ? 4 : 1) {
			EXPECT_EQ(-EINVAL, op(r->fd, resized(good->number, shorter), r->bytes)) {
				TH_LOG("%s with %zu bytes", good->what, shorter);
			}
		}
		expect_good(_metadata, self, good, r);
	}
}

/* What this kernel does not know is zero: fine, and it comes back as zero. */
TEST_F(abi, longer_with_zero_tail)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(every_op); i++) {
		const struct good *good = every_op[i];
		struct request *r = prepare(self, good);
		size_t size = _IOC_SIZE(good->number);
		int ret = op(r->fd, resized(good->number, size + TAIL), r->bytes);

		EXPECT_LE(0, ret) {
			TH_LOG("%s", good->what);
		}
		for (j = 0; j < TAIL; j++)
			EXPECT_EQ(0, r->bytes[size + j]);
		if (ret >= 0 && good->undo)
			good->undo(self, ret);
		free(r);
	}
}

TEST_F(abi, longer_with_nonzero_tail)
{
	static const struct { size_t tail, at; } cases[] = {
		{ 1, 0 }, { 8, 0 }, { 8, 7 }, { TAIL, TAIL / 2 + 1 }, { TAIL, TAIL - 1 },
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(every_op); i++) {
		const struct good *good = every_op[i];
		size_t size = _IOC_SIZE(good->number);
		struct request *r;

		/* Nothing is read from a structure that only goes out. */
		if (!(_IOC_DIR(good->number) & _IOC_WRITE))
			continue;
		r = prepare(self, good);
		for (j = 0; j < ARRAY_SIZE(cases); j++) {
			r->bytes[size + cases[j].at] = 1;
			EXPECT_EQ(-E2BIG, op(r->fd, resized(good->number, size + cases[j].tail),
					     r->bytes)) {
				TH_LOG("%s with byte %zu of a tail of %zu set", good->what,
				       cases[j].at, cases[j].tail);
			}
			r->bytes[size + cases[j].at] = 0;
		}
		expect_good(_metadata, self, good, r);
	}
}

/* The largest size that an ioctl number can carry is more than any operation takes. */
TEST_F(abi, longest)
{
	size_t largest = (1 << _IOC_SIZEBITS) - 1, i;
	char *bytes = calloc(1, largest);

	for (i = 0; i < ARRAY_SIZE(every_op); i++) {
		const struct good *good = every_op[i];
		struct request *r = prepare(self, good);

		memset(bytes, 0, largest);
		memcpy(bytes, r->bytes, sizeof(r->bytes));
		EXPECT_EQ(-E2BIG, op(r->fd, resized(good->number, largest), bytes)) {
			TH_LOG("%s", good->what);
		}
		expect_good(_metadata, self, good, r);
	}
	free(bytes);
}

/* ---- numbers ---- */

TEST_F(abi, wrong_direction_and_magic)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(every_op); i++) {
		const struct good *good = every_op[i];
		struct request *r = prepare(self, good);
		unsigned long number = good->number;
		unsigned int direction;

		for (direction = 0; direction < 4; direction++) {
			if (direction == _IOC_DIR(number))
				continue;
			EXPECT_EQ(-ENOTTY, op(r->fd, _IOC(direction, _IOC_TYPE(number),
							  _IOC_NR(number), _IOC_SIZE(number)),
					      r->bytes)) {
				TH_LOG("%s, direction %u", good->what, direction);
			}
		}
		EXPECT_EQ(-ENOTTY, op(r->fd, _IOC(_IOC_DIR(number), IPCX_IOC_MAGIC + 1,
						  _IOC_NR(number), _IOC_SIZE(number)),
				      r->bytes));
		expect_good(_metadata, self, good, r);
	}
}

#endif /* IPCX_SELFTESTS_ABI_OPS_H */
