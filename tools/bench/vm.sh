# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the scripts of this folder: programs, the plugin, the VM.
# shellcheck shell=bash

bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$bench_dir/../.." && pwd)
out=${OUT:-$root/out}
bench=${BENCH:-$out/tools/ipcx-bench}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
	say "$*"
	exit 1
}

need_bench() {
	[ -x "$bench" ] || die "$bench: not there: build it with 'make'"
}

# QEMU tells by refusing which versions of the plugin interface it does not speak.
plugin_loads() {
	echo quit | timeout 60 qemu-system-x86_64 -machine none -display none -monitor stdio \
		-plugin "file=$1" >/dev/null 2>&1
}

# build_plugin FILE: for the newest interface that this QEMU has.
build_plugin() {
	local api
	mkdir -p "$(dirname "$1")"
	for api in 5 4 3 2 1; do
		"${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -fPIC -shared -fvisibility=hidden \
			-DPLUGIN_API=$api -o "$1" "$bench_dir/plugin/count.c" || return 1
		! plugin_loads "$1" || return 0
	done
	say "$(qemu-system-x86_64 --version | sed -n 1p) takes no plugin that is made for versions 1 to 5 of its interface"
	return 1
}

# The VM runner has no option for more QEMU arguments, and finds QEMU by PATH:
# make_qemu FOLDER ARGUMENT... puts one there that has them.
make_qemu() {
	local folder=$1 qemu
	shift
	qemu=$(command -v qemu-system-x86_64) || die "qemu-system-x86_64 not found: run 'make deps'"
	mkdir -p "$folder"
	{
		echo '#!/bin/sh'
		printf "exec '%s' \"\$@\"" "$qemu"
		printf " '%s'" "$@"
		echo
	} >"$folder/qemu-system-x86_64"
	chmod +x "$folder/qemu-system-x86_64"
}

# counting_vm FOLDER WITH... -- COMMAND...: a VM that counts instructions, with
# these options of tools/vm/run; FOLDER is shared and has the QEMU of make_qemu.
# A kernel with one CPU would drop its lock prefixes, and random addresses would
# make page faults differ from run to run.
counting_vm() {
	local folder=$1
	shift
	IPCX_VM_APPEND="${IPCX_VM_APPEND:-} noreplace-smp nokaslr norandmaps" PATH="$folder/qemu:$PATH" \
		"$root/tools/vm/run" --icount --share "$folder" "$@"
}
