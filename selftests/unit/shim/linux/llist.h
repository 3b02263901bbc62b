/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tools/include has no llist; what is tested needs the type only. */
#ifndef IPCX_SHIM_LINUX_LLIST_H
#define IPCX_SHIM_LINUX_LLIST_H

struct llist_node {
	struct llist_node *next;
};

#endif /* IPCX_SHIM_LINUX_LLIST_H */
