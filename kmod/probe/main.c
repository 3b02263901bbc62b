// SPDX-License-Identifier: GPL-2.0-only
/* The module's start and end. */
#include <linux/module.h>

#include "filter.h"
#include "probe.h"

static int __init probe_init(void)
{
	int ret;

	ipcx_probe_filter_init();
	ipcx_probe_look();
	ret = ipcx_probe_device_init();
	if (ret)
		return ret;
	ipcx_probe_debugfs_init();
	return 0;
}

static void __exit probe_exit(void)
{
	ipcx_probe_close();
	ipcx_probe_debugfs_exit();
	ipcx_probe_device_exit();
	ipcx_probe_filter_exit();
}

module_init(probe_init);
module_exit(probe_exit);

MODULE_DESCRIPTION("Tells of every copy between the kernel and user memory");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
