#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command ipcx-trace anatomy: options, formats, what it says where it cannot: TAP. Needs
# root. Whether its figures are right is trace_anatomy.c.
set -uo pipefail

# shellcheck source=tool/trace.sh
. "$(dirname "${BASH_SOURCE[0]}")/tool/trace.sh"
ipcx=${IPCX_TOOL:-$top/out/tools/ipcx}
bpffs=$work/bpf
q=/anatomy
module=${IPCX_MODULE:-}
undo() {
	umount "$bpffs" 2>/dev/null || true
	"$ipcx" rm --force "$q" "$q-ring" "$q-group" "$q-gone" >/dev/null 2>&1 || true
}

# What the checks of JSON are about.
json_rows='rows = {r["stage"]: r for r in d["stages"]}'

# Three messages of five bytes go through $q. They are queued first.
traffic=(sh -c "for i in 1 2 3; do '$ipcx' send $q hello; done; '$ipcx' recv -c 3 $q >/dev/null")

id_of() { # name
	"$ipcx" stat --json "$1" | sed -E 's/.*"id":([0-9]+),.*/\1/'
}

start() { # argument...: $tracer
	: >"$work/err"
	"$program" anatomy "$@" >"$work/out" 2>"$work/err" &
	tracer=$!
	until_tracing "$tracer"
}

# ---- usage ----

t_help() {
	run 0 --help && has out '^ *anatomy ' &&
		run 0 anatomy --help && has out '--duration=' '--json' '--pin=' '^Examples:'
}

t_wrong_usage() {
	run 2 anatomy && has err 'which object' &&
		run 2 anatomy -- true && has err 'which object' &&
		run 2 anatomy jobs && has err 'neither a name' &&
		run 2 anatomy 0 && run 2 anatomy -1 && run 2 anatomy 7x &&
		run 2 anatomy "$q" "$q" && has err 'one object only' &&
		run 2 anatomy -d 0 "$q" && has err 'not a time' && run 2 anatomy "$q" --all
}

# ---- errors, in a line that says what to do ----

t_without_rights() {
	local status=0
	setpriv --reuid=65534 --regid=65534 --clear-groups -- "$program" anatomy "$q" \
		>"$work/out" 2>"$work/err" || status=$?
	[ "$status" = 3 ] && has err 'needs root: CAP_BPF and CAP_PERFMON' && one_line
}

t_no_such_object() {
	run 1 anatomy "$q-none" && has err "^ipcx-trace: $q-none: no such object: 'ipcx ls'" &&
		one_line && run 1 anatomy 18446744073709551615 && has err 'no such object' && one_line
}

t_ring() {
	"$ipcx" ring create "$q-ring" && run 1 anatomy "$q-ring" &&
		has err "^ipcx-trace: ring $q-ring .id [0-9]+.: records .* do not pass" && one_line
}

t_group() {
	local group status=0
	"$ipcx" group "$q-group" >/dev/null 2>&1 &
	group=$!
	until "$ipcx" stat "$q-group" >/dev/null 2>&1; do sleep 0.2; done
	run 1 anatomy "$q-group" && has err "^ipcx-trace: group $q-group .*subscribed" && one_line ||
		status=1
	kill "$group"
	wait "$group"
	return "$status"
}

t_no_such_command() {
	run 127 anatomy "$q" -- /nonexistent/command && has err '/nonexistent/command: No such file'
}

t_status_of_command() {
	run 5 anatomy "$q" -- sh -c "$(printf '%q ' "${traffic[@]}"); exit 5" &&
		has out '^total +3 '
}

t_nothing_seen() {
	run 1 anatomy "$q" -d 0.3 &&
		has err "^ipcx-trace: queue $q .*: no message was received in [0-9.]+ s" &&
		[ ! -s "$work/out" ] || return
	# For programs there is a document, all the same.
	run 1 anatomy --json "$q" -d 0.3 && has err 'no message was received' &&
		json_check 'd["messages"] == 0 and d["total"]["mean"] is None'
}

t_only_sent_before() {
	"$ipcx" send "$q" early && run 1 anatomy "$q" -- "$ipcx" recv --lines "$q" &&
		has err 'the 1 messages that were received .* were sent before it looked'
}

t_without_module() {
	local status=0
	"$ipcx" rm "$q" && rmmod ipcx || return
	run 3 anatomy "$q" && has err 'the module ipcx is not loaded' && one_line || status=1
	insmod "$module" && "$ipcx" create "$q" || status=1
	return "$status"
}

# ---- the text, number by number replaced ----

t_format() {
	"$ipcx" send "$q" early && "$ipcx" send "$q" early || return
	run 0 anatomy "$q" -- sh -c "'$ipcx' recv -c 2 $q >/dev/null; $(printf '%q ' "${traffic[@]}")" ||
		return
	sed -E "s,$q,Q,; s/^\|.*\|\$/BAR/; s/[0-9]+(\.[0-9]+)?%?/N/g; s/ +/ /g; s/^ //; /^unit/d" \
		"$work/out" >"$work/shape"
	diff -u - "$work/shape" <<-'GOLDEN'
		queue Q (id N): N messages, N bytes, in N s

		STAGE MESSAGES SHARE MEAN-NS PN-NS PN-NS MAX-NS
		copy-in N N N N N N
		lock N N N N N N
		enqueue N N N N N N
		queue N N N N N N
		wake N - - - - -
		switch N - - - - -
		copy-out N N N N N N
		total N N N N N N

		BAR
		i copy-in l lock e enqueue q queue w wake s switch o copy-out

		before N messages more were sent before it looked: in no row
	GOLDEN
	has out ': 3 messages, 15 bytes, in ' '^queue +3 ' '^wake +0 ' '^total +3 +100\.0%' \
		'^before +2 ' '^\|.{78}\|$'
}

