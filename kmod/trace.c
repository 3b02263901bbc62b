// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints' code. What they look into has to be known before. */
#include "mbox.h"

#define CREATE_TRACE_POINTS
#include "trace.h"
