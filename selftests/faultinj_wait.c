// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Senders and receivers that wait: every allocation and user copy of theirs fails once,
 * before they sleep or after they were woken, as faultinj.c does with what does not wait.
 * The message is sent or not, received or not, never half. Needs a kernel with fault
 * injection.
 */
#include "fault_queue.h"

FIXTURE(fault) {
	int queue;
	size_t len;
};

FIXTURE_VARIANT(fault) {
	uid_t uid;
};

FIXTURE_VARIANT_ADD(fault, root) { .uid = 0 };
/* One who has nothing yet: the account itself has to be made, too. */
FIXTURE_VARIANT_ADD(fault, user) { .uid = UID_A };

FIXTURE_SETUP(fault)
{
	make_payload();
	ASSERT_EQ(0, set_up_faults(variant->uid));
}

FIXTURE_TEARDOWN(fault)
{
}

typedef FIXTURE_DATA(fault) env_t;

struct outcome {
	int ret;
	bool met;
	bool finished;
};

struct waiting {
	env_t *env;
	unsigned int n;
	int (*run)(env_t *env);
	struct outcome *outcome;
};

static int run_waiting(void *arg)
{
	struct waiting *w = arg;

	/* The task's own, not its parent's. */
	MUST_BE(0, open_fail_nth());
	MUST(mlockall(MCL_CURRENT) == 0);
	memset(room, 0, sizeof(room));
	arm(w->n);
	w->outcome->ret = w->run(w->env);
	w->outcome->met = disarm();
	w->outcome->finished = true;
	return 0;
}

static int run_blocking_recv(env_t *env)
{
	struct ipcx_msg msg;
	int ret = recv_msg(env->queue, room, sizeof(room), &msg, 0);

	return whole(ret, &msg, env->len);
}

static int run_blocking_send(env_t *env)
{
	return send_msg(env->queue, payload + 1, env->len, 1, 3, 0);
}

/* It waits, or it has failed before it came to that. */
static bool waits_or_finished(void *arg)
{
	struct waiting *w = arg;
	struct ipcx_stat stat;

	get_stat(w->env->queue, &stat);
	return stat.recv_waiters || stat.send_waiters || w->outcome->finished;
}

static void walk_waiting(struct __test_metadata *_metadata, env_t *env, size_t len, bool sends)
{
	struct outcome *outcome = shared_memory(sizeof(*outcome));
	const char *what = sends ? "waiting sender" : "waiting receiver";
	struct waiting w = { .env = env, .outcome = outcome };
	struct ipcx_queue_attr attr = { .max_msgs = 1 };
	struct ipcx_msg msg;

	w.run = sends ? run_blocking_send : run_blocking_recv;
	env->len = len;
	for (w.n = 1, outcome->met = true; outcome->met && w.n < MANY; w.n++) {
		pid_t pid;
		bool waited;

		*outcome = (struct outcome) { 0 };
		env->queue = new_queue(0, &attr);
		ASSERT_LE(0, env->queue);
		if (sends)
			ASSERT_EQ(1, send_msg(env->queue, payload, len, 0, 3, 0));
		pid = spawn(run_waiting, &w);
		ASSERT_EQ(0, wait_until(waits_or_finished, &w));
		waited = !outcome->finished;
		if (sends) {
			ASSERT_EQ(1, recv_msg(env->queue, room, sizeof(room), &msg, 0));
		} else if (waited) {
			ASSERT_EQ(1, send_msg(env->queue, payload, len, 0, 3, 0));
		}
		ASSERT_EQ(0, reap(pid));
		ASSERT_TRUE(outcome->ret == 1 || outcome->ret == -ENOMEM ||
			    outcome->ret == -EFAULT) {
			TH_LOG("%s: %d", what, outcome->ret);
		}
		if (outcome->ret < 0 && !sends && waited)
			expect_message(_metadata, env->queue, what, 0, len);
		else if (outcome->ret == 1 && sends)
			expect_message(_metadata, env->queue, what, 1, len);
		expect_no_message(_metadata, env->queue, what);
		close(env->queue);
	}
	EXPECT_LT(3, w.n);
	EXPECT_GT(MANY, w.n);
	munmap(outcome, sizeof(*outcome));
}

TEST_F(fault, waiting_receiver)
{
	walk_waiting(_metadata, self, 20, false);
	walk_waiting(_metadata, self, 5000, false);
}

TEST_F(fault, waiting_sender)
{
	walk_waiting(_metadata, self, 20, true);
	walk_waiting(_metadata, self, 5000, true);
}

TEST_HARNESS_MAIN
