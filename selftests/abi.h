/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the interface's shape share: good requests, and bad ones
 * that differ from them in one field.
 *
 * Whoever includes it has defined:
 *   env_t             the fixture's data
 *   struct request    one request with all that it points to: int fd, char bytes[]
 *                     (the operation's structure, with room for TAIL bytes more)
 *   struct observed   what no bad request may change, without padding
 *   observe()         looks at it: 0 or -errno
 *
 * The tests that every operation has to pass are in abi_ops.h.
 */
#ifndef IPCX_SELFTESTS_ABI_H
#define IPCX_SELFTESTS_ABI_H

static int observe(env_t *env, struct observed *seen);

/* A good request: how to make one, and to undo what it did. */
struct good {
	const char *what;
	unsigned long number;
	void (*prepare)(env_t *env, struct request *r);
	void (*undo)(env_t *env, int ret);
};

#define GOOD(name, number, prepare, undo) \
	static const struct good name = { #name, number, prepare, undo }

/* A field of struct request, whichever structure it is in. */
struct field {
	const char *name;
	size_t offset;
	size_t size;
};

#define FIELD(member) \
	{ #member, offsetof(struct request, member), sizeof(((struct request *)0)->member) }

static inline uint64_t get_field(const struct request *r, const struct field *field)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)r + field->offset, field->size);
	return value;
}

static inline void set_field(struct request *r, const struct field *field, uint64_t value)
{
	memcpy((char *)r + field->offset, &value, field->size);
}

static inline struct request *prepare(env_t *env, const struct good *good)
{
	struct request *r = calloc(1, sizeof(*r));

	good->prepare(env, r);
	return r;
}

static inline void expect_good(struct __test_metadata *_metadata, env_t *env,
			       const struct good *good, struct request *r)
{
	int ret = op(r->fd, good->number, r->bytes);

	EXPECT_LE(0, ret) {
		TH_LOG("%s", good->what);
	}
	if (ret >= 0 && good->undo)
		good->undo(env, ret);
	free(r);
}

/*
 * With the changed field a prepared request fails and changes nothing. One that
 * works all the same is undone and prepared afresh: what is returned goes on.
 */
static inline struct request *try_bad(struct __test_metadata *_metadata, env_t *env,
				      const struct good *good, struct request *r,
				      const struct field *field, uint64_t value, int error)
{
	uint64_t was = get_field(r, field);
	struct observed before, after;
	int ret;

	EXPECT_EQ(0, observe(env, &before));
	set_field(r, field, value);
	ret = op(r->fd, good->number, r->bytes);
	EXPECT_EQ(error, ret) {
		TH_LOG("%s with %s = %#llx", good->what, field->name,
		       (unsigned long long)value);
	}
	EXPECT_EQ(0, observe(env, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before))) {
		TH_LOG("%s with %s = %#llx changed something", good->what, field->name,
		       (unsigned long long)value);
	}
	set_field(r, field, was);
	if (ret < 0)
		return r;
	if (good->undo)
		good->undo(env, ret);
	free(r);
	return prepare(env, good);
}

/* A prepared request fails with the changed field, then it works. */
static inline void expect_bad(struct __test_metadata *_metadata, env_t *env,
			      const struct good *good, const struct field *field,
			      uint64_t value, int error)
{
	struct request *r = prepare(env, good);

	r = try_bad(_metadata, env, good, r, field, value, error);
	expect_good(_metadata, env, good, r);
}

/* Each bit of the mask alone, added to what the good request has there. */
static inline void expect_bad_bits(struct __test_metadata *_metadata, env_t *env,
				   const struct good *good, const struct field *field,
				   uint64_t mask)
{
	struct request *r = prepare(env, good);
	unsigned int bit;

	for (bit = 0; bit < field->size * 8; bit++) {
		if (mask >> bit & 1)
			r = try_bad(_metadata, env, good, r, field,
				    get_field(r, field) | 1ULL << bit, -EINVAL);
	}
	expect_good(_metadata, env, good, r);
}

/* An operation on an fd that has not got it. */
struct wrong_fd {
	const struct good *good;
	int fd;
	int error;
};

static inline void check_wrong_fds(struct __test_metadata *_metadata, env_t *env,
				   const struct wrong_fd *cases, size_t n)
{
	static const struct field fd = FIELD(fd);
	size_t i;

	for (i = 0; i < n; i++)
		expect_bad(_metadata, env, cases[i].good, &fd, cases[i].fd, cases[i].error);
}

/* ---- what many operations have ---- */

/* Fields of a deadline: unused in @plain. */
static inline void check_deadline(struct __test_metadata *_metadata, env_t *env,
				  const struct good *plain, const struct good *with_deadline,
				  const struct field *clock, const struct field *deadline)
{
	/* REALTIME 0, MONOTONIC 1, BOOTTIME 7 */
	static const uint64_t bad_clocks[] = {
		CLOCK_PROCESS_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_TAI, ~0U,
	};
	struct request *r;
	size_t i;

	expect_bad_bits(_metadata, env, plain, clock, ~0U);
	expect_bad_bits(_metadata, env, plain, deadline, ~0ULL);
	r = prepare(env, with_deadline);
	for (i = 0; i < ARRAY_SIZE(bad_clocks); i++)
		r = try_bad(_metadata, env, with_deadline, r, clock, bad_clocks[i], -EINVAL);
	r = try_bad(_metadata, env, with_deadline, r, deadline, ~0ULL, -EINVAL);
	r = try_bad(_metadata, env, with_deadline, r, deadline, 1ULL << 63, -EINVAL);
	expect_good(_metadata, env, with_deadline, r);
}

/* A caller's size of the entries of an array; TAIL bytes follow the first. */
static inline void check_item_size(struct __test_metadata *_metadata, env_t *env,
				   const struct good *good, const struct field *size,
				   const struct field *tail, __u32 ver0)
{
	struct request *r = prepare(env, good);
	__u32 bytes;

	for (bytes = 0; bytes < ver0; bytes++)
		r = try_bad(_metadata, env, good, r, size, bytes, -EINVAL);
	/* Long enough, but no multiple of 8; a multiple of 8, but too much. */
	r = try_bad(_metadata, env, good, r, size, ver0 + 4, -EINVAL);
	r = try_bad(_metadata, env, good, r, size, 4096 + 8, -E2BIG);

	set_field(r, size, ver0 + TAIL);
	((char *)r)[tail->offset] = 1;
	EXPECT_EQ(-E2BIG, op(r->fd, good->number, r->bytes));
	((char *)r)[tail->offset] = 0;
	((char *)r)[tail->offset + TAIL - 1] = 1;
	EXPECT_EQ(-E2BIG, op(r->fd, good->number, r->bytes));
	((char *)r)[tail->offset + TAIL - 1] = 0;
	expect_good(_metadata, env, good, r);
}

#endif /* IPCX_SELFTESTS_ABI_H */
