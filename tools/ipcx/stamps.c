// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a message's stages took. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "recv.h"

json_t *stamps_json(const struct ipcx_stamps *s)
{
	json_t *obj = check_alloc(json_object());

	json_set_u64(obj, "copy_in_start", s->copy_in_start);
	json_set_u64(obj, "copy_in_end", s->copy_in_end);
	json_set_u64(obj, "locked", s->locked);
	json_set_u64(obj, "enqueued", s->enqueued);
	json_set_u64(obj, "woken", s->woken);
	json_set_u64(obj, "dequeued", s->dequeued);
	json_set_u64(obj, "copy_out_end", s->copy_out_end);
	return obj;
}

/* From one time to the next one, if both were taken. */
static void tell_stage(const char *what, uint64_t from, uint64_t to)
{
	if (from && to)
		fprintf(stderr, " %s %" PRIu64, what, to - from);
}

void stamps_tell(const struct ipcx_stamps *s, const char *subject)
{
	char *name = printable(subject);

	fprintf(stderr, "ipcx: %s: ns:", name);
	tell_stage("copy in", s->copy_in_start, s->copy_in_end);
	tell_stage("to the lock", s->copy_in_end, s->locked);
	tell_stage("to its place", s->locked, s->enqueued);
	if (s->woken) {
		tell_stage("to the wake-up", s->enqueued, s->woken);
		tell_stage("waking", s->woken, s->dequeued);
	} else {
		tell_stage("queued", s->enqueued, s->dequeued);
	}
	tell_stage("copy out", s->dequeued, s->copy_out_end);
	fputc('\n', stderr);
	free(name);
}
