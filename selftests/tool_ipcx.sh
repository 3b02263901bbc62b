#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ipcx command against the loaded module: TAP. Needs root.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../tools/ci/tap.sh
. "$here/../tools/ci/tap.sh"

program=${IPCX_TOOL:-$here/../out/tools/ipcx}
[ -x "$program" ] || {
	echo "Bail out! $program: not there: build it with 'make tools'"
	exit 1
}
work=$(mktemp -d)
q=/tool-$$
nobody=65534

cleanup() {
	"$program" rm --force "$q" "$q-2" >/dev/null 2>&1
	rm -rf "$work" "$tap_output"
}
trap cleanup EXIT

# ---- checks: in the shell itself, since every program is dear in a VM ----

# All that is in a file, newlines at its end too.
slurp() { # variable, file
	IFS= read -r -d '' "$1" <"$2" || true
}

# expect STATUS ARGUMENT...: runs ipcx; its output is in $work/out and /err.
expect() {
	local wanted=$1 status=0
	shift
	"$program" "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = "$wanted" ] && return
	echo "ipcx $*: exit status $status instead of $wanted"
	cat "$work/out" "$work/err"
	return 1
}

out_is() {
	local text
	slurp text "$work/out"
	[ "$text" = "$1" ] && return
	echo "not '$1' but '$text'"
	return 1
}

has_line() { # pattern, text
	local line
	while IFS= read -r line; do
		[[ ! $line =~ $1 ]] || return 0
	done <<<"$2"
	return 1
}

# says out|err PATTERN...: lines that match are there.
says() {
	local text pattern
	slurp text "$work/$1"
	shift
	for pattern in "$@"; do
		has_line "$pattern" "$text" && continue
		echo "nothing like '$pattern' in:"
		echo "$text"
		return 1
	done
}

# json TEXT...: what is in the compact JSON of $work/out; kept for t_json_is_valid.
json() {
	local output text
	slurp output "$work/out"
	printf '%s' "$output" >>"$work/all-json"
	for text in "$@"; do
		[[ $output == *"$text"* ]] && continue
		echo "no '$text' in:"
		echo "$output"
		return 1
	done
}

fresh() {
	"$program" rm --force "$q" && "$program" create "$q" "$@"
}

# Until a task waits to receive from $q.
wait_receiver() {
	local i
	for i in {1..100}; do
		[[ $("$program" stat --json "$q") != *'"recv_waiters":0'* ]] && return
		sleep 0.1
	done
	echo "no receiver after $i looks"
	return 1
}

as_nobody() {
	setpriv --reuid="$nobody" --regid="$nobody" --clear-groups -- "$program" "$@"
}

# ---- tests ----

t_info() {
	expect 0 info && says out '^ABI version: +1$' '^features: .*queue' '^your bytes:' &&
		expect 0 info --json &&
		json '"abi_version":1,"features":["queue"' '"max_msg_size":16777216'
}

t_create() {
	"$program" rm --force "$q"
	umask 022
	expect 0 create "$q" --mode=0666 --max-msgs=7 --max-msg-size=2K --max-bytes=1m \
		--overflow=drop --json &&
		json "\"kind\":\"queue\",\"name\":\"$q\"" '"mode":"0666"' '"overflow":"drop"' \
			'"max_msgs":7,"max_msg_size":2048,"max_bytes":1048576' '"handles":0,' &&
		expect 1 create "$q" && says err "^ipcx: $q: File exists: .*--exist-ok" &&
		expect 0 create "$q" --exist-ok &&
		expect 0 stat "$q" && says out "^name: +$q$" '^limits: +7 messages'
}

t_create_beyond_limits() {
	expect 1 create "$q-2" --max-msgs=99999999999 &&
		says err 'Invalid argument: --max-msgs: at most .*/sys/module/ipcx/parameters/max_queue_msgs' &&
		expect 1 create "$q-2" --max-msg-size=100G --max-bytes=100G &&
		says err '--max-msg-size.*parameters/max_msg_size' &&
		expect 1 create "$q-2" --max-msg-size=10K --max-bytes=5K &&
		says err '--max-bytes is less than --max-msg-size' &&
		expect 4 stat "$q-2"
}

