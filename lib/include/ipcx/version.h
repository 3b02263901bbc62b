/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Version of libipcx and its tools; the Makefiles read the numbers from here. */
#ifndef IPCX_VERSION_H
#define IPCX_VERSION_H

#define IPCX_VERSION_MAJOR	0
#define IPCX_VERSION_MINOR	1
#define IPCX_VERSION_PATCH	0

#endif /* IPCX_VERSION_H */
