#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The commands in the documentation that set probes: as docs.sh. TAP. Needs root, and
# ipcx_probe.ko loaded.
exec "$(dirname "${BASH_SOURCE[0]}")/docs.sh" trace
