// SPDX-License-Identifier: LGPL-2.1-or-later
/* The parts of ipcx-bench that only compute. */
#include <errno.h>
#include <math.h>

#include "unit.h"

#include "../../tools/bench/estimate.c"
#include "../../tools/bench/figure.c"
#include "../../tools/bench/histogram.c"
#include "../../tools/bench/payload.c"
#include "../../tools/bench/size.c"
#include "../../tools/bench/slots.h"
#define compare compare_doubles
#include "../../tools/bench/stats.c"

/* What measures it is not here. */
enum clock_unit clock_unit;

static int parsed(const char *text, size_t *size)
{
	*size = 12345;
	return size_parse(text, size);
}

static void test_size_good(void)
{
	static const struct {
		const char *text;
		size_t size;
	} good[] = {
		{ "0", 0 }, { "1", 1 }, { "64", 64 }, { "4K", 4096 }, { "4k", 4096 },
		{ "64KiB", 65536 }, { "1M", 1 << 20 }, { "1MiB", 1 << 20 }, { "2G", 2UL << 30 },
	};
	char text[SIZE_TEXT];
	size_t size, again;

	for (unsigned int i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		UNIT_CHECK(parsed(good[i].text, &size) == 0 && size == good[i].size);
		UNIT_CHECK(size_parse(size_format(size, text), &again) == 0 && again == size);
	}
	unit_ok("sizes are read, and read back as written");
}

static void test_size_bad(void)
{
	static const char *const bad[] = { "", "K", "-1", "+1", " 1", "1 ", "1X", "1KB", "1.5", "0x10" };
	size_t size;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		UNIT_CHECK(parsed(bad[i], &size) == -EINVAL && size == 12345);
	UNIT_CHECK(parsed("99999999999999999999", &size) == -ERANGE && size == 12345);
	UNIT_CHECK(parsed("18014398509481984K", &size) == -ERANGE && size == 12345);
	UNIT_CHECK(parsed("18014398509481983K", &size) == 0 && size == SIZE_MAX - 1023);
	unit_ok("what is no size is refused");
}

static void test_number(void)
{
	unsigned long number = 7;

	UNIT_CHECK(number_parse("5", 5, 9, &number) == 0 && number == 5);
	UNIT_CHECK(number_parse("9", 5, 9, &number) == 0 && number == 9);
	UNIT_CHECK(number_parse("4", 5, 9, &number) == -ERANGE && number == 9);
	UNIT_CHECK(number_parse("10", 5, 9, &number) == -ERANGE && number == 9);
	UNIT_CHECK(number_parse("7x", 5, 9, &number) == -EINVAL && number == 9);
	UNIT_CHECK(number_parse("", 0, 9, &number) == -EINVAL && number == 9);
	unit_ok("numbers keep to their range");
}

static struct stats of(const double *values, size_t count)
{
	double copy[16];

	memcpy(copy, values, count * sizeof(*values));
	return stats_of(copy, count);
}

static void test_stats(void)
{
	struct stats s = of((double[]){ 3, 1, 2 }, 3);

	UNIT_CHECK(s.median == 2 && s.min == 1 && s.max == 3 && s.mad_percent == 50);
	s = of((double[]){ 4, 1, 3, 2 }, 4);
	UNIT_CHECK(s.median == 2.5 && s.min == 1 && s.max == 4 && s.mad_percent == 40);
	s = of((double[]){ -3, -1, -2 }, 3);
	UNIT_CHECK(s.median == -2 && s.min == -3 && s.max == -1 && s.mad_percent == 50);
	s = of((double[]){ 5 }, 1);
	UNIT_CHECK(s.median == 5 && s.min == 5 && s.max == 5 && s.mad_percent == 0);
	s = of((double[]){ 0, 0, 7 }, 3);
	UNIT_CHECK(s.median == 0 && s.max == 7 && s.mad_percent == 0);
	s = of((double[]){ 10, 10, 10, 10, 1000 }, 5);
	UNIT_CHECK(s.median == 10 && s.mad_percent == 0 && s.mean == 208);
	unit_ok("median and spread");
}

