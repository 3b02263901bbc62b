// SPDX-License-Identifier: LGPL-2.1-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "choose.h"
#include "size.h"

#define TEXT	32
/* How many are explained. */
#define EXPLAINED	3
#define DRAWBACKS	12
/* Room for a command line with every option. */
#define LINE	512

const char *const preference_names[PREFER_COUNT] = {
	[PREFER_LATENCY] = "latency",
	[PREFER_THROUGHPUT] = "throughput",
	[PREFER_SIMPLICITY] = "simplicity",
};

static const char *const preference_texts[PREFER_COUNT] = {
	[PREFER_LATENCY] = "round trip, the shortest first",
	[PREFER_THROUGHPUT] = "time of a message one way, the shortest first",
	[PREFER_SIMPLICITY] = "effort, the least first, then by round trip",
};

/* 980 ns, 5.2 us, 11 ms; instructions as they are. */
static const char *duration(const struct figures *figures, double value, char text[TEXT])
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned int unit = 0;

	if (strcmp(figures->unit, "ns")) {
		snprintf(text, TEXT, "%.0f instr", value);
		return text;
	}
	for (; unit < 3 && value >= 999.5; unit++)
		value /= 1000;
	snprintf(text, TEXT, unit && value < 99.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}

static const char *cost_text(const struct figures *figures, const struct cost *cost,
			     char text[TEXT])
{
	return cost->known ? duration(figures, cost->value, text) : "-";
}

/* Of what was not measured there is no spread either. */
static const char *spread_text(const struct cost *cost, char text[TEXT])
{
	if (!cost->known)
		return "-";
	snprintf(text, TEXT, "%.1f", cost->spread);
	return text;
}

static const char *rate(const struct figures *figures, const struct cost *cost, char text[TEXT])
{
	double rate;

	if (!cost->known || strcmp(figures->unit, "ns") || cost->value <= 0)
		return "-";
	rate = (double)figures->size / cost->value * 1e9 / (1 << 20);
	snprintf(text, TEXT, rate < 99.95 ? "%.1f" : "%.0f", rate);
	return text;
}

/* ---- what was asked, and by which figures it is answered ---- */

void choose_options(const struct needs *needs, char *text, size_t size)
{
	char number[SIZE_TEXT];
	enum feature_id id;
	size_t n = 0;

#define ADD(...) do {									\
	if (n < size)									\
		n += (size_t)snprintf(text + n, size - n, __VA_ARGS__);			\
} while (0)
	ADD("--size %s", size_format(needs->size, number));
	for (id = 0; id < FEATURE_COUNT; id++)
		if (needs->feature[id])
			ADD(" --%s", features[id].key);
	if (needs->persistence != IPCX_PERSISTS_PROCESS)
		ADD(" --persistence=%s", persistence_names[needs->persistence]);
	if (needs->wait != IPCX_WAIT_BLOCK)
		ADD(" --wait %s", wait_names[needs->wait]);
	if (needs->preferred)
		ADD(" --prefer %s", preference_names[needs->prefer]);
	if (needs->lossy)
		ADD(" --lossy");
	if (needs->anywhere)
		ADD(" --anywhere");
#undef ADD
}

static void print_needs(const struct needs *needs)
{
	char line[LINE];

	choose_options(needs, line, sizeof(line));
	printf("needs    %s%s\n", line, needs->sized ? "" : " (nothing was said about the size)");
}

/* 2026-11-22T20:18:00Z, as people read it. */
static void print_time(const char *time)
{
	const char *t = strchr(time, 'T');

	if (t && strlen(t) >= 6)
		printf("%.*s %.5s UTC\n", (int)(t - time), time, t + 1);
	else
		printf("%s\n", *time ? time : "unknown time");
}

static void print_figures(const struct choice *choice)
{
	const struct figures *f = &choice->figures;
	char measured[SIZE_TEXT];
	const json_t *env = json_object_get(f->document, "environment");
	const char *kernel = json_string_value(json_object_get(env, "kernel"));
	const char *cpu = json_string_value(json_object_get(env, "cpu"));

	printf("figures  %s, of ", f->path ? f->path : "the sample that comes with the program");
	print_time(f->time);
	printf("         %s: kernel %s, %s\n",
	       f->here ? "measured on this machine" : "measured on ANOTHER MACHINE",
	       kernel ? kernel : "unknown", cpu ? cpu : "unknown processor");
	printf("         messages of %s bytes%s, waiting: %s\n", size_format(f->size, measured),
	       f->size == choice->needs.size ? "" : ", the nearest size that was measured", f->wait);
	if (strcmp(f->wait, wait_names[choice->needs.wait]))
		printf("         NOT AS ASKED: there are none with --wait %s\n",
		       wait_names[choice->needs.wait]);
	if (f->emulated)
		puts("         of an EMULATED processor: ranks are worth something, nanoseconds are not");
	if (!f->path || !f->here)
		puts("         to measure here: ipcx-bench --json ~/.local/state/ipcx/bench.json");
	if (choice->needs.feature[FEATURE_NETWORK])
		puts("         over the loopback interface: a network adds its own time");
}

