/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comma-separated lists on command lines. */
#ifndef BENCH_LIST_H
#define BENCH_LIST_H

#include <ipcx/transport.h>

#define LIST_MAX	32

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

/* For list_parse(): @list is a struct transport_list. */
int list_take_transport(const char *word, void *list);

/* Where none was named: all that can do @caps. */
void list_default_transports(struct transport_list *list, unsigned int caps);

#endif /* BENCH_LIST_H */
