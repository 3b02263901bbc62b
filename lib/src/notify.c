// SPDX-License-Identifier: LGPL-2.1-or-later
/* Notification of a queue that stops being empty. */
#include "internal.h"

int ipcx_queue_notify_signal(const struct ipcx_queue *q, int signo, uintptr_t value)
{
	struct ipcx_notify arg = {
		.how = IPCX_NOTIFY_SIGNAL,
		.signo = signo,
		.value = value,
	};

	return ipcx_ioctl(ipcx_queue_fd(q), IPCX_NOTIFY, &arg);
}

int ipcx_queue_notify_eventfd(const struct ipcx_queue *q, int efd)
{
	struct ipcx_notify arg = {
		.how = IPCX_NOTIFY_EVENTFD,
		.fd = efd,
	};

	return ipcx_ioctl(ipcx_queue_fd(q), IPCX_NOTIFY, &arg);
}

int ipcx_queue_notify_cancel(const struct ipcx_queue *q)
{
	struct ipcx_notify arg = { .how = IPCX_NOTIFY_NONE };

	return ipcx_ioctl(ipcx_queue_fd(q), IPCX_NOTIFY, &arg);
}
