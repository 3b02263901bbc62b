#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The comparison of ways of waiting: wall time in a VM with two CPUs, as an ordinary
# user, in a memory cgroup with a limit. Leaves tables and JSON under
# out/bench/wait-KERNEL/ and holds the ratios against the goals.
set -euo pipefail

# shellcheck source=tools/bench/vm.sh
. "$(dirname "${BASH_SOURCE[0]}")/vm.sh"

usage() {
	cat <<-USAGE
		usage: tools/bench/wait.sh [OPTION]...
		  --kernel NAME    as for tools/vm/run (default: stock)
		  --insmod FILE    the module (default: out/kmod/KERNEL/ipcx.ko)
		  --goals          missed goals are a failure
		The host needs two CPUs with nothing else to do. Status: 0: measured; 1: not.
	USAGE
}

kernel=stock module='' goals=0
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2 && shift 2 ;;
	--insmod) module=$2 && shift 2 ;;
	--goals) goals=1 && shift ;;
	-h | --help) usage && exit 0 ;;
	*) usage >&2 && exit 2 ;;
	esac
done

need_bench
folder=$out/bench/wait-$kernel
[ -n "$module" ] || module=$out/kmod/$kernel/ipcx.ko
[ -f "$module" ] || die "$module: not there: build it with 'make module KERNEL=$kernel'"
rm -rf "$folder"
mkdir -p "$folder"
"$root/tools/vm/run" --kernel "$kernel" --insmod "$module" --cpus 2 --share "$folder" -- \
	env BENCH="$bench" "$bench_dir/guest.sh" "$bench_dir/wait-guest.sh" |
	tee "$folder/tables.txt"
status=0
"$bench_dir/goals" --wait "$folder" || [ $goals = 0 ] || status=1
echo "tables and JSON: $folder"
exit $status
