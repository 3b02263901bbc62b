/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipcx-bench choose: which mechanism fits?
 *
 * What is asked for are *needs*; every mechanism is a *candidate*. Who lacks something that is
 * needed is left out, with every reason; the others are ranked by the figures of one file of
 * results, the newest that there is.
 *
 *	choose.c		command line				-> struct needs
 *	choose-ask.c		the same by questions, on a terminal
 *	choose-filter.c		needs, mechanisms			-> struct candidate
 *	choose-figures.c	which file, what is in it		-> struct figures
 *	choose-print.c, choose-json.c					-> what is said
 *	guide.c			what is known of each mechanism besides its features
 */
#ifndef BENCH_CHOOSE_H
#define BENCH_CHOOSE_H

#include <jansson.h>

#include "bench.h"
#include "features.h"
#include "guide.h"

#define FILES_MAX	16

/* What can be required: the features, and these. */
enum requirement {
	REQUIRE_PERSISTENCE = FEATURE_COUNT,
	REQUIRE_SIZE,
	REQUIRE_WAIT,
	REQUIRE_HERE,
	REQUIRE_COUNT,
};

enum preference {
	PREFER_LATENCY,
	PREFER_THROUGHPUT,
	PREFER_SIMPLICITY,
	PREFER_COUNT,
};

extern const char *const preference_names[PREFER_COUNT];

/* No message is asked for that is larger. */
#define SIZE_LIMIT	((size_t)1 << 30)

/* From this size on, unless something else is preferred, throughput counts. */
#define LARGE	((size_t)64 << 10)

/**
 * struct needs - What is asked for.
 * @feature: which features
 * @persistence: at least this must stay
 * @size: bytes of a message
 * @sized: @size was given
 * @wait: how both sides wait
 * @prefer: what to rank by
 * @preferred: @prefer was given
 * @anywhere: also what cannot be used on this machine now
 * @lossy: messages may be lost, so that who loses them ranks among the others
 */
struct needs {
	bool feature[FEATURE_COUNT];
	enum ipcx_persistence persistence;
	size_t size;
	bool sized;
	enum ipcx_wait_policy wait;
	enum preference prefer;
	bool preferred;
	bool anywhere;
	bool lossy;
};

/**
 * struct cost - A measured figure.
 * @known: there is one
 * @value: per message or round trip, in the unit of the results
 * @spread: in percent
 * @p99: of single round trips, 0: unknown
 */
struct cost {
	bool known;
	double value;
	double spread;
	double p99;
};

/**
 * struct candidate - A mechanism, in view of needs.
 * @ops: the mechanism
 * @guide: what is known of it
 * @failed: a bit for each requirement that it does not meet
 * @why: the reason for REQUIRE_HERE
 * @roundtrip: there and back
 * @oneway: one way
 */
struct candidate {
	const struct ipcx_transport_ops *ops;
	const struct guide *guide;
	unsigned int failed;
	char why[IPCX_TRANSPORT_WHY];
	struct cost roundtrip;
	struct cost oneway;
};

/**
 * struct figures - The results that are used.
 * @document: as read
 * @path: its file, NULL: the sample
 * @time: when it was measured: text, by its own word or the file's
 * @unit: "ns" or "instructions"
 * @wait: how all waited
 * @here: on this machine
 * @emulated: on an emulated processor
 * @size: the measured size that is nearest to what is needed
 */
struct figures {
	json_t *document;
	const char *path;
	char time[32];
	const char *unit;
	const char *wait;
	bool here;
	bool emulated;
	size_t size;
};

/**
 * struct choice - All of it.
 * @needs: what is asked for
 * @figures: by which is ranked
 * @candidates: every mechanism; those that fit come first, best first
 * @count: how many
 * @fitting: how many of them fit
 */
struct choice {
	struct needs needs;
	struct figures figures;
	struct candidate *candidates;
	unsigned int count;
	unsigned int fitting;
};

/* Asks on the terminal; 0, or -1 when there was no answer. */
int choose_ask(struct needs *needs);

/* Makes the candidates; 0 or a negative errno. */
int choose_filter(struct choice *choice);

/* The name of a requirement, as the option is called. */
const char *requirement_name(unsigned int requirement);

/* Why @candidate does not meet it; @text has IPCX_TRANSPORT_WHY bytes for it. */
const char *requirement_reason(const struct choice *choice, const struct candidate *candidate,
			       unsigned int requirement, char *text);

/*
 * Finds results: those in @paths, or where no path is given, where results are kept. 0, or -1
 * after it has said why not.
 */
int figures_find(struct figures *figures, const char *const *paths, unsigned int count,
		 const struct needs *needs);

/* Fills in what each candidate costs, and puts them in order. */
void figures_rank(struct choice *choice);

/* It loses messages, and nobody said that it may: whatever its figures, it comes last. */
bool choose_last(const struct needs *needs, const struct candidate *candidate);

/* The figure that counts, or infinity. */
double choose_cost(const struct needs *needs, const struct candidate *candidate);

/* What speaks against @candidate, by @index; NULL after the last one. */
const char *choose_drawback(const struct needs *needs, const struct candidate *candidate,
			    unsigned int index);

/* The command line for @needs, without the program's name. */
void choose_options(const struct needs *needs, char *text, size_t size);

void choose_print(const struct choice *choice, bool verbose);
void choose_print_nothing(const struct choice *choice, bool verbose);
json_t *choose_json(const struct choice *choice);

#endif /* BENCH_CHOOSE_H */