static void test_figure(void)
{
	const struct stats s = { .median = 20, .min = 10 };
	enum mode mode;

	clock_unit = CLOCK_NS;
	for (mode = 0; mode < MODE_COUNT; mode++)
		UNIT_CHECK(figure_kind(mode) == FIGURE_MEDIAN && figure_of(mode, &s) == 20);
	clock_unit = CLOCK_INSTRUCTIONS;
	for (mode = 0; mode < MODE_COUNT; mode++)
		UNIT_CHECK(figure_of(mode, &s) == (mode == MODE_ONEWAY ? 20 : 10));
	unit_ok("a row's figure is the fewest of instructions, but one way and of ns the median");
}

static void test_histogram_small(void)
{
	struct histogram *h = calloc(1, sizeof(*h));

	UNIT_CHECK(h && histogram_percentile(h, 50) == 0);
	for (uint64_t v = 1; v <= 100; v++)
		histogram_record(h, v);
	UNIT_CHECK(h->count == 100 && h->min == 1 && h->max == 100);
	UNIT_CHECK(histogram_percentile(h, 0) == 1);
	UNIT_CHECK(histogram_percentile(h, 50) == 50);
	UNIT_CHECK(histogram_percentile(h, 99) == 99);
	UNIT_CHECK(histogram_percentile(h, 99.9) == 100);
	UNIT_CHECK(histogram_percentile(h, 100) == 100);
	free(h);
	unit_ok("percentiles of small values are exact");
}

