/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two ipcx mailboxes without names, one per side, each of which the other side sends to. */
#ifndef IPCX_TRANSPORT_MBOX_RIGHTS_H
#define IPCX_TRANSPORT_MBOX_RIGHTS_H

#include <ipcx/ipcx.h>

#include "internal.h"

/**
 * struct mbox_rights - What one side has.
 * @in: mailbox that is received from
 * @out: right to send to the other one
 */
struct mbox_rights {
	struct ipcx_mbox *in;
	struct ipcx_mbox *out;
};

/*
 * Mailboxes with @attr, which gets what both kinds have of @opts. 0, or a negative errno,
 * for some of them with the reason; what there is then is to be closed, too.
 */
int mbox_rights_open(struct mbox_rights *first, struct mbox_rights *second,
		     struct ipcx_mbox_opts *attr, const struct ipcx_transport_opts *opts,
		     char *why);

/* Leaves NULL. */
void mbox_rights_close(struct mbox_rights *rights);

#endif /* IPCX_TRANSPORT_MBOX_RIGHTS_H */
