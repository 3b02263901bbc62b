#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ipcx command and the ties of mailboxes: groups, death notices, carried files,
# adaptive waiting, a mailbox's ring: TAP. Needs root.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tool/common.sh
. "$here/tool/common.sh"

# The mailbox $m is a group where it says so.
q=/tool-$$
objects+=("$q")

# ---- groups ----

# Subscribes in the background: $subscriber, output in $work/got-NAME and /got-NAME-err.
subscribe() { # name, members then, argument...
	local name=$1 members=$2
	shift 2
	"$program" subscribe "$m" "$@" >"$work/got-$name" 2>"$work/got-$name-err" &
	subscriber=$!
	wait_until "$m" "\"members\":$members,"
}

got_is() { # name, text
	local text
	slurp text "$work/got-$1"
	[ "$text" = "$2" ] && return
	echo "$1: not '$2' but '$text'"
	show "$work/got-$1-err"
	return 1
}

check_group() {
	local port
	port=$(port_of_m)
	expect 0 ls && says out \
		'^KIND +ID +NAME +OWNER +MODE +DEPTH +BYTES +RECV +SEND +CALLS +MEMBERS$' \
		"^group +$port +$m +root +0640 +0 +0 +0 +0 +- +0$" &&
		expect 0 ls --kind=group --quiet && out_is "$m"$'\n' &&
		expect 0 ls --kind=mbox --quiet && out_is '' &&
		expect 0 ls --kind=queue && ! grep -q -e MEMBERS -e CALLS "$work/out" &&
		expect 0 stat "$port" && says out "^name: +$m$" '^kind: +group$' "^port: +$port$" \
			'^holder: +there$' '^members: +0 mailboxes' '^limits: .* 100 bytes a message$' &&
		expect 0 publish "$m" hello --json && json '{"sent":1,"bytes":5,"members":0}' &&
		expect 0 send "$port" hello && expect 1 publish "$m" <"$program" &&
		says err 'this group takes 100 at most: its holder chose that' &&
		expect 1 group "$m" && says err "^ipcx: $m: Device or resource busy: another program"
}

t_group() {
	while_made check_group group "$m" --mode=0640 --max-msg-size=100
}

check_nothing() { :; }

t_group_json() {
	while_made check_nothing group "$m" --json --allow-block || return
	cp "$work/made" "$work/out"
	json "\"kind\":\"group\",\"name\":\"$m\"" '"members":0,'
}

check_subscribers() {
	local first second port
	port=$(port_of_m)
	subscribe one 1 --lines && first=$subscriber && subscribe two 2 --json &&
		second=$subscriber || return
	expect 0 ls --kind=mbox && says out '^mbox +[0-9]+ +- +root +0600 +0 +0 +1 +0 +0$' &&
		expect 0 ls --kind=mbox --json && json '"members":1,"watches":0,"lost":0,' &&
		expect 0 publish "$m" --json one && json '{"sent":1,"bytes":3,"members":2}' &&
		printf 'two\nthree' | expect 0 publish "$port" --lines --type=7 --cookie=8 &&
		expect 0 publish "$m" --priority=1 <<<four || return
	kill -TERM "$maker"
	ends_with "$first" 0 && ends_with "$second" 0 && got_is one $'one\ntwo\nthree\nfour\n\n' ||
		return
	cp "$work/got-two" "$work/out"
	json '{"type":0,"priority":0,"cookie":0,"seq":1,"sender":0,"pid":' \
		"\"uid\":0,\"gid\":0,\"group\":$port,\"lost\":0,\"end\":false,\"size\":3,\"payload\":\"one\"}" \
		'{"type":7,"priority":0,"cookie":8,"seq":2,' '"payload":"two"}' '"payload":"three"}' \
		'{"type":0,"priority":1,' '"payload":"four\n"}' \
		"{\"group\":$port,\"lost\":0,\"end\":true}" &&
		[ "$(wc -l <"$work/out")" = 5 ]
}

t_subscribers() {
	while_made check_subscribers group "$m"
}

