// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared rings: threads, which share one mapping, before ThreadSanitizer. */
#include "ring_traffic.h"

int main(void)
{
	uint64_t seed = unit_seed();
	char title[96];

	for (size_t i = 0; i < FORMS; i++) {
		struct traffic t = {
			.form = &forms[i],
			.producers = forms[i].producers < 4 ? forms[i].producers : 4,
			.consumers = forms[i].consumers < 2 ? forms[i].consumers : 2,
			.records = unit_scaled(2000, 100000),
			.policy = IPCX_WAIT_ADAPTIVE,
			.seed = unit_rnd(&seed),
		};

		t.ring = ring_at(t.form, SIZE, -ipcx_ring_add(0, 10000));
		run_threads(&t);
		ipcx_ring_close(t.ring);
		snprintf(title, sizeof(title), "%s: threads without a race", t.form->what);
		unit_ok(title);
	}
	return 0;
}
