// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two ipcx mailboxes without names, one per side. What is sent at one side is
 * posted to the other side's; a round trip is a call and its reply: one system call
 * on each side.
 *
 * Receives and calls that shall not block at once are adaptive ones, for which the
 * kernel spins. It does not for a sender that has no room.
 */
#include <stdlib.h>

#include <ipcx/ipcx.h>

#include "fd.h"
#include "internal.h"
#include "mbox_rights.h"
#include "waiting.h"

/**
 * struct mbox_end - One end.
 * @base: what the library sees
 * @mbox: its mailbox, and the way to the other one
 * @token: of the call to be answered, or 0
 * @patience: with a mailbox that has no room
 * @patient: there is need of it
 * @post: options for one that shall not wait for room
 * @call: options of calls
 * @recv: options of receives
 */
struct mbox_end {
	struct ipcx_transport_end base;
	struct mbox_rights mbox;
	uint64_t token;
	struct patience patience;
	bool patient;
	struct ipcx_mbox_send_opts post;
	struct ipcx_mbox_send_opts call;
	struct ipcx_recv_opts recv;
};

struct mbox_pair {
	struct ipcx_transport_pair base;
	struct mbox_end end[2];
};

static void end_init(struct mbox_end *end, const struct ipcx_transport_opts *opts)
{
	uint32_t flags = opts->wait == IPCX_WAIT_BLOCK ? 0 : IPCX_XFER_ADAPTIVE;

	end->base.ops = &ipcx_transport_ipcx_mbox;
	end->patience = patience_of(opts);
	end->patient = flags;
	end->post = (struct ipcx_mbox_send_opts){ .sz = sizeof(end->post),
						  .flags = IPCX_XFER_NONBLOCK };
	end->call = (struct ipcx_mbox_send_opts){ .sz = sizeof(end->call), .flags = flags };
	end->recv = (struct ipcx_recv_opts){ .sz = sizeof(end->recv), .flags = flags };
}

static int mbox_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		     char *why)
{
	struct mbox_pair *pair = calloc(1, sizeof(*pair));
	IPCX_OPTS(ipcx_mbox_opts, attr);
	int i;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = &ipcx_transport_ipcx_mbox;
	*out = &pair->base;
	for (i = 0; i < 2; i++) {
		end_init(&pair->end[i], opts);
		pair->base.end[i] = &pair->end[i].base;
	}
	attr.max_bytes = 2 * (uint64_t)opts->msg_size * opts->depth;
	attr.spin_ns = opts->wait == IPCX_WAIT_SPIN ? IPCX_SPIN_NS_MAX : opts->spin_ns;
	return mbox_rights_open(&pair->end[0].mbox, &pair->end[1].mbox, &attr, opts, why);
}

static int send_patiently(const struct mbox_end *end, const struct ipcx_mbox_msg *mail)
{
	struct tries tries = { 0 };
	int n, verdict;

	do {
		n = ipcx_mbox_send_msgs(end->mbox.out, mail, 1, &end->post);
		if (n != -EAGAIN)
			return n;
		verdict = try_again(&end->patience, &tries);
	} while (!verdict);
	return verdict < 0 ? verdict : ipcx_mbox_send_msgs(end->mbox.out, mail, 1, NULL);
}

static int mbox_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct mbox_end *end = (struct mbox_end *)base;
	struct ipcx_mbox_msg mail;
	int n;

	ipcx_mbox_msg_init(&mail, msg->buf, msg->len, 0, 0);
	mail.priority = msg->priority;
	n = end->patient ? send_patiently(end, &mail) :
			   ipcx_mbox_send_msgs(end->mbox.out, &mail, 1, NULL);
	return n < 0 ? n : 0;
}

static void message_of(struct ipcx_transport_msg *msg, const struct ipcx_mbox_recv *mail)
{
	msg->len = mail->len;
	msg->priority = mail->priority;
}

static int mbox_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct mbox_end *end = (struct mbox_end *)base;
	struct ipcx_mbox_recv mail;
	int n;

	ipcx_mbox_recv_init(&mail, msg->buf, msg->len);
	n = ipcx_mbox_recv_msgs(end->mbox.in, &mail, 1, &end->recv);
	if (n < 0)
		return n;
	message_of(msg, &mail);
	return 0;
}

static int mbox_call(struct ipcx_transport_end *base, const struct ipcx_transport_msg *request,
		     struct ipcx_transport_msg *reply)
{
	struct mbox_end *end = (struct mbox_end *)base;
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;
	int err;

	ipcx_mbox_msg_init(&msg, request->buf, request->len, 0, 0);
	msg.priority = request->priority;
	ipcx_mbox_recv_init(&mail, reply->buf, reply->len);
	err = ipcx_mbox_call_msg(end->mbox.out, &msg, &mail, &end->call);
	if (!err)
		message_of(reply, &mail);
	return err;
}

static int mbox_answer(struct ipcx_transport_end *base, const struct ipcx_transport_msg *reply,
		       struct ipcx_transport_msg *next)
{
	struct mbox_end *end = (struct mbox_end *)base;
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;
	int err;

	if (reply) {
		ipcx_mbox_msg_init(&msg, reply->buf, reply->len, 0, 0);
		msg.priority = reply->priority;
	}
	if (!next)
		return ipcx_mbox_reply_msg(end->mbox.in, end->token, &msg);
	ipcx_mbox_recv_init(&mail, next->buf, next->len);
	err = ipcx_mbox_reply_recv(end->mbox.in, reply ? end->token : 0, reply ? &msg : NULL, &mail,
				   &end->recv);
	/* After an error: what is still to be answered. */
	end->token = mail.token;
	if (!err)
		message_of(next, &mail);
	return err;
}

static int mbox_set_nonblock(struct ipcx_transport_end *base, int on)
{
	struct mbox_end *end = (struct mbox_end *)base;
	int err = fd_set_nonblock(ipcx_mbox_fd(end->mbox.in), on);

	end->patient = !on && end->patience.policy != IPCX_WAIT_BLOCK;
	return err ? err : fd_set_nonblock(ipcx_mbox_fd(end->mbox.out), on);
}

/* Who has both rights to receive would never see the other end. */
static void mbox_attach(struct ipcx_transport_pair *base, int side)
{
	mbox_rights_close(&((struct mbox_pair *)base)->end[!side].mbox);
}

static void mbox_close(struct ipcx_transport_pair *base)
{
	struct mbox_pair *pair = (struct mbox_pair *)base;
	int i;

	for (i = 0; i < 2; i++)
		mbox_rights_close(&pair->end[i].mbox);
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_ipcx_mbox = {
	.name = "ipcx-mbox",
	.summary = "ipcx mailboxes, with attested senders; round trips as calls",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_PRIORITY | IPCX_TRANSPORT_POLL |
		IPCX_TRANSPORT_CALL | IPCX_TRANSPORT_MANY_SENDERS,
	.traits = IPCX_TRAIT_TYPE_FILTER | IPCX_TRAIT_PASS_FDS | IPCX_TRAIT_BROADCAST |
		IPCX_TRAIT_BIDIRECTIONAL | IPCX_TRAIT_SENDER | IPCX_TRAIT_DEATH,
	.max_priority = IPCX_PRIO_MAX,
	.available = transport_ipcx_available,
	.open = mbox_open,
	.send = mbox_send,
	.recv = mbox_recv,
	.call = mbox_call,
	.answer = mbox_answer,
	.set_nonblock = mbox_set_nonblock,
	.attach = mbox_attach,
	.close = mbox_close,
};
