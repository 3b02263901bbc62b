#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where do the instructions of a message go? Runs one case of ipcx-bench in an
# instruction-counting VM, as an ordinary user in a memory cgroup with a limit, and
# lists functions with instructions per message.
set -euo pipefail

# shellcheck source=tools/bench/vm.sh
. "$(dirname "${BASH_SOURCE[0]}")/vm.sh"

usage() {
	cat <<-USAGE
		usage: tools/bench/profile.sh [OPTION]... [--] IPCX-BENCH-OPTION...
		  --kernel NAME    as for tools/vm/run (default: stock)
		  --insmod FILE    load this module (default: out/kmod/KERNEL/ipcx.ko if there)
		  --root           as root, in no cgroup with a limit
		  --top N          functions to list (default: 40)
		  --annotate NAME  also the instructions of this function; may be repeated
		  --flow [N]       also the order of the last N visits to the kernel
		                   (default: 2)
		  --keep DIR       keep all files there (default: out/bench/profile)
		  --again          evaluate the files of the last run again, without a VM
		The options for ipcx-bench have to choose one row, for example
		  tools/bench/profile.sh -t pipe -m pair -s 64
	USAGE
}

kernel=stock module='' top=40 flow=0 again=0
folder=$out/bench/profile
annotate=() who=()

while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2 && shift 2 ;;
	--insmod) module=$2 && shift 2 ;;
	--top) top=$2 && shift 2 ;;
	--root) who=(--root) && shift ;;
	--annotate) annotate+=("$2") && shift 2 ;;
	--keep) folder=$2 && shift 2 ;;
	--flow)
		flow=2 && shift
		[[ ! ${1:-} =~ ^[0-9]+$ ]] || { flow=$1 && shift; }
		;;
	--again) again=1 && shift ;;
	-h | --help) usage && exit 0 ;;
	--) shift && break ;;
	*) break ;;
	esac
done

run_vm() {
	local with=(--kernel "$kernel" --timeout 600)
	need_bench
	rm -rf "$folder"
	mkdir -p "$folder"
	build_plugin "$folder/count.so" || die "a profile needs the plugin"
	make_qemu "$folder/qemu" -plugin \
		"file=$folder/count.so,profile=$folder/profile,trace=$folder/trace"
	[ -n "$module" ] || module=$out/kmod/$kernel/ipcx.ko
	[ ! -f "$module" ] || with+=(--insmod "$module")
	# shellcheck disable=SC2016 # expanded in the VM
	counting_vm "$folder" "${with[@]}" -- sh -c \
		'cat /proc/kallsyms >"$IPCX_SHARE/kallsyms"; exec "$@"' - \
		env BENCH="$bench" "$bench_dir/guest.sh" "${who[@]}" sh -c \
		'exec ipcx-bench --json "$RESULTS/result.json" "$@"' - \
		--unit instructions --repeat 1 --quiet "$@"
}

[ $again = 1 ] || run_vm "$@"
[ -s "$folder/profile" ] || die "no profile in $folder"
awk '$2 ~ /^[tTwW]$/ { print $1, $3, $4 }' "$folder/kallsyms" | LC_ALL=C sort >"$folder/symbols"
count=$(sed -n 's/^ *"count": \([0-9]*\),*$/\1/p' "$folder/result.json" | sed -n 1p)
[ -n "$count" ] || die "nothing was measured"

evaluate() { # program, options, input
	local program=$1
	shift
	LC_ALL=C awk -v symbols_file="$folder/symbols" -v count="$count" \
		-f "$bench_dir/symbols.awk" -f "$bench_dir/profile-$program.awk" "$@"
}

echo
echo "INSTRUCTIONS   LOCKED    SHARE  FUNCTION (per message, over $count messages)"
evaluate functions "$folder/profile" | head -n "$top" || true
for name in "${annotate[@]}"; do
	printf '\n%s: address, times per message, L: locked, instruction\n' "$name"
	LC_ALL=C sort "$folder/profile" | evaluate annotate -v function_name="$name"
done
if [ "$flow" -gt 0 ]; then
	printf '\nlast %s visits to the kernel: instructions, function\n' "$flow"
	evaluate flow -v calls="$flow" "$folder/trace"
fi
