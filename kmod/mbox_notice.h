/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notices: mail that the kernel will put into a mailbox once something happens. It
 * is allocated, and charged, when it is asked for; and it has always room, so that
 * nobody waits for ever for what a full mailbox had refused.
 */
#ifndef _IPCX_MBOX_NOTICE_H
#define _IPCX_MBOX_NOTICE_H

#include <linux/types.h>

struct ipcx_mail;
struct ipcx_mbox;

/**
 * struct ipcx_notice - A notice to come.
 * @home: mailbox that it will go to, a reference
 * @mail: the mail, from nobody, in its share; whose account also has @extra
 * @extra: bytes charged beside it
 */
struct ipcx_notice {
	struct ipcx_mbox *home;
	struct ipcx_mail *mail;
	size_t extra;
};

int ipcx_notice_init(struct ipcx_notice *n, struct ipcx_mbox *home,
		     size_t extra);
void ipcx_notice_send(struct ipcx_notice *n);
void ipcx_notice_cancel(struct ipcx_notice *n);

#endif /* _IPCX_MBOX_NOTICE_H */
