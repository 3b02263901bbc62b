// SPDX-License-Identifier: LGPL-2.1-or-later
/* How an object is called for people, as ipcx does it. */
#include <stdlib.h>

#include "../ipcx/tool.h"
#include "object.h"

const char *object_kind(const struct ipcx_stat *stat)
{
	if (stat->state & IPCX_STAT_GROUP)
		return "group";
	switch (stat->kind) {
	case IPCX_KIND_QUEUE:
		return "queue";
	case IPCX_KIND_MBOX:
		return "mbox";
	case IPCX_KIND_RING:
		return "ring";
	default:
		return "object";
	}
}

char *object_name(const struct ipcx_stat *stat)
{
	return (stat->state & IPCX_STAT_NAMED) ? printable(stat->name) : NULL;
}

char *object_label(const struct ipcx_stat *stat)
{
	char *name = object_name(stat);
	char *label = format_text("%s %s%s(id %llu)", object_kind(stat), name ? name : "",
				  name ? " " : "", (unsigned long long)stat->id);

	free(name);
	return label;
}
