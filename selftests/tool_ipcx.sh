#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ipcx command against the loaded module: TAP. Needs root.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tool/common.sh
. "$here/tool/common.sh"

q=/tool-$$
objects+=("$q" "$q-2")

fresh() {
	"$program" rm --force "$q" && "$program" create "$q" "$@"
}

# Until a task waits to receive from $q.
wait_receiver() {
	wait_until "$q" '"recv_waiters":1'
}

# Until the command that serves has made its file.
wait_started() {
	local i
	for i in {1..100}; do
		[ ! -e "$work/started" ] || return 0
		sleep 0.1
	done
	echo "the command has not started after $i looks"
	return 1
}

# ---- tests ----

t_info() {
	expect 0 info && says out '^ABI version: +1$' '^features: .*queue' '^your bytes:' &&
		expect 0 info --json &&
		json '"abi_version":1,"features":["queue","mbox"' '"max_msg_size":16777216'
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
	fresh && interrupted recv "$q" --follow
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

# ---- mailboxes ----

check_call() {
	local port
	port=$(port_of_m)
	expect 0 call "$m" hello && out_is HELLO &&
		expect 0 call "$m" '' && out_is '' && expect 0 call "$m" -l x && out_is $'X\n' &&
		expect 0 call "$port" 'by port' && out_is 'BY PORT' &&
		head -c 60000 /dev/zero | tr '\0' a >"$work/in" &&
		expect 0 call "$m" <"$work/in" && tr a A <"$work/in" | cmp - "$work/out" &&
		expect 0 call "$m" --json --cookie=18446744073709551615 ü &&
		json "\"sender\":$port,\"pid\":$maker,\"tid\":$maker,\"uid\":0,\"gid\":0," \
			'"cookie":"18446744073709551615"' '"size":2,"payload":"ü"'
}

t_call() {
	while_made check_call serve "$m" -- tr a-z A-Z
}

# What the command is told is what the kernel says.
check_environment() {
	local pid status=0
	setpriv --reuid="$nobody" --regid=12345 --clear-groups -- \
		"$program" call "$m" --type=7 --cookie=9 hi >"$work/out" &
	pid=$!
	wait "$pid" || status=$?
	[ "$status" = 0 ] || return
	out_is "$pid $nobody 12345 0 7 9 hi"
}

t_serve_environment() {
	umask 077
	# shellcheck disable=SC2016 # for the shell that is served with
	while_made check_environment serve "$m" --mode=0622 -- sh -c \
		'echo -n "$IPCX_SENDER_PID $IPCX_SENDER_UID $IPCX_SENDER_GID" \
		"$IPCX_SENDER_PORT $IPCX_TYPE $IPCX_COOKIE $(cat)"'
}

check_failing() {
	expect 1 call "$m" bad && out_is '' &&
		says err "^ipcx: $m: Broken pipe: the receiver discarded the call" &&
		expect 0 call "$m" good && out_is $'good\n' && expect 1 call "$m" bad
}

t_serve_failing() {
	while_made check_failing serve "$m" -- grep good || return
	cp "$work/made-err" "$work/err"
	says err "^ipcx: $m: grep: exit status 1: the call of process [0-9]+ gets no reply$"
}

check_no_reply() {
	expect 1 call "$m" x && out_is '' && expect 1 call "$m" y
}

t_serve_killed() {
	# shellcheck disable=SC2016 # for the shell that is served with
	while_made check_no_reply serve "$m" -- sh -c 'echo half; kill -KILL $$' || return
	cp "$work/made-err" "$work/err"
	says err ': sh: Killed: the call of process'
}

t_serve_too_much() {
	while_made check_no_reply serve "$m" --max-msg-size=100K -- yes || return
	cp "$work/made-err" "$work/err"
	says err ': yes: its output is larger than 102400 bytes'
}

# The largest reply there can be.
check_size() {
	expect 0 call "$m" 10 && out_is 0123456789 && expect 1 call "$m" 11 &&
		expect 1 call "$m" 01234567890 &&
		says err 'Message too long: 11 bytes or more; this mailbox takes 10 at most'
}

t_serve_size() {
	# shellcheck disable=SC2016 # for the shell that is served with
	while_made check_size serve "$m" --max-msg-size=10 -- sh -c \
		'n=$(cat); echo -n 012345678901 | head -c "$n"'
}

# Options are ours up to the command.
t_serve_options() {
	local pid status=0
	"$program" serve "$m" --count=2 printf %s --count=1 >"$work/made" &
	pid=$!
	wait_until "$m" '"recv_waiters":1' && expect 0 call "$m" && out_is '--count=1' &&
		expect 0 call "$m" x && out_is '--count=1' || status=$?
	[ "$status" = 0 ] || kill "$pid"
	wait "$pid" && expect 4 stat "$m" || return
	return "$status"
}

t_serve_no_calls() {
	local pid status=0
	"$program" serve "$m" --count=3 -- cat >"$work/out" &
	pid=$!
	wait_until "$m" '"recv_waiters":1' && printf 'a\nb\n' | "$program" send "$m" --lines &&
		"$program" send "$(port_of_m)" c || status=$?
	[ "$status" = 0 ] || kill "$pid"
	wait "$pid" && out_is abc || return
	return "$status"
}

check_serve_json() {
	expect 0 send "$m" --sync --type=3 plain && expect 0 call "$m" --cookie=5 called &&
		out_is called && expect 1 call "$m" bad
}

t_serve_json() {
	# shellcheck disable=SC2016 # for the shell that is served with
	while_made check_serve_json serve "$m" --json -- sh -c \
		'x=$(cat); [ "$x" != bad ] || exit 3; echo -n "$x"' || return
	cp "$work/made" "$work/out"
	json '"size":5,"call":false,"status":0,"output":"plain","replied":false}' \
		'"size":6,"call":true,"status":0,"output":"called","replied":true}' \
		'"size":3,"call":true,"status":3,"output":"","replied":false}' \
		'{"type":3,"priority":0,"cookie":0,"seq":1,"sender":0,' '"cookie":5,"seq":2,' \
		'"uid":0,"gid":0,' &&
		[ "$(wc -l <"$work/out")" = 3 ]
}

# One caller whose request was received, and one whose request was not.
two_callers() {
	"$program" call "$m" first >"$work/first" 2>&1 &
	first=$!
	wait_until "$m" '"calls":1,' || return
	"$program" call "$m" second >"$work/second" 2>&1 &
	second=$!
	wait_until "$m" '"depth":1,'
}

end_with_callers() { # signal
	kill -"$1" "$maker" && ends_with "$maker" 0 &&
		ends_with "$first" 1 && ends_with "$second" 1 &&
		[[ $(<"$work/first") == "ipcx: $m: Broken pipe: the "*"receiver "* ]] &&
		[[ $(<"$work/second") == "ipcx: $m: Broken pipe: the mailbox's receiver has gone" ]]
}

check_end() {
	two_callers && end_with_callers "$signal"
}

t_serve_ends() { # signal
	local signal=$1
	while_made check_end serve "$m" -- sleep 1000
}

check_end_started() {
	two_callers && wait_started && end_with_callers TERM
}

# A command whose child has its standard output, too.
t_serve_ends_children() {
	rm -f "$work/started"
	# shellcheck disable=SC2016 # for the shell that is served with
	while_made check_end_started serve "$m" -- sh -c \
		'sleep 1000 & : >"$1"; wait; echo x' - "$work/started"
}

check_end_with_reply() {
	two_callers && wait_started && kill -TERM "$maker" && ends_with "$first" 0 &&
		ends_with "$second" 1 && [ "$(<"$work/first")" = bye ]
}

# A command may use its signal to come to an end.
t_serve_last_reply() {
	rm -f "$work/started"
	# shellcheck disable=SC2016 # for the shell that is served with
	while_made check_end_with_reply serve "$m" -- sh -c \
		'trap "echo bye; exit 0" TERM; : >"$1"; sleep 1000 >/dev/null & wait' - \
		"$work/started"
}

t_serve_interrupt() {
	interrupted serve "$m" -- true && expect 4 stat "$m"
}

check_taken() {
	expect 1 serve "$m" -- true && says err "^ipcx: $m: Device or resource busy: another program" &&
		expect 1 recv --mbox "$m" && says err 'another program has that mailbox' &&
		expect 1 recv "$m" && says err "another kind: that is a mailbox, which only" &&
		expect 1 create "$m" --exist-ok && says err 'is not a queue'
}

t_mbox_taken() {
	while_made check_taken serve "$m" -- true && fresh &&
		expect 1 serve "$q" -- true && says err "another kind: that name is a queue's" &&
		expect 1 call "$q" x && says err 'another kind: that is a queue, which does not reply' &&
		expect 1 send "$q" --sync x && says err 'that is a queue: --sync, --cookie and files are for mailboxes' &&
		expect 1 send "$q" --cookie=0 x && expect 3 recv "$q" --nonblock
}

t_mbox_missing() {
	expect 4 call "$m" x && says err 'no such object: .*is the program that makes it running' &&
		expect 4 call 99999999 x && says err 'no such object: no mailbox has that port' &&
		expect 4 send 99999999 x && expect 4 stat 99999999
}

t_serve_wrong() {
	local pid
	expect 1 serve "$m" --max-msg-size=100G -- true &&
		says err '--max-msg-size: at most .*parameters/max_msg_size' || return
	end_jobs_at_exit
	"$program" serve "$m" -- "$work/no-such-program" 2>"$work/err" &
	pid=$!
	wait_until "$m" '"recv_waiters":1' && expect 1 call "$m" x && ends_with "$pid" 1 || return
	expect 4 stat "$m"
}

check_busy() {
	two_callers && expect 3 call "$m" --timeout=100ms x &&
		says err 'no reply came in time: is its program answering' &&
		expect 3 send "$m" --sync --timeout=100ms x && says err 'nobody received it in time' &&
		# Both have been taken back.
		wait_until "$m" '"depth":1,' &&
		seq 2000 >"$work/in" && expect 3 send "$m" --lines --nonblock <"$work/in" &&
		says err 'the mailbox is full, or has as much from you as it takes' &&
		expect 3 send "$m" --timeout=50ms x && says err 'the mailbox stayed full'
}

t_mbox_busy() {
	while_made check_busy serve "$m" -- sleep 1000
}

check_look() {
	local port
	port=$(port_of_m)
	two_callers && expect 0 ls &&
		says out '^KIND +ID +NAME +OWNER +MODE +DEPTH +BYTES +RECV +SEND +CALLS$' \
			"^mbox +$port +$m +root +0644 +1 +6 +0 +0 +1$" "^queue .* -$" &&
		expect 0 ls --kind=mbox --quiet && out_is "$m"$'\n' &&
		expect 0 ls --kind=queue && ! grep -q -e mbox -e CALLS "$work/out" &&
		expect 0 ls --kind=mbox --json &&
		json "[{\"id\":$port,\"kind\":\"mbox\",\"name\":\"$m\"" '"dead":false,"calls":1,' '"bytes":6,' &&
		expect 0 stat "$port" && says out "^name: +$m$" '^kind: +mbox$' "^port: +$port$" \
			'^receiver: +there$' '^calls: +1 received' '^handles: +3$' '^queued: +1 messages' &&
		as_nobody stat "$m" >"$work/out" && says out '^mode: +0644$' || return
	as_nobody call "$m" x 2>"$work/err" && return 1
	says err 'Permission denied: its mode keeps you out \(w to send\)' || return
	as_nobody rm "$m" 2>"$work/err" && return 1
	says err 'only its owner may remove it' && expect 0 rm "$m" && expect 4 call "$m" x
}

t_mbox_look() {
	fresh && while_made check_look serve "$m" --mode=0644 -- sleep 1000
}

check_recv() {
	local port
	expect 0 send "$m" one && expect 0 send "$m" --sync --cookie=4 --type=2 two &&
		expect 1 call "$m" three && says err 'the receiver discarded the call' &&
		port=$(port_of_m) && expect 0 send "$port" --priority=3 four && expect 0 send "$m" --sync ''
}

t_recv_mbox() {
	while_made check_recv recv --mbox "$m" --follow --lines || return
	cp "$work/made" "$work/out"
	out_is $'one\ntwo\nthree\nfour\n\n'
}

t_recv_mbox_json() {
	while_made check_recv recv --mbox "$m" --follow --json || return
	cp "$work/made" "$work/out"
	json '{"type":0,"priority":0,"cookie":0,"seq":1,"sender":0,"pid":' \
		'"uid":0,"gid":0,"call":false,"size":3,"payload":"one"}' \
		'{"type":2,"priority":0,"cookie":4,"seq":2,' '"call":true,"size":5,"payload":"three"}' \
		'{"type":0,"priority":3,"cookie":0,"seq":4,' '"size":0,"payload":""}'
}

# As with a queue: one message, of the type that is wanted.
t_recv_mbox_one() {
	local pid
	end_jobs_at_exit
	"$program" recv --mbox "$m" --type=5 --max-msg-size=200K >"$work/received" &
	pid=$!
	wait_until "$m" '"recv_waiters":1' && head -c 150000 /dev/urandom >"$work/in" &&
		expect 0 send "$m" x && expect 0 send "$m" --type=5 <"$work/in" && ends_with "$pid" 0 ||
		return
	cmp "$work/in" "$work/received" && expect 3 recv --mbox "$m" --timeout=50ms &&
		says err 'in time' && expect 4 stat "$m"
}

t_recv_mbox_priority() {
	local pid
	end_jobs_at_exit
	"$program" recv --mbox "$m" --min-priority=3 >"$work/received" &
	pid=$!
	wait_until "$m" '"recv_waiters":1' && expect 0 send "$m" --priority=2 low &&
		expect 0 send "$m" --priority=3 high && ends_with "$pid" 0 &&
		[ "$(<"$work/received")" = high ]
}

t_usage() {
	local line
	for line in '' 'frobnicate' 'send' 'recv' 'create' 'rm' 'stat' 'recv jobs' 'send /a/b x' \
		'recv /a /b' 'send /a b c' 'ls x' 'info x' 'send /a -p 32768 x' 'send /a -p -1 x' \
		'recv /a --type=1 --not-type=2' 'recv /a --peek --all' 'recv /a -n -T 1' \
		'recv /a --all --follow' 'send /a --lines b' 'create /a --mode=888' \
		'create /a --max-msgs=0' 'create /a --overflow=burn' 'recv /a --timeout=soon' \
		'recv /a --count=0' 'recv --no-such-option /a' 'call' 'call x' 'call /a b c' \
		'call /a -T soon' 'call /a -p 32768 x' 'send /a --cookie=-1 x' 'send -5 x' \
		'serve' 'serve /a' 'serve /a --' 'serve a -- true' 'serve /a --count=0 -- true' \
		'serve /a --mode=888 -- true' 'recv --mbox /a --all' 'recv --mbox /a --nonblock' \
		'recv --mbox /a --peek' 'recv /a --mode=0600' \
		'recv /a --max-msg-size=1K' 'stat x'; do
		# shellcheck disable=SC2086 # words
		expect 2 $line && says err . && out_is '' || return
	done
}

t_help() {
	local command
	expect 0 --help && says out 'Exit status' 'Examples' && expect 0 --version &&
		says out '^ipcx [0-9]+\.[0-9]+\.[0-9]+$' || return
	for command in info ls stat create send recv call serve rm; do
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
		try mbox ls --kind = m
		try "$2" call "${2%?}"
		try --max-msg-size= serve --max
		try sleep serve /a -- sle
		try /etc/passwd serve /a -- cat /etc/pass
	' - "$here/../tools/completion/ipcx.bash" "$q"
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
tap "call" t_call
tap "serve: the sender in the environment" t_serve_environment
tap "serve: a command that fails" t_serve_failing
tap "serve: a command that is killed" t_serve_killed
tap "serve: a command that says too much" t_serve_too_much
tap "serve --max-msg-size" t_serve_size
tap "serve --count, and a command with options" t_serve_options
tap "serve: messages that are no calls" t_serve_no_calls
tap "serve --json" t_serve_json
tap "serve ends on SIGTERM, and so do its callers" t_serve_ends TERM
tap "serve ends on SIGHUP, and so do its callers" t_serve_ends HUP
tap "serve ends, and so do its command's children" t_serve_ends_children
tap "serve ends, and its command replies" t_serve_last_reply
tap "serve ends on Ctrl-C" t_serve_interrupt
tap "serve: limits, no such command" t_serve_wrong
tap "mailboxes and queues: names of the other kind" t_mbox_taken
tap "mailboxes: no such name, no such port" t_mbox_missing
tap "mailboxes: timeouts and full ones: exit status 3" t_mbox_busy
tap "mailboxes: ls, stat, rm, rights" t_mbox_look
tap "recv --mbox" t_recv_mbox
tap "recv --mbox --json" t_recv_mbox_json
tap "recv --mbox, one message" t_recv_mbox_one
tap "recv --mbox --min-priority" t_recv_mbox_priority
tap "wrong command lines: exit status 2" t_usage
tap "help and version" t_help
tap "device: missing, wrong, closed" t_device
tap "control characters in names do not reach the terminal" t_control_characters
tap "completion" t_completion
tap "all JSON of these tests is valid" t_json_is_valid
tap_done
