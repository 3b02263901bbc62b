// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: ipcx_probe/primitives, what IPCX_PROBE_STAT tells, for people.
 */
#include <linux/debugfs.h>
#include <linux/ipcx_probe.h>
#include <linux/seq_file.h>

#include "filter.h"
#include "primitives.h"
#include "probe.h"

static struct dentry *debugfs_dir;

static int primitives_show(struct seq_file *m, void *unused)
{
	struct ipcx_probe_filter_stat filter;
	struct ipcx_probe_primitive p;
	unsigned int i;

	ipcx_probe_filter_tell(&filter);
	seq_printf(m, "# files %u followed %llu children_lost %llu\n",
		   filter.files, filter.followed, filter.children_lost);
	seq_puts(m,
		 "# primitive                   dir  armed error             hits           missed\n");
	for (i = 0; i < IPCX_PROBE_PRIMITIVES; i++) {
		ipcx_probe_tell(i, &p);
		seq_printf(m, "%-29s %-4s %5u %5u %16llu %16llu\n", p.name,
			   p.dir ? "to" : "from", p.armed, p.error, p.hits,
			   p.missed);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(primitives);

/**
 * ipcx_probe_debugfs_init() - Make the file; nothing depends on it.
 */
void ipcx_probe_debugfs_init(void)
{
	debugfs_dir = debugfs_create_dir("ipcx_probe", NULL);
	debugfs_create_file("primitives", 0400, debugfs_dir, NULL,
			    &primitives_fops);
}

/**
 * ipcx_probe_debugfs_exit() - Remove the file.
 */
void ipcx_probe_debugfs_exit(void)
{
	debugfs_remove(debugfs_dir);
}
