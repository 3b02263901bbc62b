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

# The version of the plugin interface that this QEMU speaks: 1 up to 8.x.
plugin_api() {
	local major
	major=$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p;q')
	if [ "${major:-0}" -ge 10 ]; then
		echo 4
	elif [ "${major:-0}" -ge 9 ]; then
		echo 2
	else
		echo 1
	fi
}

# build_plugin FILE
build_plugin() {
	mkdir -p "$(dirname "$1")"
	"${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -fPIC -shared -fvisibility=hidden \
		-DPLUGIN_API="$(plugin_api)" -o "$1" "$bench_dir/plugin/count.c"
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
# Without the kernel parameter a kernel with one CPU drops its lock prefixes.
counting_vm() {
	local folder=$1
	shift
	IPCX_VM_APPEND="${IPCX_VM_APPEND:-} noreplace-smp" PATH="$folder/qemu:$PATH" \
		"$root/tools/vm/run" --icount --share "$folder" "$@"
}