static void test_histogram_edges(void)
{
	static const uint64_t edges[] = {
		0, 1, HISTOGRAM_SUB - 1, HISTOGRAM_SUB, 2 * HISTOGRAM_SUB - 1, 2 * HISTOGRAM_SUB,
		UINT32_MAX, 1ULL << 32, INT64_MAX, 1ULL << 63, UINT64_MAX - 1, UINT64_MAX,
	};

	for (unsigned int i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		unsigned int bucket = bucket_of(edges[i]);

		UNIT_CHECK(bucket < HISTOGRAM_BUCKETS);
		UNIT_CHECK(bucket_end(bucket) >= edges[i]);
		UNIT_CHECK(bucket == 0 || bucket_end(bucket - 1) < edges[i]);
		UNIT_CHECK(bucket_end(bucket) - edges[i] <= edges[i] / HISTOGRAM_SUB);
	}
	for (unsigned int i = 1; i < HISTOGRAM_BUCKETS; i++)
		UNIT_CHECK(bucket_of(bucket_end(i - 1) + 1) == i && bucket_of(bucket_end(i)) == i);
	unit_ok("every value has one bucket, whose end is near");
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void test_histogram_random(uint64_t *seed)
{
	enum { COUNT = 5000 };
	static const double percents[] = { 1, 10, 50, 90, 99, 99.9, 100 };
	static uint64_t values[COUNT];
	struct histogram *h = calloc(1, sizeof(*h));

	UNIT_CHECK(h);
	for (unsigned int i = 0; i < COUNT; i++) {
		values[i] = unit_rnd(seed) >> unit_rnd_below(seed, 64);
		histogram_record(h, values[i]);
	}
	qsort(values, COUNT, sizeof(*values), compare_numbers);
	for (unsigned int i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		uint64_t exact = values[(unsigned int)(percents[i] * COUNT / 100 + 0.999) - 1];
		uint64_t got = histogram_percentile(h, percents[i]);

		UNIT_CHECK(got >= exact && got - exact <= exact / HISTOGRAM_SUB);
	}
	free(h);
	unit_ok("percentiles of random values are near those of the sorted list");
}

/* A percentile of the histogram, which may be too high by as much as it says. */
static bool about(const struct histogram *h, double percent, uint64_t exact)
{
	uint64_t got = histogram_percentile(h, percent);

	return got >= exact && got - exact <= exact / HISTOGRAM_SUB;
}

/* 1 to a million, each once. */
static void test_uniform(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
	for (uint64_t v = 1; v <= 1000000; v++)
		histogram_record(h, v);
	UNIT_CHECK(h->count == 1000000 && h->min == 1 && h->max == 1000000);
	UNIT_CHECK(about(h, 50, 500000) && about(h, 90, 900000));
	UNIT_CHECK(about(h, 99, 990000) && about(h, 99.9, 999000));
	UNIT_CHECK(histogram_percentile(h, 100) == 1000000);
	unit_ok("percentiles of a uniform distribution");
}

/* At even steps of probability: the quantiles are those of the formula. */
static void test_exponential(struct histogram *h)
{
	enum { COUNT = 100000 };
	const double mean = 5000;

	memset(h, 0, sizeof(*h));
	for (unsigned int i = 0; i < COUNT; i++)
		histogram_record(h, (uint64_t)(-mean * log(1 - (i + 0.5) / COUNT)));
	UNIT_CHECK(about(h, 50, (uint64_t)(mean * log(2)) - 1));
	UNIT_CHECK(about(h, 90, (uint64_t)(mean * log(10)) - 1));
	UNIT_CHECK(about(h, 99, (uint64_t)(mean * log(100)) - 6));
	UNIT_CHECK(about(h, 99.9, (uint64_t)(mean * log(1000)) - 51));
	unit_ok("percentiles of an exponential distribution");
}

/* Of messages that mostly take 1000, but in one case of 50 wait for a time slice. */
static void test_bimodal(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
	for (unsigned int i = 0; i < 5000; i++)
		histogram_record(h, i % 50 ? 1000 : 4000000);
	UNIT_CHECK(about(h, 50, 1000) && about(h, 90, 1000) && about(h, 98, 1000));
	UNIT_CHECK(about(h, 98.1, 4000000) && about(h, 99, 4000000));
	UNIT_CHECK(histogram_percentile(h, 99.9) == 4000000 && h->min == 1000);
	unit_ok("percentiles of a distribution with two peaks");
}

static void test_constant(struct histogram *h)
{
	double values[9];

	memset(h, 0, sizeof(*h));
	for (unsigned int i = 0; i < 9; i++) {
		values[i] = 12345;
		histogram_record(h, 12345);
	}
	UNIT_CHECK(histogram_percentile(h, 1) == 12345 && histogram_percentile(h, 99.9) == 12345);
	UNIT_CHECK(h->min == 12345 && h->max == 12345);
	struct stats s = stats_of(values, 9);

	UNIT_CHECK(s.median == 12345 && s.mad_percent == 0 && !stats_noisy(&s, 0));
	unit_ok("a constant has no spread, and is its own percentile");
}

/* A uniform distribution's median distance from the median is a quarter of its width. */
static void test_noisy(void)
{
	double values[1001];
	struct stats s;

	for (unsigned int i = 0; i <= 1000; i++)
		values[i] = 1000 + (i * 8 % 1001);
	s = stats_of(values, 1001);
	UNIT_CHECK(s.median == 1500 && fabs(s.mad_percent - 100 * 250 / 1500.) < 1e-9);
	UNIT_CHECK(stats_noisy(&s, 16.6) && !stats_noisy(&s, 16.7));
	s = of((double[]){ 100, 110, 90, 500 }, 4);
	UNIT_CHECK(s.median == 105 && stats_noisy(&s, 9) && !stats_noisy(&s, 10));
	s = of((double[]){ 7 }, 1);
	UNIT_CHECK(!stats_noisy(&s, 0));
	unit_ok("what spreads beyond the bound is noisy");
}

static void test_estimate(void)
{
	struct bench_case cases[3] = { { .took_ms = 100 }, { .took_ms = 50 }, { .err = -ENOENT } };
	struct bench_case *a = &cases[0], *b = &cases[1];
	struct results results = { .cases = cases, .count = 3 };
	struct options options = { .repeat = 4, .duration_ms = 30 };
	char text[ESTIMATE_TEXT];

	clock_unit = CLOCK_NS;
	UNIT_CHECK(estimate_left(&options, &results, 1, 0) == 4 * 150);
	UNIT_CHECK(estimate_left(&options, &results, 0, 0) == 5 * 150);
	UNIT_CHECK(estimate_left(&options, &results, 0, 1) == 4 * 150 + 50);
	a->sample_count = 1;
	UNIT_CHECK(estimate_left(&options, &results, 1, 1) == 3 * 150 + 50);
	/* Of a run that was cut off. */
	UNIT_CHECK(estimate_left(&options, &results, 0, 0) == 3 * 150 + 50 + 50);
	a->sample_count = 4;
	b->sample_count = 3;
	UNIT_CHECK(estimate_left(&options, &results, 4, 1) == 50);
	b->sample_count = 4;
	UNIT_CHECK(estimate_left(&options, &results, 4, 2) == 0);
	b->took_ms = 0;
	b->sample_count = 2;
	UNIT_CHECK(estimate_left(&options, &results, 3, 0) > 2 * 30);
	clock_unit = CLOCK_INSTRUCTIONS;
	UNIT_CHECK(estimate_left(&options, &results, 0, 0) < 0);
	UNIT_CHECK(strcmp(estimate_text(8400, text), "8 s") == 0);
	UNIT_CHECK(strcmp(estimate_text(200000, text), "3 min 20 s") == 0);
	UNIT_CHECK(strcmp(estimate_text(3900000, text), "1 h 05 min") == 0);
	unit_ok("what is left is what it took, as often as it is to be done");
}

/* Its buckets, read one after another, are all that was recorded. */
static void test_histogram_walk(struct histogram *h, uint64_t *seed)
{
	static struct histogram again;
	uint64_t upper, count, last = 0, sum = 0, seen = 0;
	unsigned int i;

	memset(h, 0, sizeof(*h));
	i = 0;
	UNIT_CHECK(!histogram_next(h, &i, &upper, &count));
	for (i = 0; i < 1000; i++)
		histogram_record(h, unit_rnd(seed) >> unit_rnd_below(seed, 64));
	histogram_record(h, UINT64_MAX);
	for (i = 0; histogram_next(h, &i, &upper, &count); i++) {
		UNIT_CHECK(count && bucket_of(upper) == i && (!seen || upper > last));
		last = upper;
		sum += count;
		seen++;
	}
	UNIT_CHECK(sum == 1001 && last == UINT64_MAX && seen > 1);
	for (i = 0; histogram_next(h, &i, &upper, &count); i++)
		histogram_add(&again, upper, count);
	histogram_bounds(&again, h->min, h->max);
	UNIT_CHECK(memcmp(&again, h, sizeof(again)) == 0);
	/* A second one of the same, as of another run. */
	for (i = 0; histogram_next(h, &i, &upper, &count); i++)
		histogram_add(&again, upper, count);
	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		UNIT_CHECK(again.buckets[i] == 2 * h->buckets[i]);
	UNIT_CHECK(again.count == 2 * h->count);
	unit_ok("a histogram is read bucket by bucket, without the empty ones");
}

/* Exactly as long as said, so that the sanitizer sees one byte more. */
static void test_payload(uint64_t *seed)
{
	for (size_t len = 0; len < 300; len++) {
		unsigned char *buf = malloc(len ? len : 1);
		uint64_t number = unit_rnd(seed);

		UNIT_CHECK(buf);
		payload_write(buf, len, number);
		UNIT_CHECK(payload_check(buf, len, number));
		for (size_t at = 0; at < len; at++) {
			buf[at] ^= (unsigned char)(1U << unit_rnd_below(seed, 8));
			UNIT_CHECK(!payload_check(buf, len, number));
			payload_write(buf, len, number);
		}
		for (unsigned int other = 1; len && other < 200; other++)
			UNIT_CHECK(!payload_check(buf, len, number + other));
		free(buf);
	}
	unit_ok("a payload with any bit wrong, or of another message, is noticed");
}

/* What rings are compared with keeps its order, and never overwrites. */
static void test_slots(uint64_t *seed)
{
	static struct slots q;
	uint64_t sent = 0, received = 0, *room;
	const uint64_t *slot;

	for (unsigned int turn = 0; turn < 200; turn++) {
		uint64_t puts_left = unit_rnd_below(seed, 2 * SLOTS), gets_left;

		for (; puts_left && (room = slots_reserve(&q)); puts_left--) {
			*room = sent++;
			slots_commit(&q);
		}
		UNIT_CHECK(!puts_left || sent - received == SLOTS);
		gets_left = unit_rnd_below(seed, 2 * SLOTS);
		for (; gets_left && (slot = slots_peek(&q)); gets_left--) {
			UNIT_CHECK(*slot == received++);
			slots_release(&q);
		}
		UNIT_CHECK(!gets_left || sent == received);
	}
	UNIT_CHECK(received > SLOTS);
	unit_ok("a queue of slots is a queue, full and empty");
}

int main(void)
{
	static struct histogram histogram;
	uint64_t seed = unit_seed();

	puts("1..17");
	test_size_good();
	test_size_bad();
	test_number();
	test_stats();
	test_figure();
	test_histogram_small();
	test_histogram_edges();
	test_histogram_random(&seed);
	test_uniform(&histogram);
	test_exponential(&histogram);
	test_bimodal(&histogram);
	test_constant(&histogram);
	test_noisy();
	test_histogram_walk(&histogram, &seed);
	test_estimate();
	test_payload(&seed);
	test_slots(&seed);
	return 0;
}
