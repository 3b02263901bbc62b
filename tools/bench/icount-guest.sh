#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What icount.sh measures; runs in the VM, as an ordinary user, under guest.sh.
set -eu

status=0
note() { [ "$1" -eq 0 ] || [ "$1" -eq 3 ] || status=$1; }

step() { # name, arguments for ipcx-bench
	name=$1
	shift
	echo
	echo "== ipcx-bench $*"
	ipcx-bench "$@" --json "$RESULTS/$name.json" && result=0 || result=$?
	note "$result"
}

only=''
[ ! -e "$RESULTS/counts" ] || only="--regions $RESULTS/counts"
[ -z "${TRANSPORTS:-}" ] || only="$only --transports $TRANSPORTS"

# shellcheck disable=SC2086
step small $only --unit instructions --quiet -s 64 -b 1,32 -m pair
# shellcheck disable=SC2086
step large $only --unit instructions --quiet -s 4K,64K -m pair
# shellcheck disable=SC2086
step two $only --unit instructions --quiet -s 64,4K -m oneway,roundtrip,switch
if [ "${QUICK:-0}" = 0 ]; then
	step depth depth
	step memory memory
	step group group
	step mailboxes mailboxes
	step ring ring
fi
exit "$status"
