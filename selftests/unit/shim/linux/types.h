/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tools/include has the kernel's types, but not their limits. */
#ifndef IPCX_SHIM_LINUX_TYPES_H
#define IPCX_SHIM_LINUX_TYPES_H

#include_next <linux/types.h>
#include <stdint.h>

#ifndef U64_MAX
#define U64_MAX	UINT64_MAX
#endif

#endif /* IPCX_SHIM_LINUX_TYPES_H */