# --mode is the mode of a new queue, whatever the umask, and of no other.
t_mode() {
	umask 077
	expect 0 create "$q-2" --mode=0 --json && json '"mode":"0000"' &&
		expect 0 create "$q-2" --exist-ok --mode=0666 --json && json '"mode":"0000"' &&
		expect 0 rm "$q-2" &&
		expect 0 create "$q-2" --exist-ok --mode=0 --json && json '"mode":"0000"' &&
		expect 0 rm "$q-2" &&
		expect 0 create "$q-2" --exist-ok --mode=0622 --json && json '"mode":"0622"' &&
		expect 0 rm "$q-2" && expect 0 create "$q-2" --json && json '"mode":"0600"' &&
		expect 0 rm "$q-2"
}

t_ls() {
	fresh && "$program" send "$q" 12345 && expect 0 ls &&
		says out '^KIND +ID +NAME +OWNER +MODE +DEPTH +BYTES +RECV +SEND$' \
			"^queue +[0-9]+ +$q +root +0600 +1 +5 +0 +0$" &&
		expect 0 ls --json && json "\"name\":\"$q\"" '"bytes":5,' &&
		expect 0 ls --quiet --kind=queue && says out "^$q$" &&
		expect 2 ls --kind=pipe && expect 2 ls --quiet --json && says err "does not go with --json"
}

# The line of the help: names with spaces, and no names at all.
t_ls_xargs() {
	"$program" create "$q-2 with spaces" &&
		"$program" ls --quiet | grep -e "^$q-2" | xargs -d '\n' -r "$program" rm &&
		expect 4 stat "$q-2 with spaces" &&
		"$program" ls --quiet | { grep -e "^$q-2" || true; } | xargs -d '\n' -r "$program" rm
}

t_ls_columns_line_up() {
	local status=0
	fresh && "$program" create "$q-2" && "$program" send "$q" x && expect 0 ls &&
		[ "$(awk '{ print length($0) }' "$work/out" | sort -u | wc -l)" = 1 ] &&
		! grep -q $'\033' "$work/out" || status=$?
	"$program" rm --force "$q-2"
	return "$status"
}

t_send_recv() {
	fresh && expect 0 send "$q" 'hello world' && expect 0 recv "$q" && out_is 'hello world' &&
		expect 0 send "$q" '' && expect 0 recv "$q" && out_is '' &&
		expect 0 send "$q" --json -p 3 abc && json '{"sent":1,"bytes":3}' &&
		expect 0 recv "$q" --lines && out_is $'abc\n'
}

t_stdin_is_one_message() {
	fresh --max-msg-size=200K && head -c 150000 /dev/urandom >"$work/in" &&
		expect 0 send "$q" <"$work/in" &&
		expect 0 stat --json "$q" && json '"depth":1,"inflight":0,"bytes":150000,' &&
		expect 0 recv "$q" && cmp "$work/in" "$work/out" &&
		expect 1 send "$q" </dev/zero && says err 'Message too long: .*--max-msg-size'
}

t_lines() {
	fresh && printf 'one\n\nthree' | "$program" send "$q" --lines --json >"$work/out" &&
		json '{"sent":3,"bytes":8}' &&
		expect 0 recv "$q" --all --lines && out_is $'one\n\nthree\n'
}

t_json_payloads() {
	fresh && "$program" send "$q" --type=18446744073709551615 'ü"\x' &&
		printf '\xff\x00\x01' | "$program" send "$q" --priority=1 &&
		expect 0 recv "$q" --json &&
		json '{"type":0,"priority":1,"size":3,"payload_base64":"/wAB"}' &&
		expect 0 recv "$q" --json &&
		json '"payload":"ü\"\\x"' '"type":"18446744073709551615"'
}

