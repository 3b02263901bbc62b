/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of what has to do with the BPF programs. */
#ifndef TRACE_LOAD_H
#define TRACE_LOAD_H

#include "trace.h"

/* Generated; it takes the records for known. */
#include "ledger.skel.h"

struct programs {
	struct ledger_bpf *skel;
	bool sees_copies;
};

#endif /* TRACE_LOAD_H */
