/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of the system, and of the process, that limit a mechanism. */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include <jansson.h>

#include <ipcx/transport.h>

/*
 * An object with the settings as they are here, by their names as sysctl(8) and setrlimit(2)
 * have them; null: no limit. Empty for who has none.
 */
json_t *limits_of(const struct ipcx_transport_ops *ops);

#endif /* BENCH_LIMITS_H */
