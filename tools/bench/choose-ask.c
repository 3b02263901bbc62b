// SPDX-License-Identifier: LGPL-2.1-or-later
/* The needs, question by question. An empty answer is the one in brackets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "choose.h"
#include "size.h"

/**
 * struct question - A choice between words.
 * @text: the question
 * @words: the answers, the default first; any beginning of one will do
 */
struct question {
	const char *text;
	const char *words[5];
};

/* A line without its end, or NULL. */
static char *answer(char **line, size_t *room)
{
	ssize_t n;

	fflush(stdout);
	n = getline(line, room, stdin);
	if (n < 0) {
		puts("");
		return NULL;
	}
	(*line)[strcspn(*line, "\n")] = '\0';
	return *line + strspn(*line, " \t");
}

/* The number of the answer, or -1 when there was none. */
static int ask(const struct question *q)
{
	char *line = NULL, *said;
	size_t room = 0, len;
	int i, got = -1;

	while (got < 0) {
		printf("%s (", q->text);
		for (i = 0; q->words[i]; i++)
			printf(i ? ", %s" : "[%s]", q->words[i]);
		printf(") ");
		said = answer(&line, &room);
		if (!said)
			break;
		len = strlen(said);
		while (len && strchr(" \t", said[len - 1]))
			len--;
		for (i = 0; q->words[i] && got < 0; i++)
			if (strncasecmp(said, q->words[i], len) == 0)
				got = i;
		if (got < 0)
			puts("  one of these words, please, or the beginning of one");
	}
	free(line);
	return got;
}

static int ask_size(struct needs *needs)
{
	char *line = NULL, *said;
	size_t room = 0;
	int ret = -1;

	for (;;) {
		printf("How large is a message, in bytes, or as 4K, 1M? ([64]) ");
		said = answer(&line, &room);
		if (!said)
			break;
		if (!*said || (size_parse(said, &needs->size) == 0 && needs->size <= SIZE_LIMIT)) {
			needs->sized = *said;
			ret = 0;
			break;
		}
		puts("  a number up to 1G, please, with K, M or G if it is large");
	}
	free(line);
	return ret;
}

static const struct {
	struct question question;
	enum feature_id feature;
} plain[] = {
	{ { "Do both sides share an ancestor that sets it up, or can one hand the other an open file?",
	    { "yes", "no" } }, FEATURE_UNRELATED },
	{ { "Has the mechanism to keep messages apart, rather than you?", { "no", "yes" } },
	  FEATURE_BOUNDARIES },
	{ { "Are there urgent messages, which overtake others?", { "no", "yes" } },
	  FEATURE_PRIORITY },
	{ { "Has one message to reach several receivers?", { "no", "yes" } }, FEATURE_BROADCAST },
};

int choose_ask(struct needs *needs)
{
	static const struct question machine = { "On one machine, or over a network?",
						 { "machine", "network" } };
	static const struct question stays = {
		"What has to stay when no process has it open: nothing, its name, messages until a restart, messages in a file?",
		{ "nothing", "name", "messages", "file" },
	};
	static const struct question prefer = {
		"What counts most?", { "latency", "throughput", "simplicity" },
	};
	unsigned int i;
	int got = ask(&machine);

	if (got < 0)
		return -1;
	needs->feature[FEATURE_NETWORK] = got;
	/* A network has only processes that are not related. */
	for (i = got; i < sizeof(plain) / sizeof(plain[0]); i++) {
		got = ask(&plain[i].question);
		if (got < 0)
			return -1;
		needs->feature[plain[i].feature] = got;
	}
	if (ask_size(needs) < 0)
		return -1;
	got = ask(&stays);
	if (got < 0)
		return -1;
	needs->persistence = (enum ipcx_persistence)got;
	got = ask(&prefer);
	needs->prefer = (enum preference)got;
	needs->preferred = true;
	return got < 0 ? -1 : 0;
}
