/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long and how large message queues may be. */
#ifndef BENCH_IPC_LIMITS_H
#define BENCH_IPC_LIMITS_H

#include <stdbool.h>

#include "options.h"

/*
 * These limits belong to an IPC namespace. Who may have one of its own (CAP_SYS_ADMIN) has it
 * from here on, with the highest limits that there are: nobody else sees them, and nothing is
 * left of them. Returns whether that is so; if not, all is as it was. It is only done where a
 * mechanism that has such limits is to be measured.
 */
bool ipc_limits_raise(const struct options *options);

#endif /* BENCH_IPC_LIMITS_H */
