#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The commands in README.md and Documentation/ that say they run in the VM: they
# succeed and print what the text shows. TAP. Needs root.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../tools/ci/tap.sh
. "$here/../tools/ci/tap.sh"

top=$(cd "$here/.." && pwd)
blocks=$top/Documentation/ext/blocks.py
tracing=/sys/kernel/tracing
# A copy that an ordinary user can execute, wherever the source tree lies.
bin=$(mktemp -d)
trap 'rm -rf "$bin" "$tap_output"' EXIT
chmod 755 "$bin"
install -m 755 "$top/out/tools/ipcx" "$bin/ipcx" || {
	echo "Bail out! out/tools/ipcx: not there: build it with 'make tools'"
	exit 1
}
export PATH=$bin:$PATH PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8

# What a page that failed half-way left would fail the next ones, too.
forget() {
	ipcx ls --quiet | xargs -r -d '\n' ipcx rm
	[ ! -e "$tracing/events/ipcx/enable" ] || echo 0 >"$tracing/events/ipcx/enable"
	[ ! -e "$tracing/trace" ] || : >"$tracing/trace"
}

# Debian's python: the documentation asks for no other.
runs_as_written() {
	local status=0
	/usr/bin/python3 "$blocks" run "$1" || status=1
	forget
	return "$status"
}

while IFS= read -r page; do
	tap "commands of $page" runs_as_written "$page"
done < <(/usr/bin/python3 "$blocks" list vm)
tap_done
