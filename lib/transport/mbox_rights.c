// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "mbox_rights.h"

static int open_both(struct mbox_rights *const rights[2], const struct ipcx_dev *dev,
		     const struct ipcx_mbox_opts *attr, char *why)
{
	int i, err = 0;

	for (i = 0; i < 2 && !err; i++)
		err = ipcx_mbox_create(&rights[i]->in, dev, NULL, 0, attr);
	if (err)
		return transport_why(why, err, "cannot create a mailbox%s: %s",
				     attr->ring_size ? " with a ring" : "", strerror(-err));
	for (i = 0; i < 2 && !err; i++)
		err = ipcx_mbox_open_port(&rights[i]->out, dev, ipcx_mbox_port(rights[!i]->in), 0);
	return err;
}

int mbox_rights_open(struct mbox_rights *first, struct mbox_rights *second,
		     struct ipcx_mbox_opts *attr, const struct ipcx_transport_opts *opts,
		     char *why)
{
	struct mbox_rights *const rights[2] = { first, second };
	struct ipcx_dev *dev;
	int err;

	attr->flags = IPCX_MBOX_ADDRESSABLE;
	/* One user may have half of a mailbox. */
	attr->max_msgs = 2 * (uint64_t)opts->depth;
	attr->max_msg_size = opts->msg_size;
	err = ipcx_dev_open(&dev, NULL);
	if (err)
		return err;
	err = open_both(rights, dev, attr, why);
	ipcx_dev_close(dev);
	return err;
}

void mbox_rights_close(struct mbox_rights *rights)
{
	ipcx_mbox_close(rights->in);
	ipcx_mbox_close(rights->out);
	rights->in = NULL;
	rights->out = NULL;
}
