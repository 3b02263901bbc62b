#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: docs.sh [PLACE...]
# The commands in README.md and Documentation/ that say they run in the VM, or there on a
# kernel with debugging information, or else in these places: they succeed and print what
# the text shows. TAP. Needs root.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/.." && pwd)
# A copy that an ordinary user can execute, wherever the source tree lies.
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
chmod 755 "$bin"
install -m 755 "$top"/out/tools/{ipcx,ipcx-trace} "$bin" || {
	echo "Bail out! out/tools: ipcx or ipcx-trace is not there: build them with 'make tools'"
	exit 1
}
export PATH=$bin:$PATH LC_ALL=C.UTF-8

# What a page that failed half-way left would fail the next ones, too.
forget() {
	local tracing=/sys/kernel/tracing names
	mapfile -t names < <(ipcx ls --quiet)
	[ ${#names[@]} = 0 ] || ipcx rm -- "${names[@]}"
	[ ! -e "$tracing/events/enable" ] || echo 0 >"$tracing/events/enable"
	[ ! -e "$tracing/set_event_pid" ] || : >"$tracing/set_event_pid"
	[ ! -e "$tracing/trace" ] || : >"$tracing/trace"
}
export -f forget

# Only the kernels that are built here have it.
has_debug_information() {
	readelf -SW "/lib/modules/$(uname -r)/vmlinux" | grep ' \.debug_info ' >/dev/null
}

places=("$@")
if [ $# = 0 ]; then
	places=(vm)
	! has_debug_information || places+=(debug)
fi

# Debian's python: the documentation asks for no other, and for none of its packages.
/usr/bin/python3 -I -S "$top/Documentation/ext/blocks.py" tap forget "${places[@]}"
