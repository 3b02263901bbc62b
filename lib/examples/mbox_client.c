// SPDX-License-Identifier: LGPL-2.1-or-later
/* A call: a request and its reply. Needs mbox_server to run. */
#include "example.h"

int main(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "hello";
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;
	char reply[64];
	ssize_t len;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("open the mailbox", ipcx_mbox_open(&m, dev, "/example-calls", 0));

	/* Should the server end meanwhile, this does not hang: "Broken pipe". */
	len = check("call", ipcx_mbox_call(m, text, strlen(text), reply, sizeof(reply)));
	printf("%.*s\n", (int)len, reply);

	ipcx_mbox_close(m);
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
