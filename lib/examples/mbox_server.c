// SPDX-License-Identifier: LGPL-2.1-or-later
/* Serving calls, in one system call for each; mbox_client.c is the other side. */
#include <ctype.h>
#include <errno.h>

#include "example.h"

#define TEXT_MAX 64

static void upper_case(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text[i] = toupper((unsigned char)text[i]);
}

int main(void)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_mbox_msg message, *reply = NULL;
	struct ipcx_mbox_recv request;
	uint64_t token = 0;
	char buf[TEXT_MAX];
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;
	int ret;

	check("open the device", ipcx_dev_open(&dev, NULL));
	/* What is sent fits into what it is received into. */
	opts.max_msg_size = sizeof(buf);
	check("make a mailbox", ipcx_mbox_create(&m, dev, "/example-calls", 0, &opts));
	puts("serving /example-calls");
	fflush(stdout);

	/* Until it is killed: the name goes with the process. */
	for (;;) {
		ipcx_mbox_recv_init(&request, buf, sizeof(buf));
		ret = ipcx_mbox_reply_recv(m, token, reply, &request, NULL);
		/* After an error this is what is still to be answered. */
		token = request.token;
		if (ret == -ESTALE)	/* the caller has given up */
			continue;
		if (ret == -EMSGSIZE) {	/* it has too little room: no reply */
			reply = NULL;
			continue;
		}
		check("reply and receive", ret);
		printf("process %u: %.*s\n", request.pid, (int)request.len, buf);
		fflush(stdout);
		upper_case(buf, request.len);
		/* The payload is copied before the next message is received over it. */
		ipcx_mbox_msg_init(&message, buf, request.len, request.type, 0);
		reply = &message;
	}
}
