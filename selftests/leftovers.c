// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prints what tests left behind, one line each: objects, and what is charged
 * to the users that tests run as. No test itself; the runner calls it.
 */
#define IPCX_NO_HARNESS
#include "common.h"

static int list_objects(int control)
{
	struct ipcx_stat stats[16];
	struct ipcx_list list = {
		.entries = addr(stats),
		.count = ARRAY_SIZE(stats),
		.entry_size = sizeof(stats[0]),
	};
	int n;

	while ((n = op(control, IPCX_LIST, &list)) > 0) {
		for (int i = 0; i < n; i++)
			printf("object %llu %s of uid %u\n", stats[i].id, stats[i].name,
			       stats[i].uid);
	}
	return n;
}

static int print_charge(void *arg)
{
	uid_t uid = *(uid_t *)arg;
	struct ipcx_info info;
	int ret = uid ? become(uid) : 0;

	if (!ret)
		ret = get_info(&info);
	if (ret) {
		printf("uid %u: %s\n", uid, strerror(-ret));
		return 1;
	}
	if (info.user_bytes || info.user_objects)
		printf("uid %u: %llu bytes, %llu objects charged\n", uid,
		       info.user_bytes, info.user_objects);
	fflush(stdout);
	return 0;
}

int main(void)
{
	static uid_t uids[] = { 0, UID_A, UID_B };
	int control = open_control();
	int ret = control;
	size_t i;

	if (control >= 0)
		ret = list_objects(control);
	if (ret < 0)
		printf("%s: %s\n", IPCX_DEVICE, strerror(-ret));
	if (control >= 0)
		close(control);
	for (i = 0; i < ARRAY_SIZE(uids); i++)
		if (in_child(print_charge, &uids[i]))
			ret = -1;
	return ret < 0;
}