t_choosing() {
	local i
	fresh || return
	for i in 1 2 3 4 5; do
		"$program" send "$q" --type="$i" --priority=$((i % 3)) "m$i" || return
	done
	# priorities: 1:1 2:2 3:0 4:1 5:2
	expect 0 recv "$q" --type=3 && out_is m3 &&
		expect 0 recv "$q" --not-type=2 && out_is m5 &&
		expect 0 recv "$q" --max-type=9 && out_is m1 &&
		expect 0 recv "$q" --min-priority=2 && out_is m2 &&
		expect 3 recv "$q" --min-priority=2 --nonblock && says err 'no message that matches' &&
		expect 0 recv "$q" && out_is m4
}

t_count_all_peek() {
	fresh && printf '1\n2\n3\n4\n' | "$program" send "$q" --lines &&
		expect 0 recv "$q" --peek && out_is 1 &&
		expect 0 recv "$q" --count=2 -l && out_is $'1\n2\n' &&
		expect 0 recv "$q" --all -l && out_is $'3\n4\n' &&
		expect 0 recv "$q" --all && out_is '' &&
		expect 3 recv "$q" --peek && says err "^ipcx: $q: "
}

t_empty_and_full() {
	fresh --max-msgs=1 && expect 3 recv "$q" --nonblock &&
		expect 3 recv "$q" --timeout=50ms && says err 'in time' &&
		expect 0 send "$q" x && expect 3 send "$q" --nonblock y && says err 'full' &&
		expect 3 send "$q" --timeout=0.05 y && says err 'stayed full' &&
		printf 'a\nb\n' | expect 3 send "$q" --lines --nonblock --json && json '{"sent":0,"bytes":0}' &&
		expect 0 recv "$q" && out_is x
}

t_large_message() {
	fresh --max-msg-size=16M --max-bytes=16M && head -c 16M /dev/zero >"$work/in" &&
		expect 0 send "$q" <"$work/in" && expect 0 recv "$q" && cmp "$work/in" "$work/out"
}

t_follow() { # signal
	local pid status=0
	fresh || return
	"$program" recv "$q" --follow --lines >"$work/out" 2>"$work/err" &
	pid=$!
	wait_receiver && printf 'a\nb\n' | "$program" send "$q" --lines && wait_receiver &&
		out_is $'a\nb\n' || status=$?
	# A background job of a shell without job control ignores SIGINT, and so
	# does ipcx then.
	kill -"$1" "$pid"
	wait "$pid" || status=$?
	[ "$status" = 0 ] || echo "exit status $status after $1"
	return "$status"
}

t_follow_interrupt() {
	fresh || return
	# Ctrl-C, as a terminal gives it to the foreground.
	/usr/bin/python3 -c '
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
p = subprocess.Popen(sys.argv[1:])
time.sleep(1)
p.send_signal(signal.SIGINT)
sys.exit(p.wait(30))
' "$program" recv "$q" --follow
}

t_follow_with_timeout() {
	fresh && "$program" send "$q" x &&
		expect 3 recv "$q" --follow --timeout=100ms && out_is x &&
		expect 0 send "$q" y && expect 0 recv "$q" --follow --count=1 && out_is y
}

# Wherever a signal meets it, each message is either written or still there.
t_follow_loses_nothing() {
	local round pid sender text
	for round in {1..4}; do
		fresh || return
		"$program" recv "$q" --follow --lines >"$work/taken" &
		pid=$!
		seq 200 | "$program" send "$q" --lines &
		sender=$!
		sleep "0.$((round * 3))"
		kill -TERM "$pid"
		wait "$pid" && wait "$sender" || return
		"$program" recv "$q" --all --lines >"$work/left" || return
		slurp text <(cat "$work/taken" "$work/left")
		[ "$text" = "$(seq 200)"$'\n' ] && continue
		echo "round $round: $(wc -l <"$work/taken") taken, $(wc -l <"$work/left") left"
		return 1
	done
}

