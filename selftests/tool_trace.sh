#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command ipcx-trace: options, formats, what it says where it cannot: TAP. Needs root.
# Whether its figures are right is trace_*.c.
set -uo pipefail

# shellcheck source=tool/trace.sh
. "$(dirname "${BASH_SOURCE[0]}")/tool/trace.sh"
bpffs=$work/bpf
undo() { umount "$bpffs" 2>/dev/null || true; }

# What the checks of JSON are about.
json_rows='rows = {r["mechanism"]: r for r in d["mechanisms"]}'

# 100 messages of 512 bytes through a pipe, by programs that copy nothing else there.
pipe_work=(sh -c 'head -c 51200 /dev/zero | dd bs=512 iflag=fullblock of=/dev/null status=none')

# ---- usage ----

t_help() {
	run 0 --help && has out '^ *copies ' && run 0 --version && has out '^ipcx-trace [0-9.]+$' &&
		run 0 copies --help && has out '--pid=' '--all' '--duration=' '--json' '--pin='
}

t_wrong_usage() {
	run 2 && run 2 nonsense && run 2 copies && has err 'whom to follow' &&
		run 2 copies -a -p 1 && has err 'exclude each other' &&
		run 2 copies -p x && has err 'not a process id' &&
		run 2 copies -p 0 && run 2 copies -p 1,,2 &&
		run 2 copies -a -d x && has err 'not a time' && run 2 copies -a -d 0 &&
		run 2 copies --nonsense
}

# ---- errors, in a line that says what to do ----

t_without_rights() {
	local status=0
	setpriv --reuid=65534 --regid=65534 --clear-groups -- "$program" copies -- true \
		>"$work/out" 2>"$work/err" || status=$?
	[ "$status" = 3 ] && has err 'needs root: CAP_BPF and CAP_PERFMON' && one_line
}

t_in_a_container() {
	local status=0
	unshare --pid --fork --mount-proc "$program" copies -- true >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = 3 ] && has err 'cannot be used in a container' && one_line
}

t_no_such_process() {
	local pid
	sh -c 'exit' &
	pid=$!
	wait "$pid"
	run 1 copies -p "$pid" && has err "process $pid: No such process" && one_line
}

t_no_such_command() {
	run 127 copies -- /nonexistent/command && has err '/nonexistent/command: No such file'
}

t_status_of_command() {
	run 5 copies -- sh -c 'exit 5' && run 137 copies -- sh -c 'kill -KILL $$'
}

# ---- the text, number by number replaced ----

shape_of() {
	sed -E 's/~?[0-9]+(\.[0-9]+)?%?/N/g; s/ +/ /g; s/ -/ N/g; s/^ //; s/ $//' "$1"
}

t_format() {
	run 0 copies -- "${pipe_work[@]}" || return
	shape_of "$work/out" | grep -vE '^(fifo|futex|file|other|tty|one side|unit|unsure|unseen) ' \
		>"$work/shape"
	diff -u - "$work/shape" <<-'GOLDEN'
		MECHANISM CALLS MESSAGES MESSAGE-BYTES COPIED-BYTES PASSES COPIES BYTES/COPY ARG-BYTES
		pipe N N N N N N N N

		| as measured | less what measuring cost |
		MECHANISM | PN PN NS/KIB COPY | PN PN NS/KIB COPY | BLOCKED WAKE-PN
		pipe | N N N N | N N N N | N N

		seconds N
		own cost N ns a call, N ns a copy, of which N ns seem to be the copy's (calibrated: times(N) took N ns, a copy of N bytes N ns more)
		lost N copies (probes), N events (programs), N tasks, N values
		uncovered what the kernel fetches word by word (get_user, put_user)
	GOLDEN
}

# Copied twice, and both sides were followed.
t_passes() {
	run 0 copies -- "${pipe_work[@]}" && has out '^pipe .* 51200 +102400 +2\.000 '
}

t_emulated() {
	run 0 copies -- true || return
	local unit=0
	! has out '^unit +ns OF AN EMULATED PROCESSOR' >/dev/null || unit=1
	[ "$unit" = "$(grep -cm1 'QEMU TCG' /proc/cpuinfo)" ]
}

t_json() {
	run 0 copies --json -- "${pipe_work[@]}" && json_check \
		'd["ipcx-trace"] == 1 and d["copies_seen"] and rows["pipe"]["passes"] == 2 and
		 rows["pipe"]["payload_bytes"] == 102400 and set(rows["pipe"]["raw"]) ==
		 set(rows["pipe"]["corrected"]) == {"copy_p50", "copy_p99", "per_kib", "copy_share"} and
		 set(d["lost"]) >= {"copies", "events", "tasks", "values"} and
		 d["own_cost"]["call"] > 0 and d["own_cost"]["copy"] >= 0'
}

# ---- whom it follows ----

