#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What wait.sh measures; runs in the VM, as an ordinary user, under guest.sh.
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

step wait wait
for way in spin adaptive block; do
	step "roundtrip-$way" --cpus two --wait $way --quiet -s 64 -m roundtrip -r 15
done
exit "$status"