# The group lasts as long as its lines, which wait for their readers.
t_publish_make() {
	local first pid
	end_jobs_at_exit
	seq 5 | "$program" publish --make "$m" --wait=2 --lines --json >"$work/made" &
	pid=$!
	wait_until "$m" '"kind":"group"' && subscribe one 1 --lines && first=$subscriber || return
	# With the second one it begins, and may be over before anybody has looked.
	"$program" subscribe "$m" --lines --count=3 >"$work/got-two" 2>"$work/got-two-err" &
	ends_with "$!" 0 && ends_with "$pid" 0 && ends_with "$first" 0 &&
		got_is one $'1\n2\n3\n4\n5\n' && got_is two $'1\n2\n3\n' && expect 4 stat "$m" || return
	cp "$work/made" "$work/out"
	json '{"sent":5,"bytes":5,"members":'
}

t_publish_alone() {
	expect 3 publish --make "$m" --wait=1 --timeout=100ms x &&
		says err 'too few have subscribed: 0 of 1' && expect 4 stat "$m"
}

# Until the only mailbox is empty.
wait_empty() {
	local i
	for i in {1..100}; do
		[[ $("$program" ls --kind=mbox --json) != *'"depth":0,'* ]] || return 0
		sleep 0.1
	done
	echo "not empty after $i looks"
	return 1
}

# Who does not read: a message may be in its hands, others find no room at all.
stopped_subscriber() { # argument...
	subscribe slow 1 --lines --max-msgs=2 "$@" && kill -STOP "$subscriber" || return
	seq 9 | expect 0 publish "$m" --lines && kill -CONT "$subscriber" && wait_empty || return
	expect 0 publish "$m" last && kill -TERM "$subscriber" && ends_with "$subscriber" 0
}

# Each message has come or is told to be lost.
all_told() {
	local lost
	lost=$(sed -n "s,^ipcx: $m: \([0-9]*\) messages lost: .*,\1,p" "$work/got-slow-err")
	[ $((lost + $(wc -l <"$work/got-slow"))) = 10 ] && [ "$lost" -ge 6 ] && return
	show "$work/got-slow" "$work/got-slow-err"
	return 1
}

check_lag_newest() {
	stopped_subscriber && all_told && [ "$(head -n 1 "$work/got-slow")" = 1 ] &&
		! grep -qx 9 "$work/got-slow" && grep -qx last "$work/got-slow"
}

t_lag_newest() {
	while_made check_lag_newest group "$m"
}

check_lag_oldest() {
	stopped_subscriber --lag=oldest && all_told && grep -qx 9 "$work/got-slow" &&
		grep -qx last "$work/got-slow" && ! grep -qx 5 "$work/got-slow"
}

t_lag_oldest() {
	while_made check_lag_oldest group "$m"
}

check_lag_json() {
	subscribe slow 1 --json --max-msgs=2 --lag=oldest && kill -STOP "$subscriber" &&
		seq 9 | expect 0 publish "$m" --lines &&
		expect 0 ls --kind=mbox --json && ! grep -q '"lost":0' "$work/out" &&
		kill -CONT "$subscriber" && kill -TERM "$maker" &&
		ends_with "$subscriber" 0 && [ ! -s "$work/got-slow-err" ] || return
	cp "$work/got-slow" "$work/out"
	json '"payload":"9"}' '"end":true}' &&
		python -c '
import json, sys
messages = [json.loads(line) for line in sys.stdin]
sys.exit(sum(message["lost"] for message in messages) + len(messages) - 1 != 9)
' <"$work/out"
}

t_lag_json() {
	while_made check_lag_json group "$m"
}

check_lag_block() {
	subscribe slow 1 --lines --max-msgs=2 --lag=block && kill -STOP "$subscriber" || return
	seq 9 >"$work/in"
	expect 3 publish "$m" --lines --nonblock --json <"$work/in" &&
		says err 'a subscriber has no room, and the group waits for it' &&
		expect 3 publish "$m" --timeout=100ms x && says err 'a subscriber had no room in time' || return
	kill -CONT "$subscriber"
	expect 0 publish "$m" last && kill -TERM "$maker" && ends_with "$subscriber" 0 &&
		[ ! -s "$work/got-slow-err" ] && ! grep -qx x "$work/got-slow" &&
		[ "$(tail -n 1 "$work/got-slow")" = last ]
}

t_lag_block() {
	while_made check_lag_block group "$m" --allow-block
}