# Waits until it is told to, then sends: $worker.
start_worker() {
	rm -f "$work/go"
	mkfifo "$work/go"
	sh -c "read -r line <'$work/go'; head -c 51200 /dev/zero | cat >/dev/null" &
	worker=$!
}

t_by_pid() {
	local tracer
	start_worker
	"$program" copies --json -p "$worker" >"$work/out" 2>"$work/err" &
	tracer=$!
	until_tracing "$tracer"
	echo >"$work/go"
	wait "$worker"
	wait "$tracer" || return
	json_check 'rows["pipe"]["message_bytes"] == 51200 and rows["pipe"]["passes"] == 2'
}

# One who is not followed moves bytes, too.
t_not_others() {
	(while [ ! -e "$work/stop" ]; do head -c 5000 /dev/zero | cat >/dev/null; done) &
	local noise=$! status=0
	run 0 copies --json -- "${pipe_work[@]}" &&
		json_check 'rows["pipe"]["payload_bytes"] == 102400' || status=1
	touch "$work/stop"
	wait "$noise"
	rm -f "$work/stop"
	return "$status"
}

t_all() {
	local tracer
	"$program" copies --json -a >"$work/out" 2>"$work/err" &
	tracer=$!
	until_tracing "$tracer"
	"${pipe_work[@]}"
	kill -TERM "$tracer"
	wait "$tracer" && json_check 'rows["pipe"]["payload_bytes"] >= 102400'
}

t_duration() {
	local before=$SECONDS
	run 0 copies -a -d 0.5 && [ $((SECONDS - before)) -lt $((20 * ${IPCX_TIMEOUT_FACTOR:-1})) ]
}

t_interrupted() {
	local tracer
	"$program" copies -a >"$work/out" 2>"$work/err" &
	tracer=$!
	until_tracing "$tracer"
	kill -TERM "$tracer"
	wait "$tracer" && has out '^MECHANISM +CALLS'
}

# ---- what stays ----

check_pinned() {
	run 0 copies --pin "$bpffs/ledger" -- "${pipe_work[@]}" &&
		bpftool map dump pinned "$bpffs/ledger/ledger_rows" >"$work/out" &&
		has out 'LEDGER_PIPE' '"message_bytes": 51200' '"payload_bytes": 51200' &&
		bpftool map dump pinned "$bpffs/ledger/copy_ns" >"$work/out" && has out 'at_least_ns' &&
		bpftool prog show pinned "$bpffs/ledger/program-copy_done" >"$work/out" &&
		has out 'name copy_done' &&
		run 1 copies --pin "$bpffs/ledger" -- true && has err 'File exists' &&
		run 1 copies --pin "$work/elsewhere" -- true && has err 'not in a BPF file system' &&
		[ ! -e "$work/elsewhere" ]
}

t_pin() {
	local status=0
	mkdir -p "$bpffs" && mount -t bpf bpf "$bpffs" || return
	check_pinned || status=1
	rm -rf "$bpffs/ledger"
	umount "$bpffs"
	return "$status"
}

# ---- top ----

t_top_as_lines() {
	run 0 top -i 5 -s calls -- sh -c "$(printf '%q ' "${pipe_work[@]}"); sleep 6" &&
		has out '^# [0-9.]+ s; ' '^MECHANISM +CALLS/S ' '^pipe .* 2\.000 ' &&
		run 2 top -s nonsense && has err 'no such order' && run 2 top -i 0
}

# ---- without the module ----

t_without_module() {
	local status=0
	rmmod ipcx_probe || return
	run 0 copies -- "${pipe_work[@]}" &&
		has out '^pipe .* 51200 +~102400 +~2\.000 ' '^estimates .*ipcx_probe' &&
		run 0 copies --json -- "${pipe_work[@]}" &&
		json_check 'not d["copies_seen"] and rows["pipe"]["estimate"] and
			    rows["pipe"]["payload_bytes"] == 102400' || status=1
	insmod "$module"
	return "$status"
}

module=${IPCX_PROBE_MODULE:-}

tap 'help and version' t_help
tap 'wrong usage' t_wrong_usage
tap 'without rights: one line' t_without_rights
tap 'in a container: one line' t_in_a_container
tap 'no such process: one line' t_no_such_process
tap 'no such command' t_no_such_command
tap "the command's status" t_status_of_command
tap 'the text' t_format
tap 'a pipe copies twice' t_passes
tap 'an emulated processor is named' t_emulated
tap 'JSON' t_json
tap 'a process and its children' t_by_pid
tap 'and no others' t_not_others
tap 'all' t_all
tap 'a time' t_duration
tap 'interrupted' t_interrupted
tap 'programs and maps that stay' t_pin
tap 'top as lines' t_top_as_lines
[ -z "$module" ] || tap 'without the module: estimates' t_without_module
tap_done
