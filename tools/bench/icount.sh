#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The comparison in instructions per operation: in a VM that counts them, as an
# ordinary user, in a memory cgroup with a limit. Leaves tables and JSON under
# out/bench/icount-KERNEL/ and holds the figures against the goals.
set -euo pipefail

# shellcheck source=tools/bench/vm.sh
. "$(dirname "${BASH_SOURCE[0]}")/vm.sh"

usage() {
	cat <<-USAGE
		usage: tools/bench/icount.sh [OPTION]...
		  --kernel NAME    as for tools/vm/run (default: stock)
		  --insmod FILE    the module (default: out/kmod/KERNEL/ipcx.ko)
		  --twice          two VMs, one after the other: their figures may differ by
		                   1 % at most
		  --quick          leave out depth and memory
		  --transports NAME,...
		                   only these, of what is not left out
		Status: 0: measured, and the two runs agree; 1: not. Goals that were
		missed are told, and change the status with --goals only.
		  --goals          missed goals are a failure
	USAGE
}

kernel=stock module='' twice=0 quick=0 goals=0 transports=''
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2 && shift 2 ;;
	--insmod) module=$2 && shift 2 ;;
	--twice) twice=1 && shift ;;
	--quick) quick=1 && shift ;;
	--transports) transports=$2 && shift 2 ;;
	--goals) goals=1 && shift ;;
	-h | --help) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
done

folder=$out/bench/icount-$kernel
[ -n "$module" ] || module=$out/kmod/$kernel/ipcx.ko

run() { # folder
	local plugin=()
	rm -rf "$1"
	mkdir -p "$1"
	if build_plugin "$1/count.so"; then
		plugin=(-plugin "file=$1/count.so,counts=$1/counts")
		: >"$1/counts"
	else
		say "the QEMU plugin cannot be built: no counts of locked instructions"
	fi
	make_qemu "$1/qemu" "${plugin[@]}"
	counting_vm "$1" --kernel "$kernel" --insmod "$module" --timeout 1800 -- \
		env BENCH="$bench" QUICK=$quick TRANSPORTS="$transports" "$bench_dir/guest.sh" "$bench_dir/icount-guest.sh" |
		tee "$1/tables.txt"
}

need_bench
[ -f "$module" ] || die "$module: not there: build it with 'make module KERNEL=$kernel'"
run "$folder"
status=0
if [ $twice = 1 ]; then
	run "$folder-again"
	for file in "$folder"/*.json; do
		echo "== ${file##*/}, two runs"
		# The cgroup takes pages in advance: bytes are not exact.
		bound=1
		[ "${file##*/}" != memory.json ] || bound=5
		"$bench" compare --bound $bound "$file" "$folder-again/${file##*/}" || status=1
	done
fi
"$bench_dir/goals" "$folder" || [ $goals = 0 ] || status=1
echo "tables and JSON: $folder"
exit $status
