// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "size.h"

int list_parse(const char *text, int (*take)(const char *word, void *to), void *to)
{
	char *copy = strdup(text), *rest = copy, *word;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (word = strsep(&rest, ",")))
		err = take(word, to);
	free(copy);
	return err;
}

int list_take_number(const char *word, void *to)
{
	struct number_list *list = to;
	unsigned long number;

	if (number_parse(word, 1, list->max, &number) || list->count == LIST_MAX)
		return -EINVAL;
	list->item[list->count++] = (unsigned int)number;
	return 0;
}

int list_take_transport(const char *word, void *to)
{
	const struct ipcx_transport_ops *ops = ipcx_transport_find(word);
	struct transport_list *list = to;

	if (!ops)
		return -ENOENT;
	if (list->count == LIST_MAX)
		return -ERANGE;
	list->item[list->count++] = ops;
	return 0;
}

void list_default_transports(struct transport_list *list, unsigned int caps)
{
	const struct ipcx_transport_ops *ops;
	unsigned int i;

	if (list->count)
		return;
	for (i = 0; (ops = ipcx_transport_at(i)) && list->count < LIST_MAX; i++)
		if ((ops->caps & caps) == caps)
			list->item[list->count++] = ops;
}
