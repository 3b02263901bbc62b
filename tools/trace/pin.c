// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Programs and maps that stay. What keeps them attached is their links: those are in the
 * folder, too, and removing it ends everything.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <bpf/libbpf.h>

#include "load.h"
#include "pin.h"

static int make_folder(const char *folder)
{
	struct statfs fs;

	if (mkdir(folder, 0700) < 0) {
		say("%s: %s", folder, strerror(errno));
		return -errno;
	}
	if (statfs(folder, &fs) == 0 && fs.f_type == BPF_FS_MAGIC)
		return 0;
	rmdir(folder);
	say("%s is not in a BPF file system: mount -t bpf bpf /sys/fs/bpf", folder);
	return -EINVAL;
}

static int pin_programs(const struct bpf_object_skeleton *s, const char *folder)
{
	char path[PATH_MAX];
	int err = 0;

	for (int i = 0; !err && i < s->prog_cnt; i++) {
		if (!*s->progs[i].link)
			continue;
		snprintf(path, sizeof(path), "%s/program-%s", folder, s->progs[i].name);
		err = bpf_program__pin(*s->progs[i].prog, path);
		if (err)
			break;
		snprintf(path, sizeof(path), "%s/link-%s", folder, s->progs[i].name);
		err = bpf_link__pin(*s->progs[i].link, path);
	}
	return err;
}

static int pin_maps(struct bpf_map *const maps[], size_t count, const char *folder)
{
	char path[PATH_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, bpf_map__name(maps[i]));
		err = bpf_map__pin(maps[i], path);
	}
	return err;
}

int skeleton_pin(const struct bpf_object_skeleton *skeleton, struct bpf_map *const maps[],
		 size_t count, const char *folder)
{
	int err = make_folder(folder);

	if (err)
		return err;
	err = pin_maps(maps, count, folder);
	if (!err)
		err = pin_programs(skeleton, folder);
	if (err)
		say("%s: %s; what is there already stays", folder, strerror(-err));
	return err;
}

int programs_pin(struct programs *programs, const char *folder)
{
	const struct ledger_bpf *skel = programs->skel;
	struct bpf_map *const maps[] = {
		skel->maps.ledger_rows, skel->maps.copy_ns, skel->maps.wake_to_run_ns,
		skel->maps.ledger_lost, skel->maps.followed_processes,
		skel->maps.calls_of_tasks,
	};

	return skeleton_pin(skel->skeleton, maps, sizeof(maps) / sizeof(maps[0]), folder);
}
