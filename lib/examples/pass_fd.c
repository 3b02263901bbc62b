// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A queue's fd is a capability: whoever gets it, here over a socket, may do what
 * it was opened for, which is to send, and no more.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

union control {
	char space[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static void pass_fd(int sock, int fd)
{
	union control control = { .space = { 0 } };
	struct iovec iov = { .iov_base = "q", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) < 0)
		check("sendmsg", -errno);
}

static int take_fd(int sock)
{
	union control control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) < 0)
		check("recvmsg", -errno);
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		check("fd", -EBADMSG);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

static void child(int sock)
{
	struct ipcx_queue *q;
	char byte;

	check("queue of the fd", ipcx_queue_from_fd(&q, take_fd(sock)));
	check("send", ipcx_queue_send(q, "from the child", 14, 0));
	if (ipcx_queue_recv(q, &byte, 1, NULL) != -EBADF)
		check("receive without the right", -EACCES);
	ipcx_queue_close(q);
}

int main(void)
{
	struct ipcx_queue *q, *send_only;
	struct ipcx_dev *dev;
	int socks[2], status;
	char buf[64];
	ssize_t len;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
		check("socketpair", -errno);
	pid = fork();
	if (pid < 0)
		check("fork", -errno);
	if (!pid) {
		child(socks[1]);
		return EXIT_SUCCESS;
	}

	/* Only a name can be opened a second time, with fewer rights. */
	check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a queue",
	      ipcx_queue_open(&q, dev, "/example-pass", IPCX_OPEN_READ | IPCX_OPEN_CREATE, NULL));
	check("open to send",
	      ipcx_queue_open(&send_only, dev, "/example-pass", IPCX_OPEN_WRITE, NULL));
	check("unlink", ipcx_dev_unlink(dev, "/example-pass"));
	pass_fd(socks[0], ipcx_queue_fd(send_only));
	ipcx_queue_close(send_only);

	len = check("receive", ipcx_queue_recv(q, buf, sizeof(buf), NULL));
	printf("%.*s\n", (int)len, buf);
	waitpid(pid, &status, 0);
	ipcx_queue_close(q);
	ipcx_dev_close(dev);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
