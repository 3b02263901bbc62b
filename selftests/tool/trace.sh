# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by the tests of ipcx-trace: its runs and its output, in $work.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../../tools/ci/tap.sh
. "$top/tools/ci/tap.sh"

program=${IPCX_TRACE:-$top/out/tools/ipcx-trace}
[ -x "$program" ] || {
	echo "Bail out! $program: not there: it needs clang, bpftool and libbpf-dev (make deps)"
	exit 1
}
work=$(mktemp -d)
# What a test has to take back at its end, it says by a function of that name.
undo() { :; }
# shellcheck disable=SC2154 # tap.sh sets it
trap 'undo; rm -rf "$work" "$tap_output"' EXIT

# run STATUS ARGUMENT...: output in $work/out and /err.
run() {
	local wanted=$1 status=0
	shift
	"$program" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	[ "$status" = "$wanted" ] && return
	echo "ipcx-trace $*: exit status $status instead of $wanted"
	cat "$work/out" "$work/err"
	return 1
}

# has out|err PATTERN...: a line matches each.
has() {
	local file=$work/$1 pattern
	shift
	for pattern in "$@"; do
		grep -qE -e "$pattern" "$file" && continue
		echo "no line like '$pattern' in:"
		cat "$file"
		return 1
	done
}

one_line() {
	[ "$(wc -l <"$work/err")" = 1 ] && return
	echo 'not one line:'
	cat "$work/err"
	return 1
}

json_check() { # python expression about d, and what $json_rows makes of it
	/usr/bin/python3 -c '
import json, sys
d = json.load(open(sys.argv[1], encoding="utf-8"))
exec(sys.argv[3])
ok = eval("(" + sys.argv[2] + ")")
if not ok:
    print(json.dumps(d, indent=1))
sys.exit(not ok)' "$work/out" "$1" "${json_rows:-}"
}

# It says so when it follows.
until_tracing() { # its process
	until grep -q tracing "$work/err" || ! kill -0 "$1" 2>/dev/null; do sleep 0.2; done
}

