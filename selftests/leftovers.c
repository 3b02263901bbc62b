// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prints what tests left behind, one line each: objects of any network
 * namespace, and what is charged to the users that tests run as. No test
 * itself; the runner calls it.
 */
#define IPCX_NO_HARNESS
#include "common.h"

#define OBJECTS "/sys/kernel/debug/ipcx/objects"

static int print_objects(void)
{
	FILE *table = fopen(OBJECTS, "re");
	char line[1024];

	if (!table) {
		printf("%s: %s\n", OBJECTS, strerror(errno));
		return -1;
	}
	while (fgets(line, sizeof(line), table))
		if (line[0] != '#')
			printf("object %s", line);
	fclose(table);
	return 0;
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
	if (info.user_bytes || info.user_objects || info.user_files)
		printf("uid %u: %llu bytes, %llu objects, %llu files charged\n", uid,
		       (unsigned long long)info.user_bytes,
		       (unsigned long long)info.user_objects,
		       (unsigned long long)info.user_files);
	fflush(stdout);
	return 0;
}

int main(void)
{
	static uid_t uids[] = { 0, UID_A, UID_B };
	int ret = print_objects();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(uids); i++)
		if (in_child(print_charge, &uids[i]))
			ret = -1;
	return ret < 0;
}