t_emulated() {
	local unit=0
	run 0 anatomy "$q" -- "${traffic[@]}" || return
	! has out '^unit +ns OF AN EMULATED PROCESSOR' >/dev/null || unit=1
	[ "$unit" = "$(grep -cm1 'QEMU TCG' /proc/cpuinfo)" ]
}

has_colour() { grep -q $'\033\\[30;4' "$work/out"; }

# As wide as the terminal; without colours where the user wants none.
t_terminal() {
	local command
	command="stty cols 60; '$program' anatomy $q -- $(printf '%q ' "${traffic[@]}")"
	TERM=xterm script -qec "$command" /dev/null >"$work/out" </dev/null && has_colour || return
	TERM=xterm NO_COLOR=1 script -qec "$command" /dev/null >"$work/out" </dev/null &&
		! has_colour && has out '^\|.{58}\|' || return
	run 0 anatomy "$q" -- "${traffic[@]}" && ! has_colour
}

t_json() {
	run 0 anatomy --json "$(id_of "$q")" -- "${traffic[@]}" && json_check \
		'd["ipcx-trace"] == 1 and d["kind"] == "anatomy" and d["unit"] == "ns" and
		 d["object"] == {"id": '"$(id_of "$q")"', "kind": "queue", "name": "'"$q"'"} and
		 d["messages"] == 3 and d["bytes"] == 15 and d["before"] == 0 and not d["gone"] and
		 list(rows) == ["copy-in", "lock", "enqueue", "queue", "wake", "switch", "copy-out"] and
		 rows["queue"]["messages"] == 3 and rows["wake"]["p50"] is None and
		 sum(r["sum"] for r in d["stages"]) == d["total"]["sum"] and
		 abs(sum(r["share"] for r in d["stages"]) - 1) < 1e-6 and d["total"]["share"] == 1'
}

# ---- its end ----

# However slow the machine is, something is received meanwhile.
t_duration() {
	local seconds=$((4 + ${IPCX_TIMEOUT_FACTOR:-1} / 2))
	start "$q" -d $seconds
	while kill -0 "$tracer" 2>/dev/null; do
		"$ipcx" send "$q" hello && "$ipcx" recv "$q" >/dev/null || return
	done
	wait "$tracer" && has out "^queue $q .* in $seconds\\.[0-9]+ s\$" '^total +[1-9]'
}

t_interrupted() {
	start "$q"
	"${traffic[@]}"
	kill -INT "$tracer"
	wait "$tracer" && has out '^total +3 ' && has err 'Ctrl-C ends it'
}

t_vanished() {
	"$ipcx" create "$q-gone" && start "$q-gone" && "$ipcx" send "$q-gone" x &&
		"$ipcx" recv --lines "$q-gone" && "$ipcx" rm "$q-gone" && wait "$tracer" &&
		has out '^total +1 ' '^gone +the object vanished' || return
	"$ipcx" create "$q-gone" && start "$q-gone" && "$ipcx" rm "$q-gone" || return
	! wait "$tracer" && has err "$q-gone .*vanished before a message was received"
}

# Nothing is attached any more: else the module would be in use.
t_killed() {
	start "$q"
	[ "$(cat /sys/module/ipcx/refcnt)" != 0 ] && bpftool prog list >"$work/out" &&
		has out 'name message_receiv' || return
	kill -KILL "$tracer"
	! wait "$tracer" || return
	for _ in $(seq 50); do
		[ "$(cat /sys/module/ipcx/refcnt)" != 0 ] || break
		sleep 0.2
	done
	[ "$(cat /sys/module/ipcx/refcnt)" = 0 ] && bpftool prog list >"$work/out" &&
		! grep 'name message_receiv' "$work/out"
}

check_pinned() {
	run 0 anatomy --pin "$bpffs/anatomy" "$q" -- "${traffic[@]}" && "${traffic[@]}" &&
		bpftool map dump pinned "$bpffs/anatomy/anatomy_rows" >"$work/out" &&
		has out 'ANATOMY_TOTAL' '"messages": 6' &&
		bpftool map dump pinned "$bpffs/anatomy/stage_ns" >"$work/out" && has out 'at_least_ns'
}

t_pin() {
	local status=0
	mkdir -p "$bpffs" && mount -t bpf bpf "$bpffs" || return
	check_pinned || status=1
	rm -rf "$bpffs/anatomy"
	umount "$bpffs"
	return "$status"
}

"$ipcx" create "$q" || exit 1
tap 'help' t_help
tap 'wrong usage' t_wrong_usage
tap 'without rights: one line' t_without_rights
tap 'no such object: one line' t_no_such_object
tap 'a ring: one line' t_ring
tap 'a group: one line' t_group
tap 'no such command' t_no_such_command
tap "the command's status" t_status_of_command
tap 'nothing is seen' t_nothing_seen
tap 'only what was sent before' t_only_sent_before
tap 'the text' t_format
tap 'an emulated processor is named' t_emulated
tap 'a terminal' t_terminal
tap 'JSON, by its ID' t_json
tap 'a time' t_duration
tap 'interrupted' t_interrupted
tap 'the object vanishes' t_vanished
tap 'killed: nothing stays attached' t_killed
tap 'programs and maps that stay' t_pin
[ -z "$module" ] || tap 'without the module: one line' t_without_module
tap_done