/* ---- the table ---- */

static void print_table(const struct choice *choice)
{
	char roundtrip[TEXT], p99[TEXT], oneway[TEXT], mib[TEXT], spread[2][TEXT];
	const struct figures *f = &choice->figures;
	unsigned int i;

	printf("\n%4s %-19s %11s %5s %11s %11s %5s %7s %6s\n", "RANK", "MECHANISM", "ROUND TRIP",
	       "+-%", "p99", "ONE WAY", "+-%", "MiB/s", "EFFORT");
	for (i = 0; i < choice->fitting; i++) {
		const struct candidate *c = &choice->candidates[i];

		printf("%4u %-19s %11s %5s %11s %11s %5s %7s %6u\n", i + 1, c->ops->name,
		       cost_text(f, &c->roundtrip, roundtrip),
		       spread_text(&c->roundtrip, spread[0]),
		       c->roundtrip.p99 > 0 ? duration(f, c->roundtrip.p99, p99) : "-",
		       cost_text(f, &c->oneway, oneway),
		       spread_text(&c->oneway, spread[1]),
		       rate(f, &c->oneway, mib), c->guide->effort);
	}
	printf("ranked by %s%s\n", preference_texts[choice->needs.prefer],
	       choice->needs.preferred ? "" : "; --prefer chooses");
	if (choose_last(&choice->needs, &choice->candidates[choice->fitting - 1]))
		puts("last, whatever the figures, who LOSES MESSAGES that the receiver has no room for: --lossless leaves them out, --lossy ranks them with the others");
}

/* ---- in words ---- */

const char *choose_drawback(const struct needs *needs, const struct candidate *candidate,
			    unsigned int index)
{
	const struct ipcx_transport_ops *ops = candidate->ops;
	const char *list[DRAWBACKS];
	unsigned int n = 0;

	if (!feature_has(ops, FEATURE_LOSSLESS))
		list[n++] = "messages are lost that the receiver has no room for";
	if (ops->caps & IPCX_TRANSPORT_SENDER_KEEPS)
		list[n++] = "a message is lost when its sender ends before it is read";
	if (ops->caps & IPCX_TRANSPORT_NOTIFICATION)
		list[n++] = "a notification: it tells that there is something, not what";
	if (!feature_has(ops, FEATURE_BOUNDARIES))
		list[n++] = "a stream of bytes: send the length of each message before it";
	if (ops->caps & IPCX_TRANSPORT_SHARED)
		list[n++] = "shared memory: the other side can change a message while it is read";
	if (!feature_has(ops, FEATURE_UNRELATED))
		list[n++] = "the other process has to inherit it, or be handed it by a Unix socket";
	if (!feature_has(ops, FEATURE_PEER_DEATH))
		list[n++] = "you are not told that the other side has ended";
	if (!feature_has(ops, FEATURE_POLL))
		list[n++] = "not for an event loop: no poll, select or epoll";
	if (ops->persistence != IPCX_PERSISTS_PROCESS)
		list[n++] = needs->persistence == ops->persistence ?
			    "it stays until somebody removes it" :
			    "with a name it stays until somebody removes it";
	if (candidate->guide->mind)
		list[n++] = candidate->guide->mind;
	return index < n ? list[index] : NULL;
}

/* Where both spreads reach each other, there is no first. */
static bool as_good(const struct needs *needs, const struct candidate *a,
		    const struct candidate *b)
{
	bool one_way = needs->prefer == PREFER_THROUGHPUT;
	const struct cost *x = one_way ? &a->oneway : &a->roundtrip;
	const struct cost *y = one_way ? &b->oneway : &b->roundtrip;

	return x->known && y->known &&
	       x->value * (1 + x->spread / 100) >= y->value * (1 - y->spread / 100);
}

static const char *what_counts(const struct needs *needs)
{
	return needs->prefer == PREFER_THROUGHPUT ? "one way" : "a round trip";
}

static void explain_first(const struct choice *choice)
{
	const struct candidate *first = &choice->candidates[0], *next = first + 1;
	const struct needs *needs = &choice->needs;
	bool only = choice->fitting > 1 && !choose_last(needs, first) && choose_last(needs, next);
	double cost = choose_cost(needs, first), other;
	char text[TEXT];

	printf("first: ");
	if (choice->fitting == 1)
		printf("nothing else has all that is needed");
	else if (only)
		printf("the only one that loses no messages");
	else if (needs->prefer == PREFER_SIMPLICITY)
		printf("the least effort");
	else if (isinf(cost))
		printf("but none of them was measured: ranked by name");
	else
		printf("the shortest time, %s takes %s", what_counts(needs),
		       duration(&choice->figures, cost, text));
	if (choice->fitting > 1 && !only && !isinf(cost) && needs->prefer != PREFER_SIMPLICITY) {
		other = choose_cost(needs, next);
		if (isinf(other))
			printf("; no other was measured");
		else if (as_good(needs, first, next))
			printf("; but %s is as good, within the spread", next->ops->name);
		else
			printf("; %s takes %.2f times that", next->ops->name, other / cost);
	}
	puts("");
}

