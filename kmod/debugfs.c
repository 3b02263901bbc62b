// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: ipcx/objects, a table of every object of every network namespace.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "ipcx.h"
#include "object.h"

static struct dentry *debugfs_dir;

static void show_object(struct seq_file *m, struct ipcx_object *obj,
			const struct ipcx_stat *st)
{
	seq_printf(m,
		   "%-8llu %-6s %04o %6u %6u %7u %10llu %8llu %12llu %6u %6u ",
		   st->id, obj->kind->name, st->mode, st->uid, st->gid,
		   st->handles, st->depth, st->inflight, st->bytes,
		   st->recv_waiters, st->send_waiters);
	ipcx_show_name(m, st->name_len ? st->name : "-");
	seq_putc(m, '\n');
}

static int objects_show(struct seq_file *m, void *unused)
{
	seq_puts(m,
		 "# id     kind   mode    uid    gid handles      depth inflight        bytes recv_w send_w name\n");
	ipcx_objects_show(m, show_object);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);

/**
 * ipcx_debugfs_init() - Make the files; nothing depends on them.
 */
void ipcx_debugfs_init(void)
{
	debugfs_dir = debugfs_create_dir("ipcx", NULL);
	debugfs_create_file("objects", 0400, debugfs_dir, NULL, &objects_fops);
}

/**
 * ipcx_debugfs_exit() - Remove the files.
 */
void ipcx_debugfs_exit(void)
{
	debugfs_remove(debugfs_dir);
}
