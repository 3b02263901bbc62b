// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-bench report: the page is made by a Python program (report/main.py), which this
 * one becomes. It lies beside ipcx-bench where that was built, and under share/ where
 * both are installed, wherever that is: nothing has to know the prefix.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "commands.h"

static const char *const places[] = {
	"report/main.py",
	"../share/ipcx/report/main.py",
};

/* Debian's, which has the packages, whatever other one comes first in PATH. */
static const char *const pythons[] = { "/usr/bin/python3", "python3" };

#define PLACES	(sizeof(places) / sizeof(places[0]))

/* The folder of this program, with a slash; the Python one can ask it for what it knows. */
static int own_folder(char folder[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	char *slash;

	if (len < 0)
		return -errno;
	folder[len] = '\0';
	if (setenv("IPCX_BENCH", folder, 1) < 0)
		return -errno;
	slash = strrchr(folder, '/');
	if (!slash)
		return -ENOENT;
	slash[1] = '\0';
	return 0;
}

static int find_program(char path[2 * PATH_MAX])
{
	char folder[PATH_MAX];
	unsigned int i;
	int err = own_folder(folder);

	for (i = 0; !err && i < PLACES; i++) {
		snprintf(path, 2 * PATH_MAX, "%s%s", folder, places[i]);
		if (access(path, R_OK) == 0)
			return 0;
	}
	fprintf(stderr,
		"ipcx-bench report: its program is neither %s nor %s, seen from %s: run 'make tools' or 'make install'\n",
		places[0], places[1], err ? "here" : folder);
	return -ENOENT;
}

int command_report(int argc, char **argv)
{
	char path[2 * PATH_MAX], **words;
	unsigned int i;

	if (find_program(path))
		return EXIT_BAD;
	words = calloc((size_t)argc + 2, sizeof(*words));
	if (!words) {
		fprintf(stderr, "ipcx-bench report: %s\n", strerror(ENOMEM));
		return EXIT_BAD;
	}
	words[1] = path;
	memcpy(words + 2, argv + 1, ((size_t)argc - 1) * sizeof(*words));
	for (i = 0; i < sizeof(pythons) / sizeof(pythons[0]); i++) {
		words[0] = (char *)pythons[i];
		execvp(words[0], words);
		if (errno != ENOENT)
			break;
	}
	fprintf(stderr, "ipcx-bench report: python3: %s%s\n", strerror(errno),
		errno == ENOENT ? ": as root, apt-get install python3" : "");
	free(words);
	return EXIT_BAD;
}