static void explain_other(const struct choice *choice, const struct candidate *c)
{
	double best = choose_cost(&choice->needs, &choice->candidates[0]);
	double cost = choose_cost(&choice->needs, c);

	if (choose_last(&choice->needs, c) && !choose_last(&choice->needs, &choice->candidates[0]))
		printf("behind the others since it LOSES MESSAGES; ");
	if (isinf(cost) || isinf(best))
		printf("%s was not measured\n", what_counts(&choice->needs));
	else
		printf("%s takes %.2f times that of %s\n", what_counts(&choice->needs), cost / best,
		       choice->candidates[0].ops->name);
}

static void explain(const struct choice *choice, unsigned int rank)
{
	const struct candidate *c = &choice->candidates[rank];
	const char *drawback;
	unsigned int i;

	printf("\n%u. %s: %s\n   ", rank + 1, c->ops->name, c->ops->summary);
	if (rank)
		explain_other(choice, c);
	else
		explain_first(choice);
	printf("   effort %u: %s\n", c->guide->effort, effort_texts[c->guide->effort]);
	if (c->guide->module)
		printf("   needs the kernel module %s\n", c->guide->module);
	for (i = 0; (drawback = choose_drawback(&choice->needs, c, i)); i++)
		printf("   - %s\n", drawback);
	if (c->guide->code)
		printf("   code: %s\n", c->guide->code);
}

/* Who is in a hurry to have it done. */
static void explain_simplest(const struct choice *choice)
{
	const struct candidate *first = &choice->candidates[0], *simplest = first;
	unsigned int i;

	for (i = 1; i < choice->fitting; i++)
		if (choice->candidates[i].guide->effort < simplest->guide->effort)
			simplest = &choice->candidates[i];
	if (simplest < first + EXPLAINED)
		return;
	printf("\nThe least effort is %s, %u: %s;\n   ", simplest->ops->name,
	       simplest->guide->effort, effort_texts[simplest->guide->effort]);
	explain_other(choice, simplest);
	if (simplest->guide->code)
		printf("   code: %s\n", simplest->guide->code);
}

/* ---- who is left out ---- */

static void print_left_out(const struct choice *choice)
{
	char text[IPCX_TRANSPORT_WHY];
	unsigned int i, r;

	printf("\nleft out:\n");
	for (i = choice->fitting; i < choice->count; i++) {
		const char *name = choice->candidates[i].ops->name;

		for (r = 0; r < REQUIRE_COUNT; r++) {
			if (!(choice->candidates[i].failed & (1U << r)))
				continue;
			printf("%-19s %s\n", name,
			       requirement_reason(choice, &choice->candidates[i], r, text));
			name = "";
		}
	}
}

void choose_print(const struct choice *choice, bool verbose)
{
	unsigned int i;

	print_needs(&choice->needs);
	print_figures(choice);
	print_table(choice);
	for (i = 0; i < choice->fitting && i < EXPLAINED; i++)
		explain(choice, i);
	explain_simplest(choice);
	if (verbose && choice->fitting < choice->count)
		print_left_out(choice);
	else if (choice->fitting < choice->count)
		printf("\n%u left out; --verbose tells why\n", choice->count - choice->fitting);
}

/* How many miss this, and how many nothing but this. */
static void count_failures(const struct choice *choice, unsigned int requirement,
			   unsigned int *missing, unsigned int *only)
{
	unsigned int i;

	*missing = 0;
	*only = 0;
	for (i = 0; i < choice->count; i++) {
		unsigned int failed = choice->candidates[i].failed;

		*missing += !!(failed & (1U << requirement));
		*only += failed == 1U << requirement;
	}
}

static void print_without(const struct choice *choice, unsigned int requirement)
{
	unsigned int i, printed = 0;

	for (i = 0; i < choice->count; i++)
		if (choice->candidates[i].failed == 1U << requirement)
			printf("%s%s", printed++ ? ", " : "", choice->candidates[i].ops->name);
	puts("");
}

void choose_print_nothing(const struct choice *choice, bool verbose)
{
	unsigned int r, missing, only, most = 0, worst = 0;

	print_needs(&choice->needs);
	puts("\nnothing has all of that.");
	for (r = 0; r < REQUIRE_HERE; r++) {
		count_failures(choice, r, &missing, &only);
		if (missing > most) {
			most = missing;
			worst = r;
		}
	}
	if (most)
		printf("%s rules out most: %u of %u\n", requirement_name(worst), most,
		       choice->count);
	for (r = 0; r < REQUIRE_COUNT; r++) {
		count_failures(choice, r, &missing, &only);
		if (!only)
			continue;
		if (r == REQUIRE_HERE)
			printf("if they could be used here these would do (--verbose tells why not): ");
		else
			printf("but for %s these would do: ", requirement_name(r));
		print_without(choice, r);
	}
	if (verbose)
		print_left_out(choice);
}
