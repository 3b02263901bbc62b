/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Payloads that tell which message they belong to: every 8-byte word depends on
 * the message's number and on its place, so that a byte that is lost, stale, out
 * of place or from another message shows.
 */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void payload_write(void *buf, size_t len, uint64_t number);

/* Whether all of it is what payload_write() wrote. */
bool payload_check(const void *buf, size_t len, uint64_t number);

#endif /* BENCH_PAYLOAD_H */
