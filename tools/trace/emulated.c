// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whether the processor is a program: its nanoseconds are that program's. */
#include <jansson.h>

#include "../bench/env.h"
#include "trace.h"

bool is_emulated(void)
{
	json_t *env = env_collect();
	bool emulated = env && env_emulated(env);

	json_decref(env);
	return emulated;
}
