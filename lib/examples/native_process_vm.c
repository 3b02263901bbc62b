// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages that the receiver reads from the sender's memory with process_vm_readv(2), without
 * ipcx: one copy, however long they are, and no memory is shared. It neither waits nor tells
 * anybody: so a socket carries the address there, and an acknowledgement back.
 *
 * To read takes the right to trace. Processes of one user have it of each other, but where the
 * Yama security module keeps them apart (kernel.yama.ptrace_scope is 1) the sender has to allow
 * it. Where it is forbidden the end is 77.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGEST (1 << 20)
#define CANNOT 77

/**
 * struct notice - What goes over the socket; back, a byte.
 * @address: where the message is in the sender's memory
 * @len: how long it is
 */
struct notice {
	uint64_t address;
	uint64_t len;
};

/* 1, or 0 when the receiver is gone. */
static int send_message(int fd, const char *data, size_t len)
{
	struct notice notice = { (uintptr_t)data, len };
	char ack;

	if (send(fd, &notice, sizeof(notice), MSG_NOSIGNAL) < 0)
		return 0;
	/* Until then the message must neither change nor go. */
	return recv(fd, &ack, 1, 0) == 1;
}

static void read_memory(pid_t from, uint64_t address, char *to, size_t len)
{
	struct iovec here = { to, len }, there = { (void *)(uintptr_t)address, len };
	ssize_t n = process_vm_readv(from, &here, 1, &there, 1, 0);

	if (n < 0 && errno == EPERM)
		errx(CANNOT, "may not read another process's memory: see kernel.yama.ptrace_scope; or a seccomp filter forbids it");
	if (n < 0 && errno == ENOSYS)
		errx(CANNOT, "this kernel has no process_vm_readv (CONFIG_CROSS_MEMORY_ATTACH)");
	if (n < 0)
		err(1, "process_vm_readv");
	/* A page was not there: it ends in front of it, and that is no error. */
	if ((size_t)n != len)
		errx(1, "the message ends after %zd bytes of %zu", n, len);
}

/*
 * @from: the sender. In earnest take a pidfd of it, too, and look at that after reading: when a
 * process has ended another one can get its number.
 */
static void receive_messages(int fd, pid_t from)
{
	char *data = malloc(LARGEST);
	struct notice notice;
	ssize_t n;

	if (!data)
		err(1, "malloc");
	while ((n = recv(fd, &notice, sizeof(notice), 0)) == sizeof(notice)) {
		/* The sender says how long it is, but the room is ours. */
		if (notice.len > LARGEST)
			errx(1, "a message of %llu bytes is too long",
			     (unsigned long long)notice.len);
		read_memory(from, notice.address, data, notice.len);
		if (send(fd, "", 1, MSG_NOSIGNAL) < 0)
			err(1, "send");
		printf("%llu bytes: %.*s\n", (unsigned long long)notice.len,
		       (int)strnlen(data, notice.len), data);
	}
	if (n < 0)
		err(1, "recv");
	fflush(stdout);
	free(data);
}

int main(void)
{
	char *large = calloc(1, LARGEST);
	int fds[2], status;
	pid_t sender = getpid(), receiver;

	if (!large || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		err(1, "socketpair");
	receiver = fork();
	if (receiver < 0)
		err(1, "fork");
	if (receiver == 0) {
		/* Or the end of the sender would not be seen. */
		close(fds[0]);
		receive_messages(fds[1], sender);
		_exit(0);
	}
	close(fds[1]);
	/* It fails, EINVAL, where there is no Yama, and then it is not needed. */
	if (prctl(PR_SET_PTRACER, receiver, 0, 0, 0) < 0 && errno != EINVAL)
		err(1, "PR_SET_PTRACER");
	/* What was written after the processes have parted is in this one only. */
	strcpy(large, "a large message");
	if (send_message(fds[0], large, LARGEST)) {
		strcpy(large, "a short one");
		send_message(fds[0], large, strlen(large) + 1);
	}
	close(fds[0]);
	free(large);
	/* It says why it has ended. */
	if (waitpid(receiver, &status, 0) < 0)
		err(1, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
