/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference: what a round trip would cost if it had no message. */
#ifndef BENCH_SWITCH_H
#define BENCH_SWITCH_H

#include "measure.h"

/* For rows of MODE_SWITCH: it opens and closes, and has no calls. */
extern const struct ipcx_transport_ops switch_ops;

int switch_measure(const struct plan *plan, struct link *link, struct outcome *outcome);
int switch_peer(const struct plan *plan, struct link *link);

#endif /* BENCH_SWITCH_H */
