// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx serve: running the command. */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve.h"

#define FIRST_FILE 3

extern char **environ;

/* What the command's first descriptors are to be. */
struct plumbing {
	int in;
	int out;		/* -1: ours */
	const struct arrivals *files;
};

/* A file, unlike a pipe, takes it all before anybody reads. */
static int input_file(const struct run *run)
{
	int fd = memfd_create("ipcx-serve", MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, run->input, run->input_len);
	if (!err && lseek(fd, 0, SEEK_SET) < 0)
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

/*
 * Files came into the lowest free descriptors, one after the other: each has at least
 * the number that it is to get, and none is overwritten before its turn.
 */
static int add_files(posix_spawn_file_actions_t *actions, const struct arrivals *files)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < files->count; i++)
		err = posix_spawn_file_actions_adddup2(actions, files->fds[i], FIRST_FILE + i);
	return err;
}

static int spawn_with(char *const command[], const struct plumbing *fds, const sigset_t *mask,
		      pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int err;

	err = posix_spawn_file_actions_init(&files);
	if (err)
		return -err;
	err = posix_spawnattr_init(&attr);
	if (err)
		goto free_files;
	/* In a group of its own all that it starts is reached, and by our signals alone. */
	err = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	if (!err)
		err = posix_spawnattr_setpgroup(&attr, 0);
	if (!err)
		err = posix_spawnattr_setsigmask(&attr, mask);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&files, fds->in, STDIN_FILENO);
	if (!err && fds->out >= 0)
		err = posix_spawn_file_actions_adddup2(&files, fds->out, STDOUT_FILENO);
	if (!err)
		err = add_files(&files, fds->files);
	if (!err)
		err = posix_spawnp(pid, command[0], &files, &attr, command, environ);
	posix_spawnattr_destroy(&attr);
free_files:
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

/* No signal comes between the command's start and our knowing whom to tell. */
static int spawn(char *const command[], const struct plumbing *fds, pid_t *pid)
{
	int err = -ECANCELED;
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	if (!stop_asked())
		err = spawn_with(command, fds, &old, pid);
	if (!err)
		stop_pass_on(*pid);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err;
}

/* Its number is its own until it is reaped: nobody else gets our signals. */
static int wait_for(pid_t pid, int *status)
{
	siginfo_t info;

	while (waitid(P_PID, pid, &info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	stop_pass_on(0);
	return waitpid(pid, status, 0) < 0 ? -errno : 0;
}

static int run_with_pipe(char *const command[], struct run *run, int in)
{
	struct plumbing fds = { .in = in, .files = run->files };
	int ends[2], err, read_err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fds.out = ends[1];
	err = spawn(command, &fds, &pid);
	close(ends[1]);
	read_err = err ? 0 : read_bytes(ends[0], run->max, &run->output);
	/* One that goes on writing ends by that. */
	close(ends[0]);
	if (!err)
		err = wait_for(pid, &run->status);
	return err ? err : read_err;
}

static int run_with_our_stdout(char *const command[], struct run *run, int in)
{
	const struct plumbing fds = { .in = in, .out = -1, .files = run->files };
	pid_t pid;
	int err = spawn(command, &fds, &pid);

	return err ? err : wait_for(pid, &run->status);
}

int run_command(char *const command[], struct run *run)
{
	int err, in = input_file(run);

	if (in < 0)
		return in;
	err = run->capture ? run_with_pipe(command, run, in) :
			     run_with_our_stdout(command, run, in);
	close(in);
	return err;
}