check_subscriber_ends() {
	subscribe one 1 && kill -"$signal" "$subscriber" && ends_with "$subscriber" 0 &&
		wait_until "$m" '"members":0' && expect 0 publish "$m" x &&
		expect 3 subscribe "$m" --timeout=50ms && says err 'in time' || return
	# Its own status is the pipeline's (pipefail).
	timeout 30 "$program" subscribe "$m" --lines | head -n 1 >"$work/out" &
	local reader=$!
	wait_until "$m" '"members":1' && "$program" publish "$m" once && ends_with "$reader" 0 &&
		out_is $'once\n' && wait_until "$m" '"members":0'
}

t_subscriber_ends() { # signal
	local signal=$1
	while_made check_subscriber_ends group "$m"
}

check_wrong_group() {
	"$program" create "$q" --exist-ok && expect 1 publish "$q" x &&
		says err "another kind: that is a queue, whose messages go to one receiver" &&
		expect 1 subscribe "$q" && says err "another kind: that is a queue" &&
		expect 1 group "$q" && says err "another kind: that name is a queue's" &&
		expect 1 subscribe "$m" --lag=block && says err 'Operation not permitted: .*--allow-block' &&
		expect 1 call "$m" x && says err 'that is a group, which has no calls' &&
		expect 1 send "$m" --sync x && says err 'that is a group, which has no' &&
		expect 1 send "$m" --file="$program" x && says err 'that is a group'
}

t_wrong_group() {
	while_made check_wrong_group group "$m" && expect 4 publish "$m" x &&
		says err 'no such object: .*make it: ipcx group NAME' && expect 4 subscribe "$m" &&
		expect 4 publish 99999999 x && says err 'no mailbox has that port' &&
		expect 4 subscribe 99999999
}

check_no_group() {
	expect 1 publish "$m" x && says err 'that is a mailbox, which has one receiver: use ipcx send' &&
		expect 1 subscribe "$m" && says err 'that is a mailbox, whose messages are its receiver'
}

t_no_group() {
	while_made check_no_group recv --mbox "$m" --follow
}

# Nobody else may do this with the group, which has a mode that says so.
forbidden() { # pattern, subcommand, argument...
	local pattern=$1
	shift
	as_nobody "$@" >"$work/out" 2>"$work/err" && return 1
	says err "Permission denied: its mode keeps you out \\($pattern\\)"
}

check_may_subscribe() {
	local status=0
	as_nobody subscribe "$m" --timeout=50ms >"$work/out" 2>&1 || status=$?
	[ "$status" = 3 ] && forbidden 'w to send' publish "$m" x
}

check_may_publish() {
	as_nobody publish "$m" x && forbidden 'r to subscribe' subscribe "$m" --timeout=50ms
}

t_group_rights() {
	while_made check_may_subscribe group "$m" --mode=0644 &&
		while_made check_may_publish group "$m" --mode=0622
}

# ---- death notices ----

# Watches in the background: $watcher, output in $work/seen and /seen-err.
watch() { # argument...
	"$program" watch "$@" >"$work/seen" 2>"$work/seen-err" &
	watcher=$!
	wait_until "$m" '"handles":2,'
}

seen_is() {
	[ "$(<"$work/seen")" = "$1" ] && return
	echo "not '$1' but:"
	show "$work/seen" "$work/seen-err"
	return 1
}

check_watch() {
	local port
	port=$(port_of_m)
	expect 3 watch "$m" --timeout=50ms && says err 'it is still there' && out_is '' &&
		expect 1 watch "$m" "$port" && says err 'it is being watched already' &&
		watch "${args[@]/PORT/$port}" && kill -TERM "$maker" &&
		ends_with "$watcher" 0 && seen_is "${wanted/PORT/$port}"
}

t_watch() { # wanted, maker's subcommand, argument of watch...
	local wanted=$1 command=$2
	local -a args=("${@:3}")
	case $command in
	group) while_made check_watch group "$m" ;;
	recv) while_made check_watch recv --mbox "$m" --follow ;;
	esac
}

t_watch_missing() {
	expect 4 watch "$m" && says err 'no such object' && expect 4 watch 99999999 &&
		"$program" create "$q" --exist-ok && expect 1 watch "$q" && says err 'another kind'
}

