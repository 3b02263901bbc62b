// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files that messages carry. */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

static void add(struct argp_state *state, struct baggage *bag, const char *path, int fd)
{
	if (bag->count == IPCX_FDS_MAX) {
		argp_error(state, "a message carries at most %d files", IPCX_FDS_MAX);
		return;
	}
	bag->paths[bag->count] = path;
	bag->fds[bag->count++] = fd;
}

/* Now, while no fd is the program's own. */
static int open_fd_arg(struct argp_state *state, const char *arg)
{
	uint64_t fd = 0;

	if (!parse_u64(arg, INT_MAX, &fd))
		argp_error(state, "--fd: '%s' is not the number of a file descriptor", arg);
	if (fcntl(fd, F_GETFD) < 0)
		argp_error(state, "--fd: %d is not open: redirect it, as in %d<FILE", (int)fd,
			   (int)fd);
	return fd;
}

error_t baggage_option(int key, char *arg, struct argp_state *state, struct baggage *bag)
{
	switch (key) {
	case KEY_FILE:
		add(state, bag, arg, -1);
		return 0;
	case KEY_FD:
		add(state, bag, NULL, open_fd_arg(state, arg));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int baggage_open(struct baggage *bag)
{
	for (unsigned int i = 0; i < bag->count; i++) {
		if (!bag->paths[i])
			continue;
		bag->fds[i] = open(bag->paths[i], O_RDONLY | O_CLOEXEC);
		if (bag->fds[i] < 0) {
			fprintf(stderr, "ipcx: %s: %s\n", bag->paths[i], strerror(errno));
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}

void arrivals_expect(struct arrivals *files, struct ipcx_mbox_recv *mail)
{
	ipcx_mbox_recv_set_fds(mail, files->fds, ARRAY_SIZE(files->fds));
}

void arrivals_take(struct arrivals *files, const struct ipcx_mbox_recv *mail)
{
	files->count = mail->flags & IPCX_MSG_FD_TRUNC ? 0 : mail->fd_count;
}

static const char *kind_of(const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFIFO:
		return "pipe";
	case S_IFSOCK:
		return "socket";
	default:
		return "other";
	}
}

/* What /proc calls it: a path, or the likes of "ipcx:[queue:7]". To be freed. */
static char *link_of(int fd)
{
	char *link = format_text("/proc/self/fd/%d", fd);
	char target[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof(target) - 1);

	free(link);
	target[len < 0 ? 0 : len] = '\0';
	return format_text("%s", target);
}

static json_t *file_json(int fd)
{
	json_t *obj = check_alloc(json_object());
	char *link = link_of(fd);
	struct stat st;

	if (!fstat(fd, &st)) {
		json_set_str(obj, "kind", kind_of(&st));
		if (S_ISREG(st.st_mode))
			json_set_u64(obj, "size", st.st_size);
	}
	json_set_bytes(obj, "path", link, strlen(link));
	free(link);
	return obj;
}

json_t *arrivals_json(const struct arrivals *files)
{
	json_t *list = check_alloc(json_array());

	for (unsigned int i = 0; i < files->count; i++)
		if (json_array_append_new(list, file_json(files->fds[i])))
			check_alloc(NULL);
	return list;
}

void arrivals_tell(const struct arrivals *files, const char *subject)
{
	for (unsigned int i = 0; i < files->count; i++) {
		char *name = printable(subject), *raw = link_of(files->fds[i]);
		char *link = printable(raw);

		fprintf(stderr, "ipcx: %s: with the message came %s\n", name, link);
		free(link);
		free(raw);
		free(name);
	}
}

static int cat(int fd, const char *subject)
{
	char buf[65536];
	ssize_t len;
	int err;

	while ((len = read(fd, buf, sizeof(buf))) != 0) {
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return report_hint(subject, -errno,
					   "a file that came with the message cannot be read");
		err = write_all(STDOUT_FILENO, buf, len);
		if (err) {
			fprintf(stderr, "ipcx: standard output: %s\n", strerror(-err));
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}

int arrivals_cat(const struct arrivals *files, const char *subject)
{
	int status = EXIT_SUCCESS;

	for (unsigned int i = 0; !status && i < files->count; i++)
		status = cat(files->fds[i], subject);
	return status;
}

void arrivals_close(struct arrivals *files)
{
	while (files->count)
		close(files->fds[--files->count]);
}
