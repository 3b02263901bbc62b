// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages by UDP, without ipcx. A datagram arrives whole or not at all, perhaps twice, perhaps
 * after a later one, and nothing slows a sender down: what the receiver's buffer has no room for
 * is dropped, even on the loopback interface. So this does what TCP would do: datagrams have
 * numbers, and the receiver asks for the first one that is missing; all from there on are sent
 * again.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT 5
/* The one that is lost at first: it is not sent. */
#define LOST 2
#define SILENCES 50

/**
 * struct datagram - In the order of bytes of the network.
 * @number: of a message; from the receiver: the first that it has not got, all before it arrived
 * @text: empty from the receiver
 */
struct datagram {
	uint32_t number;
	char text[28];
};

static void put(int fd, uint32_t number, const char *text)
{
	struct datagram d = { .number = htonl(number) };

	snprintf(d.text, sizeof(d.text), "%s", text);
	/* An error that an earlier one met may be told here: then nobody has the other port. */
	if (send(fd, &d, sizeof(d), 0) < 0)
		err(1, "send");
}

/* 1, or 0 if nothing came for a while: then it, or what should have caused it, was lost. */
static int get(int fd, struct datagram *d)
{
	ssize_t n = recv(fd, d, sizeof(*d), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		err(1, "recv");
	d->number = ntohl(d->number);
	d->text[sizeof(d->text) - 1] = '\0';
	return n == sizeof(*d);
}

static void send_from(int fd, uint32_t number, uint32_t lost)
{
	char text[sizeof(((struct datagram *)0)->text)];

	for (; number < COUNT; number++) {
		snprintf(text, sizeof(text), "message %u", number);
		if (number != lost)
			put(fd, number, text);
	}
}

static void send_all(int fd)
{
	uint32_t missing = 0, silences = 0;
	struct datagram d;

	send_from(fd, 0, LOST);
	while (missing < COUNT) {
		if (get(fd, &d)) {
			missing = d.number;
			silences = 0;
		} else if (++silences == SILENCES) {
			errx(1, "the receiver does not answer");
		}
		send_from(fd, missing, COUNT);
	}
}

/*
 * That all are here may be lost, too: who goes on sending is told again, until it is silent or
 * an error says that its port is closed. TCP calls that TIME_WAIT.
 */
static void tell_the_end(int fd)
{
	const struct datagram end = { .number = htonl(COUNT) };
	struct datagram d;

	while (send(fd, &end, sizeof(end), 0) >= 0 && recv(fd, &d, sizeof(d), 0) >= 0)
		;
}

static void receive_all(int fd)
{
	uint32_t wanted = 0, said = COUNT, silences = 0;
	struct datagram d;

	while (wanted < COUNT && silences < SILENCES) {
		if (!get(fd, &d)) {
			silences++;
		} else if (d.number == wanted) {
			printf("%s\n", d.text);
			wanted++;
			continue;
		} else if (d.number < wanted) {
			/* It came twice. */
			continue;
		} else if (said != wanted) {
			printf("%u is missing: once more, please\n", wanted);
			said = wanted;
		}
		/* What came too early is dropped here; TCP would keep it. */
		put(fd, wanted, "");
	}
	if (wanted < COUNT)
		errx(1, "the sender is silent");
	tell_the_end(fd);
}

/* Any free port. After some time recv(2) gives up: nobody tells that something was lost. */
static int make_socket(struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct timeval patience = { .tv_usec = 200000 };
	socklen_t len = sizeof(*address);

	*address = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (fd < 0 || bind(fd, (struct sockaddr *)address, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &len) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		err(1, "socket");
	return fd;
}

int main(void)
{
	struct sockaddr_in sender, receiver;
	int from = make_socket(&sender), to = make_socket(&receiver), status;
	pid_t child;

	/* Connected, each has datagrams of the other one only, and errors are told. */
	if (connect(from, (struct sockaddr *)&receiver, sizeof(receiver)) < 0 ||
	    connect(to, (struct sockaddr *)&sender, sizeof(sender)) < 0)
		err(1, "connect");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		close(to);
		send_all(from);
		_exit(0);
	}
	close(from);
	receive_all(to);
	return wait(&status) < 0 || status;
}