# One of two, and then both.
check_watch_two() {
	local other
	"$program" group "$m-2" &
	other=$!
	wait_until "$m-2" '"kind":"group"' && watch "$m-2" "$m" --any && kill -TERM "$maker" &&
		ends_with "$watcher" 0 && seen_is "$m: gone" || return
	"$program" watch "$m-2" >"$work/seen" &
	watcher=$!
	wait_until "$m-2" '"handles":2,' && kill -KILL "$other" && ends_with "$watcher" 0 &&
		seen_is "$m-2: gone"
}

t_watch_two() {
	while_made check_watch_two group "$m"
}

# ---- files ----

check_files() {
	echo 'some content' >"$work/file"
	expect 0 send "$m" --file="$work/file" 'a file' &&
		expect 0 send "$m" --file="$work" --fd=7 7<"$work/file" &&
		expect 0 send "$m" none
}

t_files() {
	while_made check_files recv --mbox "$m" --files --follow --lines || return
	cp "$work/made" "$work/out" && cp "$work/made-err" "$work/err"
	out_is $'a file\n\nnone\n' || return
	[ "$(<"$work/err")" = "ipcx: $m: with the message came $work/file
ipcx: $m: with the message came $work
ipcx: $m: with the message came $work/file" ]
}

t_files_json() {
	while_made check_files recv --mbox "$m" --files --follow --json || return
	cp "$work/made" "$work/out"
	json "\"call\":false,\"files\":[{\"kind\":\"file\",\"size\":13,\"path\":\"$work/file\"}],\"size\":6,\"payload\":\"a file\"}" \
		"\"files\":[{\"kind\":\"directory\",\"path\":\"$work\"},{\"kind\":\"file\"," \
		'"files":[],"size":4,"payload":"none"}'
}

check_cat() {
	echo content >"$work/file" &&
		expect 0 send "$m" --sync --file="$work/file" --file="$work/file" 'two: ' &&
		printf piped | expect 0 send "$m" --sync --fd=0 'piped: '
}

t_files_cat() {
	while_made check_cat recv --mbox "$m" --cat --follow || return
	cp "$work/made" "$work/out"
	out_is $'two: content\ncontent\npiped: piped'
}

check_files_refused() {
	local parameter=/sys/module/ipcx/parameters/user_max_files old status=0
	local -a many=({--file=/etc/passwd,--file=/etc/group}{,,,,,,,,})
	expect 1 send "$m" --file=/dev/null x &&
		says err 'Operation not permitted: a file of a kind that messages do not carry' &&
		expect 1 send "$m" --file="$work/none" x && says err 'none: No such file' &&
		expect 2 send "$m" --fd=99 x && says err '99 is not open: redirect it, as in 99<FILE' &&
		expect 2 send "$m" "${many[@]}" x &&
		says err 'at most 16 files' || return
	old=$(<"$parameter")
	echo 0 >"$parameter"
	expect 1 send "$m" --file=/etc/passwd x && says err 'Disk quota exceeded: .*user_max_files' ||
		status=$?
	echo "$old" >"$parameter"
	return "$status"
}

t_files_refused() {
	while_made check_files_refused recv --mbox "$m" --files --follow || return
	"$program" create "$q" --exist-ok && expect 1 send "$q" --file=/etc/passwd x &&
		says err 'that is a queue: .* files are for mailboxes'
}

check_no_files() {
	expect 1 send "$m" --file=/etc/passwd x && says err 'this mailbox takes no files: .*--files'
}

t_no_files() {
	while_made check_no_files recv --mbox "$m" --follow
}

check_info_files() {
	expect 0 info && says out '^your files: +0 of [0-9]+ in messages$' &&
		expect 0 send "$m" --file=/etc/passwd x && expect 0 info --json &&
		json '"user_files":1,"user_files_limit":' && expect 0 info && says out '^your files: +1 of'
}

# A receiver that is stopped has them still to receive.
check_stopped() {
	kill -STOP "$maker" && expect 0 send "$m" x && check_info_files || return
	kill -CONT "$maker"
	wait_until "$m" '"depth":0,' && expect 0 info --json && json '"user_files":0,'
}

t_info_files() {
	while_made check_stopped recv --mbox "$m" --files --follow
}

check_serve_files() {
	printf 'two words' >"$work/file"
	expect 0 call "$m" --file="$work/file" --file="$work/file" && out_is $'2: two words two words' &&
		expect 0 call "$m" x && out_is '0: ' && printf piped | expect 0 call "$m" --fd=0 &&
		out_is '1: piped'
}

t_serve_files() {
	# shellcheck disable=SC2016 # for the shell that is served with
	while_made check_serve_files serve "$m" --files -- sh -c \
		'echo -n "$IPCX_FILES: "; [ "$IPCX_FILES" = 0 ] || cat <&3; [ "$IPCX_FILES" -lt 2 ] || { echo -n " "; cat /dev/fd/4; }'
}

# A reply with a file, from the example.
t_call_cat() {
	local server
	end_jobs_at_exit
	mkdir "$work/served" && echo content >"$work/served/file" || return
	objects+=(/example-files)
	"$here/../out/lib/examples/file_server" "$work/served" &
	server=$!
	wait_until /example-files '"recv_waiters":1' &&
		expect 0 call /example-files --cat file && out_is $'content\n' &&
		expect 0 call /example-files --files file && out_is '' &&
		says err "with the message came $work/served/file$" &&
		expect 0 call /example-files --json --files file &&
		json "\"files\":[{\"kind\":\"file\",\"size\":8,\"path\":\"$work/served/file\"}],\"size\":0," &&
		expect 1 call /example-files --cat none && expect 1 call /example-files file &&
		expect 0 send /example-files '' && ends_with "$server" 0
}

# ---- adaptive waiting ----

check_adaptive() {
	expect 0 call "$m" --adaptive hello && out_is HELLO &&
		expect 0 send "$m" --adaptive --sync x
}

t_adaptive() {
	while_made check_adaptive serve "$m" --spin=10ms -- tr a-z A-Z &&
		expect 3 recv --mbox "$m" --adaptive --spin=20us --timeout=50ms
}

# ---- a mailbox's ring ----

# Messages by both ways in, each when the one before was received.
check_delivery() {
	expect 0 send "$m" --type=3 --cookie=4 one && wait_until "$m" '"received":1,' &&
		expect 0 send "$m" --sync --priority=5 two && wait_until "$m" '"received":2,' &&
		expect 1 call "$m" three && wait_until "$m" '"received":3,' &&
		expect 0 send "$m" four && wait_until "$m" '"received":4,'
}

t_delivery() {
	while_made check_delivery recv --mbox "$m" --ring=4K --follow --lines || return
	cp "$work/made" "$work/out"
	out_is $'one\ntwo\nthree\nfour\n'
}

t_delivery_json() {
	while_made check_delivery recv --mbox "$m" --ring=4K --follow --json || return
	cp "$work/made" "$work/out"
	json '{"type":3,"priority":0,"cookie":4,"seq":1,"sender":0,' \
		'"uid":0,"gid":0,"call":false,"ring":true,"size":3,"payload":"one"}' \
		'"priority":5,' '"call":false,"ring":false,"size":3,"payload":"two"}' \
		'"call":true,"ring":false,"size":5,"payload":"three"}' \
		'"seq":4,' '"call":false,"ring":true,"size":4,"payload":"four"}'
}

# A receiver that is stopped leaves it in the ring.
check_delivery_stat() {
	kill -STOP "$maker" && expect 0 send "$m" x && expect 0 ls &&
		says out '^KIND +ID +NAME +OWNER +MODE +DEPTH +BYTES +RECV +SEND +RING +CALLS$' \
			"^mbox +[0-9]+ +$m +root +0600 +0 +0 +0 +0 +1 +0$" && expect 0 stat "$m" &&
		says out '^ring: +1 messages, 72 of 4096 bytes, mapped to be read$' &&
		expect 0 stat --json "$m" &&
		json '"ring_size":4096,"ring_used":72,"ring_msgs":1,"consumers":1,' &&
		expect 0 info && says out '^features: .* delivery' || return
	kill -CONT "$maker"
	wait_until "$m" '"ring_msgs":0,'
}

t_delivery_stat() {
	while_made check_delivery_stat recv --mbox "$m" --ring=4K --follow
}

t_delivery_errors() {
	expect 3 recv --mbox "$m" --ring=4K --timeout=50ms && says err 'in time$' &&
		expect 1 recv --mbox "$m" --ring=5000 && says err '^ipcx: .*: --ring: a power of two' &&
		expect 1 recv --mbox "$m" --ring=4K --max-msg-size=2K &&
		says err '--max-msg-size and 64 bytes have room$' &&
		expect 1 recv --mbox "$m" --ring=1G --max-msg-size=100M &&
		says err '--max-msg-size: at most'
}

# ---- the command lines ----

t_usage() {
	local line
	for line in group 'group a' 'group /a /b' 'group 5' 'group /a --mode=888' 'publish' \
		'publish a b' 'publish /a b c' 'publish /a --lines b' 'publish --make 5 x' \
		'publish /a --mode=0600 x' 'publish /a --allow-block x' 'publish /a --wait=0 x' \
		'publish /a --wait=1 --nonblock x' 'subscribe' 'subscribe a' 'subscribe /a /b' \
		'subscribe /a --lag=none' 'subscribe /a --count=0' 'subscribe /a --max-msgs=0' \
		'watch' 'watch a' 'watch /a --timeout=soon' 'send /a --adaptive x' \
		'send /a --lines --file=/etc/passwd' 'send /a --fd=x y' 'send /a --fd=99 y' \
		'recv /a --files' 'recv /a --cat' 'recv /a --adaptive' 'recv --mbox /a --cat --json' \
		'recv /a --ring=4K' 'recv --mbox /a --ring=0' 'recv --mbox /a --ring=4K --adaptive' \
		'recv --mbox /a --ring=4K --type=1' 'recv --mbox /a --spin=0' 'serve /a --spin=11ms -- true' 'call /a --cat --json x' \
		'ls --kind=pipe'; do
		# shellcheck disable=SC2086 # words
		expect 2 $line && says err . && out_is '' || return
	done
}

t_help() {
	local command
	for command in group publish subscribe watch; do
		expect 0 "$command" --help && says out "^Usage: ipcx $command" '^Examples:' \
			'--json' '--device' && expect 0 --help && says out "^  $command " || return
	done
}

check_completion() {
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
		try subscribe su
		try "$2" subscribe "${2%?}"
		try "$2" watch "${2%?}"
		try oldest subscribe --lag = o
		try group ls --kind = g
		try --allow-block publish --al
		try /etc/passwd send --file = /etc/pass
	' - "$here/../tools/completion/ipcx.bash" "$m"
}

t_completion() {
	while_made check_completion group "$m"
}

echo 'TAP version 13'
tap "group: ls, stat, limits" t_group
tap "group --json" t_group_json
tap "subscribers: text and JSON" t_subscribers
tap "publish --make --wait" t_publish_make
tap "publish --wait: nobody comes" t_publish_alone
tap "subscribe: the newest are lost" t_lag_newest
tap "subscribe --lag=oldest" t_lag_oldest
tap "subscribe --lag=oldest --json" t_lag_json
tap "subscribe --lag=block" t_lag_block
tap "subscribe ends on SIGTERM, and with its reader" t_subscriber_ends TERM
tap "subscribe ends on SIGHUP, and with its reader" t_subscriber_ends HUP
tap "groups: other kinds, no such name" t_wrong_group
tap "a mailbox is no group" t_no_group
tap "groups: rights" t_group_rights
tap "watch a mailbox" t_watch "$m: gone" recv "$m"
tap "watch a port" t_watch "PORT: gone" recv PORT
tap "watch a group" t_watch "$m: gone" group "$m"
tap "watch --json" t_watch "{\"name\":\"$m\",\"port\":PORT}" recv --json "$m"
tap "watch what is not there" t_watch_missing
tap "watch two" t_watch_two
tap "files" t_files
tap "files: JSON" t_files_json
tap "files: --cat" t_files_cat
tap "files that are refused" t_files_refused
tap "files that a mailbox does not take" t_no_files
tap "files: what info says" t_info_files
tap "serve --files" t_serve_files
tap "call --cat, --files" t_call_cat
tap "adaptive waiting" t_adaptive
tap "a mailbox's ring" t_delivery
tap "a mailbox's ring: JSON" t_delivery_json
tap "a mailbox's ring: ls, stat, info" t_delivery_stat
tap "a mailbox's ring: errors" t_delivery_errors
tap "wrong command lines: exit status 2" t_usage
tap "help" t_help
tap "completion" t_completion
tap "all JSON of these tests is valid" t_json_is_valid
tap_done
