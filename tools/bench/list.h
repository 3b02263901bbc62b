/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comma-separated lists on command lines. */
#ifndef BENCH_LIST_H
#define BENCH_LIST_H

#include <ipcx/transport.h>

#define LIST_MAX	64

/**
 * struct number_list - Numbers, in the order in which they were given.
 * @item: the numbers, at least 1 each
 * @count: how many
 * @max: what each can be at most
 */
struct number_list {
	unsigned int item[LIST_MAX];
	unsigned int count;
	unsigned int max;
};

/**
 * struct transport_list - Transports, in the order in which they were named.
 * @item: the transports
 * @count: how many
 */
struct transport_list {
	const struct ipcx_transport_ops *item[LIST_MAX];
	unsigned int count;
};

/* @take gets each word of @text and @to. Returns 0 or @take's first error. */
int list_parse(const char *text, int (*take)(const char *word, void *to), void *to);

/* For list_parse(): @list is a struct number_list. */
int list_take_number(const char *word, void *list);

/* For list_parse(): @list is a struct transport_list. */
int list_take_transport(const char *word, void *list);

/* Where none was named: all that can do @caps. */
void list_default_transports(struct transport_list *list, unsigned int caps);

#endif /* BENCH_LIST_H */