# The reader's end is noticed while waiting, and no message is lost by it.
t_follow_reader_gone() {
	fresh && "$program" send "$q" first || return
	# Its own status is the pipeline's (pipefail).
	timeout 30 "$program" recv "$q" --follow --lines 2>"$work/err" | head -n 1 >"$work/out" || {
		cat "$work/err"
		return 1
	}
	out_is $'first\n' && expect 0 send "$q" second && expect 0 recv "$q" --nonblock &&
		out_is second
}

# Where it goes while messages come, one may be lost, which is said; the program
# is not killed, whoever of its threads noticed first.
t_follow_reader_leaves() {
	local round status sender
	fresh || return
	yes 'a line' | "$program" send "$q" --lines 2>"$work/sender" &
	sender=$!
	for round in {1..8}; do
		# Its own status, in place of the pipeline's.
		{
			status=0
			timeout 30 "$program" recv "$q" --follow --lines 2>"$work/err" ||
				status=$?
			echo "$status" >"$work/status"
		} | head -n "$((round * round))" >"$work/out"
		status=$(<"$work/status")
		[ "$status" = 0 ] && continue
		[ "$status" = 1 ] && says err 'Broken pipe: a message that was received is lost' &&
			continue
		echo "round $round: exit status $status"
		status=bad
		break
	done
	kill "$sender"
	wait "$sender" || true
	[ "$status" != bad ]
}

t_output_errors() {
	fresh && "$program" send "$q" x && "$program" send "$q" y || return
	"$program" recv "$q" >/dev/full 2>"$work/err" && return 1
	says err 'standard output: No space left on device' || return
	"$program" ls >/dev/full 2>"$work/err" && return 1
	says err 'standard output: No space left on device' && expect 0 recv "$q" && out_is y
}

t_rights() {
	fresh --mode=0600 || return
	as_nobody recv "$q" --nonblock 2>"$work/err" && return 1
	says err "^ipcx: $q: Permission denied: its mode keeps you out" || return
	as_nobody rm "$q" 2>"$work/err" && return 1
	says err 'only its owner may remove it' || return
	as_nobody ls --quiet >"$work/out" && ! grep -qx -- "$q" "$work/out" || return
	umask 0
	fresh --mode=0622 && as_nobody send "$q" hi && as_nobody stat "$q" >"$work/out" &&
		says out '^owner: +root' && expect 0 recv "$q" && out_is hi
}

t_quota() {
	local limit=/sys/module/ipcx/parameters/user_max_objects old status=0
	old=$(<"$limit")
	echo 0 >"$limit"
	expect 1 create "$q-2" && says err 'Disk quota exceeded: you have .*user_max_objects' ||
		status=$?
	echo "$old" >"$limit"
	return "$status"
}

t_rm() {
	fresh && "$program" create "$q-2" && expect 0 rm "$q" "$q-2" --json &&
		says out '^\{"removed":"'"$q"'"\}$' && expect 4 rm "$q" &&
		says err "^ipcx: $q: no such object: see what there is: ipcx ls" &&
		expect 0 rm --force "$q" && expect 4 recv "$q" && says err 'ipcx create' &&
		expect 4 send "$q" x && expect 4 stat "$q"
}

t_usage() {
	local line
	for line in '' 'frobnicate' 'send' 'recv' 'create' 'rm' 'stat' 'recv jobs' 'send /a/b x' \
		'recv /a /b' 'send /a b c' 'ls x' 'info x' 'send /a -p 32768 x' 'send /a -p -1 x' \
		'recv /a --type=1 --not-type=2' 'recv /a --peek --all' 'recv /a -n -T 1' \
		'recv /a --all --follow' 'send /a --lines b' 'create /a --mode=888' \
		'create /a --max-msgs=0' 'create /a --overflow=burn' 'recv /a --timeout=soon' \
		'recv /a --count=0' 'recv --no-such-option /a'; do
		# shellcheck disable=SC2086 # words
		expect 2 $line && says err . && out_is '' || return
	done
}

