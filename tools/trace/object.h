/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An object of ipcx, by its name or its number. */
#ifndef TRACE_OBJECT_H
#define TRACE_OBJECT_H

#include <stdbool.h>

#include <ipcx/ipcx.h>

/* Is it a name, with its slash, or a number above 0? */
bool object_is_given(const char *text);

/* The object of this network namespace; says what is wrong with it. */
int object_find(const char *text, struct ipcx_stat *stat);

/* ---- label.c ---- */

/* "queue", "mbox", "group" or "ring", as ipcx ls has them. */
const char *object_kind(const struct ipcx_stat *stat);

/* For people, allocated: its name without control characters, NULL: it has none. */
char *object_name(const struct ipcx_stat *stat);
/* "queue /jobs (id 1)" */
char *object_label(const struct ipcx_stat *stat);

#endif /* TRACE_OBJECT_H */
