// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A command that is followed from its first instruction on. Until then it waits in shared
 * memory: of all ways to wait that is the one that makes the kernel copy nothing.
 */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace.h"

/* As the shell. */
#define EXIT_NOT_FOUND	127
#define EXIT_NO_PROGRAM	126

static void futex(uint32_t *word, int what, uint32_t value)
{
	syscall(SYS_futex, word, what, value, NULL, NULL, 0);
}

static void run(const uint32_t *go, char **command, const sigset_t *mask, pid_t parent)
{
	/* Should the one who lets it go have died before this, it never goes. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_BAD);
	while (!__atomic_load_n(go, __ATOMIC_ACQUIRE))
		futex((uint32_t *)go, FUTEX_WAIT, 0);
	prctl(PR_SET_PDEATHSIG, 0);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	say("%s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NO_PROGRAM);
}

int child_start(struct child *child, char **command, const sigset_t *mask)
{
	pid_t parent = getpid();
	int err;

	child->go = mmap(NULL, sizeof(*child->go), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (child->go == MAP_FAILED) {
		say("mmap: %s", strerror(errno));
		return -errno;
	}
	fflush(NULL);
	child->pid = fork();
	if (child->pid == 0)
		run(child->go, command, mask, parent);
	if (child->pid > 0)
		return 0;
	err = -errno;
	say("fork: %s", strerror(-err));
	return err;
}

void child_release(struct child *child)
{
	__atomic_store_n(child->go, 1, __ATOMIC_RELEASE);
	futex(child->go, FUTEX_WAKE, 1);
}

void child_end(struct child *child)
{
	if (child->pid <= 0)
		return;
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	child->pid = 0;
}