t_help() {
	local command
	expect 0 --help && says out 'Exit status' 'Examples' && expect 0 --version &&
		says out '^ipcx [0-9]+\.[0-9]+\.[0-9]+$' || return
	for command in info ls stat create send recv rm; do
		expect 0 "$command" --help && says out "^Usage: ipcx $command" '^Examples:' \
			'--json' '--device' && expect 0 "$command" -h || return
	done
}

t_device() {
	expect 5 ls --device=/nonexistent/ipcx &&
		says err '/nonexistent/ipcx: not found: is the module loaded\? try: sudo modprobe ipcx' &&
		expect 1 ls --device=/dev/null && says err 'not the ipcx device' || return
	chmod 0600 /dev/ipcx
	local status=0
	as_nobody info 2>"$work/err" || status=$?
	chmod 0666 /dev/ipcx
	[ "$status" = 1 ] || echo "exit status $status instead of 1"
	says err '60-ipcx.rules'
}

t_control_characters() {
	local name=$q$'\033[31m'
	"$program" create "$name" && expect 0 ls && ! grep -q $'\033' "$work/out" &&
		says out 'x1b\[31m' && expect 0 ls --json && json "$q\\u001B[31m" && expect 0 rm "$name"
}

t_completion() {
	fresh || return
	PATH=$(dirname "$program"):$PATH bash -c '
		. "$1"
		try() { # wanted, words
			local wanted=$1
			shift
			COMP_WORDS=(ipcx "$@") COMP_CWORD=$#
			_ipcx
			case " ${COMPREPLY[*]} " in
			*" $wanted "*) return ;;
			esac
			echo "ipcx $*: ${COMPREPLY[*]}"
			exit 1
		}
		try recv re
		try "$2" recv "${2%?}"
		try --follow recv --fo
		try --timeout= send --ti
		try drop create --overflow = d
	' - "$here/../tools/completion/ipcx.bash" "$q"
}

t_json_is_valid() {
	/usr/bin/python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    json.loads(line)
' "$work/all-json"
}

echo 'TAP version 13'
tap "info" t_info
tap "create" t_create
tap "create beyond the limits says which" t_create_beyond_limits
tap "create --mode, under any umask" t_mode
tap "ls" t_ls
tap "ls --quiet | xargs ipcx rm" t_ls_xargs
tap "ls: columns line up, no colour in a pipe" t_ls_columns_line_up
tap "send and recv" t_send_recv
tap "standard input is one message" t_stdin_is_one_message
tap "send --lines" t_lines
tap "JSON payloads" t_json_payloads
tap "recv chooses messages" t_choosing
tap "recv --count, --all, --peek" t_count_all_peek
tap "empty and full queues: exit status 3" t_empty_and_full
tap "a message of 16 MiB" t_large_message
tap "recv --follow ends on SIGTERM" t_follow TERM
tap "recv --follow ends on SIGHUP" t_follow HUP
tap "recv --follow ends on Ctrl-C" t_follow_interrupt
tap "recv --follow loses no message to a signal" t_follow_loses_nothing
tap "recv --follow --timeout, --count" t_follow_with_timeout
tap "recv --follow ends with its reader" t_follow_reader_gone
tap "recv --follow and a reader that leaves while messages flow" t_follow_reader_leaves
tap "output that cannot be written is a failure" t_output_errors
tap "rights: another user" t_rights
tap "quota: names the parameter" t_quota
tap "rm" t_rm
tap "wrong command lines: exit status 2" t_usage
tap "help and version" t_help
tap "device: missing, wrong, closed" t_device
tap "control characters in names do not reach the terminal" t_control_characters
tap "completion" t_completion
tap "all JSON of these tests is valid" t_json_is_valid
tap_done
