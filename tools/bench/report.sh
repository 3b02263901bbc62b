#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A report of this machine and of a VM. What the VM has measured before is used again:
# "make run", "make ledger" and "make bench-icount" leave it. Without the first of them
# the comparison is run there now.
set -euo pipefail

# shellcheck source=tools/bench/vm.sh
. "$(dirname "${BASH_SOURCE[0]}")/vm.sh"

usage() {
	cat <<-USAGE
		usage: tools/bench/report.sh [--again]
		Leaves out/report/report.html, and what it is made of under out/bench/host.
		  --again  measure in the VM, too, although out/bench.json is there
		\$KERNEL says which kernel, as for tools/vm/run.
	USAGE
}

again=0
while [ $# -gt 0 ]; do
	case $1 in
	--again) again=1 && shift ;;
	-h | --help) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
done

host=$out/bench/host
files=()

# measure NAME OPTION...: on this machine. Depth 8, since an ordinary user's POSIX queues
# hold ten messages. That single rows fail or are skipped is in the report.
measure() {
	local name=$1 status=0
	shift
	say "measuring on this machine: $name"
	rm -f "$host/$name.json"
	"$bench" --depth 8 --sizes 64,1K,4K,16K,64K --duration 10 "$@" --json "$host/$name.json" \
		>"$host/$name.txt" || status=$?
	[ "$status" != 130 ] || exit 130
	[ -e "$host/$name.json" ] || die "ipcx-bench failed: see $host/$name.txt"
	# Nothing measured at all (status 3) is nothing to show.
	[ "$status" = 3 ] || files+=("$host/$name.json")
}

measure_all() {
	mkdir -p "$host"
	measure one-cpu
	if [ "$(nproc)" -gt 1 ]; then
		measure two-cpus --cpus two --modes oneway,roundtrip
		measure two-cpus-spinning --cpus two --wait spin --modes oneway,roundtrip
	else
		say "one CPU: nothing on two, nobody spins"
	fi
}

# What the VM left, as far as it is there.
add_vm() {
	local file
	for file in "$out/bench.json" "$out/ledger.json" "$out/ledger-icount.json" \
		"$out/bench/icount-${KERNEL:-stock}"/{small,large,two}.json; do
		[ ! -e "$file" ] || files+=("$file")
	done
}

need_bench
if [ $again = 1 ] || [ ! -e "$out/bench.json" ]; then
	"$root/tools/vm/bench"
fi
measure_all
add_vm
"$bench" report "${files[@]}" -o "$out/report"
