#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ipcx command and shared rings: TAP. Needs root.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tool/common.sh
. "$here/tool/common.sh"

r=/tool-ring-$$
other=/tool-other-$$
objects+=("$r" "$other")

# A ring of its own for CHECK, which is removed whatever comes of it.
with_ring() { # check, argument of create...
	local check=$1 status=0
	shift
	end_jobs_at_exit
	expect 0 ring create "$r" "$@" && "$check" || status=1
	"$program" rm --force "$r"
	return "$status"
}

# Consumes in the background: $consumer, output in $work/got-NAME and /got-NAME-err. It must
# not have the end of a producer's input.
consume() { # name, consumers then, argument...
	local name=$1 count=$2
	shift 2
	"$program" ring consume "$r" "$@" >"$work/got-$name" 2>"$work/got-$name-err" 4>&- &
	consumer=$!
	wait_until "$r" "\"consumers\":$count,"
}

# A producer that waits for more input: $producer; what is written to fd 4 goes there.
produce() { # producers then, argument...
	local count=$1
	shift
	rm -f "$work/in" && mkfifo "$work/in"
	"$program" ring produce "$r" --lines "$@" <"$work/in" >"$work/produced" 2>&1 &
	producer=$!
	exec 4>"$work/in"
	wait_until "$r" "\"producers\":$count,"
}

got_is() { # name, text
	local text
	slurp text "$work/got-$1"
	[ "$text" = "$2" ] && return
	echo "$1: not '$2' but '$text'"
	show "$work/got-$1-err"
	return 1
}

# ---- create, ls, stat, rm, info ----

# Where there are no huge pages it is a ring as any other.
check_huge() {
	local huge=false
	[ ! -e /sys/kernel/mm/transparent_hugepage ] || huge=true
	expect 0 ring stat --json "$r" && json "\"huge\":$huge," && expect 0 ring stat "$r" || return
	! $huge || says out '^limits: +4194304 bytes in huge pages,'
}

t_huge() {
	with_ring check_huge --size=4M --huge
}

check_made() {
	expect 0 ls --kind=ring && says out \
		'^KIND +ID +NAME +OWNER +MODE +BYTES +RECV +SEND +SIZE +PROD +CONS +LOST$' \
		"^ring +[0-9]+ +$r +root +0640 +0 +0 +0 +8192 +0 +0 +0$" &&
		expect 0 ls --kind=ring --quiet && out_is "$r"$'\n' &&
		expect 0 ls --kind=queue --quiet && out_is '' &&
		expect 0 stat "$r" && says out "^name: +$r$" '^kind: +ring$' '^id: +[0-9]+$' \
			'^mode: +0640$' '^ring mode: +broadcast$' \
			'^limits: +8192 bytes, 8184 bytes a record$' '^used: +0 bytes$' \
			'^producers: +0$' '^consumers: +0$' '^sent: +0 records$' '^lost: +0 records' \
			'^waiting: +0 to produce, 0 to consume$' &&
		expect 0 ring stat --json "$r" &&
		json "\"kind\":\"ring\",\"name\":\"$r\"" '"mode":"0640"' '"ring_mode":"broadcast"' \
			'"huge":false,"eof":false,"broken":false,"producers":0,"consumers":0,"lost":0' \
			'"max_bytes":8192' &&
		expect 0 ls --json && json '"ring_mode":"broadcast"'
}

t_made() {
	with_ring check_made --mode=broadcast --producers=2 --consumers=3 --size=8K --perm=0640 &&
		expect 4 ring stat "$r" && says err 'no such object: .*make it: ipcx ring create'
}

# Columns that only some of the objects have.
check_mixed() {
	"$program" create "$other" && "$program" send "$other" x && expect 0 ls && says out \
		'^KIND +ID +NAME +OWNER +MODE +DEPTH +BYTES +RECV +SEND +SIZE +PROD +CONS +LOST$' \
		"^queue +[0-9]+ +$other +root +0600 +1 +1 +0 +0 +- +- +- +-$" \
		"^ring +[0-9]+ +$r +root +0600 +- +0 +0 +0 +65536 +0 +0 +0$" || return
	"$program" rm "$other"
}

t_mixed() {
	with_ring check_mixed && expect 0 ls && ! grep -q -e SIZE -e PROD "$work/out"
}

check_exists() {
	expect 1 ring create "$r" && says err 'File exists: use it as it is \(--exist-ok\)' &&
		expect 0 ring create "$r" --exist-ok --mode=mpsc --json &&
		json '"ring_mode":"spsc"' '"handles":0,' && "$program" rm "$r" &&
		expect 0 ring create "$r" --exist-ok --mode=mpsc --json && json '"ring_mode":"mpsc"'
}

t_exists() {
	with_ring check_exists
}

t_info() {
	expect 0 info && says out '^features: .* ring( |$)' && expect 0 info --json &&
		json '"mbox","ring"'
}

t_quota() {
	local parameter=/sys/module/ipcx/parameters/user_max_bytes old status=0
	old=$(<"$parameter")
	echo 1048576 >"$parameter"
	expect 1 ring create "$r" --size=1M &&
		says err 'Disk quota exceeded: you have .* of 1048576 bytes .*remove rings' || status=1
	echo "$old" >"$parameter"
	expect 4 stat "$r" && return "$status"
}

# ---- records ----

# They wait for a consumer to come, and then the end does.
check_records() {
	expect 0 ring produce "$r" one '' 'three words' --json && json '{"sent":3,"bytes":14}' &&
		expect 0 ring stat "$r" && says out '^used: +48 bytes$' \
		'^producers: +0, the last one has gone$' '^sent: +3 records$' &&
		expect 0 ring consume "$r" --lines && out_is $'one\n\nthree words\n' &&
		expect 0 ring consume "$r" && out_is '' &&
		expect 0 ring stat "$r" --json && json '"bytes":0,' '"eof":true,"broken":true,'
}

t_records() {
	with_ring check_records --mode="$1"
}

check_json_records() {
	printf 'text\xff' | expect 0 ring produce "$r" &&
		printf '1\n22\n\nlast' | expect 0 ring produce "$r" --lines &&
		expect 0 ring consume "$r" --json &&
		json '{"lost":0,"size":5,"payload_base64":"dGV4dP8="}' '{"lost":0,"size":1,"payload":"1"}' \
			'{"lost":0,"size":2,"payload":"22"}' '{"lost":0,"size":0,"payload":""}' \
			'{"lost":0,"size":4,"payload":"last"}' && [ "$(wc -l <"$work/out")" = 5 ]
}

t_json_records() {
	with_ring check_json_records
}

check_chunks() {
	expect 0 ring produce "$r" --size=10 --json <<<'0123456789abcdefghij, and' &&
		json '{"sent":3,"bytes":26}' && expect 0 ring consume "$r" --lines &&
		out_is $'0123456789\nabcdefghij\n, and\n\n'
}

# More than the ring holds, with both sides at once.
check_many_chunks() {
	head -c 300000 /dev/urandom >"$work/random" || return
	"$program" ring produce "$r" --size=1000 <"$work/random" &
	expect 0 ring consume "$r" && cmp "$work/out" "$work/random" && ends_with "$!" 0
}

t_chunks() {
	with_ring check_chunks && with_ring check_many_chunks
}

check_dash() {
	echo from stdin | expect 0 ring produce "$r" - && expect 0 ring consume "$r" &&
		out_is $'from stdin\n'
}

check_dashes() {
	expect 0 ring produce "$r" - - && expect 0 ring consume "$r" && out_is '--'
}

t_dash() {
	with_ring check_dash && with_ring check_dashes
}

check_too_long() {
	head -c 5000 /dev/zero >"$work/long"
	expect 1 ring produce "$r" <"$work/long" &&
		says err 'Message too long: .*this ring takes 4088 at most: send parts \(--lines, --size\)' &&
		expect 1 ring produce "$r" --size=1024G <"$work/long" &&
		says err 'this ring takes 4088 at most' && head -c 4088 /dev/zero >"$work/long" &&
		expect 0 ring produce "$r" <"$work/long" && expect 0 ring consume "$r" --count=1 &&
		cmp "$work/long" "$work/out"
}

t_too_long() {
	with_ring check_too_long --size=4K
}

check_full() {
	seq 300 >"$work/lines"
	expect 3 ring produce "$r" --lines --nonblock --json <"$work/lines" &&
		says err 'Resource temporarily unavailable: the ring is full' &&
		json '{"sent":256,' && expect 3 ring produce "$r" --timeout=50ms x &&
		says err 'Connection timed out: the ring stayed full' &&
		expect 3 ring produce "$r" --timeout=50ms --wait-policy=spin x &&
		expect 0 ring consume "$r" --count=2 --lines && out_is $'1\n2\n'
}

t_full() {
	with_ring check_full --size=4K
}

# Until there is a record, and the producer still there.
check_empty() {
	produce 1 || return
	local policy
	for policy in block adaptive spin; do
		expect 3 ring consume "$r" --timeout=50ms --wait-policy="$policy" &&
			says err 'Connection timed out: no record came in time' || return
	done
	expect 3 ring consume "$r" --nonblock && says err 'no record is there' &&
		! "$program" ring produce "$r" x 2>"$work/err" && says err 'it has 1 producer' || return
	exec 4>&-
	ends_with "$producer" 0
}

t_empty() {
	with_ring check_empty
}

# Woken by each record, and by the end.
check_waits() {
	consume one 1 --lines --wait-policy="$policy" && produce 1 || return
	echo first >&4 && wait_until "$r" '"sent":1,' && wait_until "$r" '"bytes":0,' &&
		echo second >&4 || return
	exec 4>&-
	ends_with "$producer" 0 && ends_with "$consumer" 0 && got_is one $'first\nsecond\n'
}

t_waits() { # policy
	local policy=$1
	with_ring check_waits
}

# Room comes when a stopped consumer goes on.
check_waits_for_room() {
	consume one 1 --lines && kill -STOP "$consumer" || return
	seq 2000 >"$work/lines"
	"$program" ring produce "$r" --lines --wait-policy="$policy" <"$work/lines" &
	producer=$!
	wait_until "$r" '"bytes":4096,' && kill -CONT "$consumer" && ends_with "$producer" 0 &&
		ends_with "$consumer" 0 && cmp "$work/got-one" "$work/lines"
}

t_waits_for_room() { # policy
	local policy=$1
	with_ring check_waits_for_room --size=4K
}

# A ring that both sides have left: whoever comes first stays.
check_wait_first() {
	"$program" ring produce "$r" old && "$program" ring consume "$r" >/dev/null || return
	expect 3 ring consume "$r" --wait --timeout=50ms && says err 'no producer has come in time' &&
		expect 3 ring produce "$r" --wait --timeout=50ms x && out_is '' &&
		says err 'no consumer has come in time' || return
	if [ "$first" = consumer ]; then
		"$program" ring consume "$r" --wait --lines >"$work/got-one" &
		consumer=$!
		wait_until "$r" '"consumers":1,' && expect 0 ring produce "$r" --wait new || return
	else
		"$program" ring produce "$r" --wait new &
		producer=$!
		wait_until "$r" '"producers":1,' || return
		"$program" ring consume "$r" --wait --lines --timeout=10 >"$work/got-one" &
		consumer=$!
		ends_with "$producer" 0 || return
	fi
	ends_with "$consumer" 0 && got_is one $'new\n'
}

t_wait_first() { # who, mode
	local first=$1
	with_ring check_wait_first "--mode=$2"
}

# The end is when all of them have gone.
check_many() {
	local i
	local -a pids=()
	consume one 1 --lines && produce 1 || return
	for i in 1 2 3 4; do
		seq -f "$i %g" 500 >"$work/lines-$i"
		"$program" ring produce "$r" --lines <"$work/lines-$i" &
		pids+=("$!")
	done
	for i in "${pids[@]}"; do
		ends_with "$i" 0 || return
	done
	exec 4>&-
	ends_with "$producer" 0 && ends_with "$consumer" 0 || return
	for i in 1 2 3 4; do
		grep "^$i " "$work/got-one" | cmp - "$work/lines-$i" || return
	done
}

t_many() {
	with_ring check_many --mode=mpsc --size=4K
}

# ---- broadcast ----

check_broadcast() {
	local first second
	produce 1 && echo 'nobody is there' >&4 && wait_until "$r" '"sent":1,' || return
	consume one 1 --lines && first=$consumer && consume two 2 --lines --count=2 &&
		second=$consumer && seq 4 >&4 || return
	exec 4>&-
	ends_with "$producer" 0 && ends_with "$first" 0 && ends_with "$second" 0 && got_is one $'1\n2\n3\n4\n' &&
		got_is two $'1\n2\n'
}

t_broadcast() {
	with_ring check_broadcast --mode=broadcast
}

# Who does not hold producers up loses what is overwritten, and is told at the next record.
overrun() { # argument of consume...
	produce 1 && consume one 1 --overrun "$@" && wait_until "$r" '"recv_waiters":1,' &&
		kill -STOP "$consumer" && wait_until "$r" '"recv_waiters":0,' || return
	seq 1000 >&4 && wait_until "$r" '"sent":1000,' && kill -CONT "$consumer" &&
		wait_until "$r" '"recv_waiters":1,' && echo last >&4 || return
	exec 4>&-
	ends_with "$producer" 0 && ends_with "$consumer" 0
}

check_overrun() {
	overrun --lines && got_is one $'last\n' &&
		[ "$(<"$work/got-one-err")" = \
			"ipcx: $r: 1000 records lost: they were overwritten before they were read" ]
}

check_overrun_json() {
	overrun --json && [ ! -s "$work/got-one-err" ] && cp "$work/got-one" "$work/out" &&
		json '{"lost":1000,"size":4,"payload":"last"}'
}

t_overrun() { # check
	with_ring "$1" --mode=broadcast --size=4K
}

check_no_overrun() {
	expect 1 ring consume "$r" --overrun &&
		says err 'Invalid argument: --overrun is for broadcast rings, and this one is spsc'
}

t_no_overrun() {
	with_ring check_no_overrun
}

# ---- the end ----

check_consumer_ends() {
	consume one 1 --lines --wait-policy="$policy" && produce 1 && echo once >&4 &&
		wait_until "$r" '"bytes":0,' && kill -"$signal" "$consumer" &&
		ends_with "$consumer" 0 && got_is one $'once\n' || return
	echo more >&4
	ends_with "$producer" 1 && grep -q 'Broken pipe: its last consumer has gone' "$work/produced"
}

t_consumer_ends() { # signal, policy
	local signal=$1 policy=$2
	with_ring check_consumer_ends
	local status=$?
	exec 4>&-
	return "$status"
}

check_reader_ends() {
	produce 1 || return
	# Its own status is the pipeline's (pipefail).
	timeout 60 "$program" ring consume "$r" --lines 4>&- | head -n 1 >"$work/out" 4>&- &
	local reader=$!
	wait_until "$r" '"consumers":1' && echo once >&4 && ends_with "$reader" 0 &&
		out_is $'once\n' || return
	exec 4>&-
	ends_with "$producer" 0
}

t_reader_ends() {
	with_ring check_reader_ends
}

# What could not be written is there for the next one.
check_output_fails() {
	local status=0
	expect 0 ring produce "$r" one two || return
	"$program" ring consume "$r" >/dev/full 2>"$work/err" || status=$?
	[ "$status" = 1 ] && says err 'standard output: No space left on device$' &&
		expect 0 ring consume "$r" --lines && out_is $'one\ntwo\n'
}

t_output_fails() {
	with_ring check_output_fails
}

check_killed() {
	consume one 1 && produce 1 && kill -KILL "$producer" && ends_with "$consumer" 0 &&
		wait_until "$r" '"eof":true,"broken":true,"producers":0,"consumers":0'
	exec 4>&-
}

t_killed() {
	with_ring check_killed
}

# A producer may write what it likes: here that there are records without end.
check_lie() {
	consume one 1 || return
	python - "$r" <<'END' || return
import ctypes, fcntl, mmap, os, struct, sys

name = ctypes.create_string_buffer(sys.argv[1].encode())
page = os.sysconf("SC_PAGE_SIZE")
size = max(page, 4096)
arg = bytearray(struct.pack("QIIIIQIIQ", ctypes.addressof(name), len(name.value), 3, 2, 0, 0, 0, 0, 0))
fd = fcntl.ioctl(os.open("/dev/ipcx", os.O_RDWR), 3 << 30 | len(arg) << 16 | 0xB9 << 8 | 0x21, arg)
with mmap.mmap(fd, 2 * page + 2 * size, offset=1 << 40) as producer:
    producer[page:page + 8] = struct.pack("Q", 1 << 50)
END
	ends_with "$consumer" 1 && cp "$work/got-one-err" "$work/err" &&
		says err 'Bad message: no record at byte 0: .* make a new ring'
}

t_lie() {
	with_ring check_lie --size=4K
}

# ---- errors ----

check_kinds() {
	local line
	"$program" create "$other" || return
	for line in "produce $other x" "consume $other" "stat $other" "create $other --exist-ok"; do
		# shellcheck disable=SC2086 # words
		expect 1 ring $line && says err 'another kind: .* is not a ring: see ipcx ls' || return
	done
	for line in "send $r x" "recv $r" "create $r --exist-ok" "call $r x" "publish $r x" \
		"subscribe $r" "watch $r" "group $r" "recv --mbox $r" "serve $r -- true"; do
		# shellcheck disable=SC2086 # words
		expect 1 $line && says err 'another kind: that is a ring: use ipcx ring$' || return
	done
	"$program" rm "$other"
}

t_kinds() {
	with_ring check_kinds && for line in "produce $r x" "consume $r" "stat $r"; do
		# shellcheck disable=SC2086 # words
		expect 4 ring $line && says err 'no such object: .*make it: ipcx ring create NAME' || return
	done
}

check_taken() {
	consume one 1 && consume two 2 && expect 1 ring consume "$r" &&
		says err 'Device or resource busy: it has 2 consumer\(s\), as many as it takes: .*--consumers' &&
		expect 0 ring produce "$r" x && wait
}

t_taken() {
	with_ring check_taken --mode=broadcast --consumers=2
}

# Nobody else may, with this mode.
forbidden() { # argument...
	as_nobody ring "$@" >"$work/out" 2>"$work/err" && return 1
	says err 'Permission denied: its mode keeps you out \(r to consume, w to produce\)'
}

check_may_produce() {
	forbidden consume "$r" && as_nobody ring produce "$r" x && as_nobody ring stat "$r" >/dev/null &&
		expect 0 ring consume "$r" && out_is x
}

check_may_consume() {
	"$program" ring produce "$r" x && forbidden produce "$r" x &&
		as_nobody ring consume "$r" >"$work/out" && out_is x
}

check_may_nothing() {
	forbidden stat "$r" && forbidden consume "$r" && forbidden produce "$r" x &&
		! as_nobody rm "$r" 2>"$work/err" && says err 'only its owner may remove it' &&
		as_nobody ls >"$work/out" && ! grep -q "$r" "$work/out"
}

t_rights() {
	with_ring check_may_produce --perm=0622 && with_ring check_may_consume --perm=0644 &&
		with_ring check_may_nothing
}

# ---- the command lines ----

t_usage() {
	local line
	for line in ring 'ring make' 'ring create' 'ring create a' 'ring create /a /b' \
		'ring create /a --size=5000' 'ring create /a --size=2K' 'ring create /a --size=2G' \
		'ring create /a --mode=many' 'ring create /a --perm=888' 'ring create /a --producers=0' \
		'ring create /a --producers=2' 'ring create /a --consumers=2' \
		'ring create /a --mode=mpsc --consumers=2' 'ring create /a --mode=mpsc --producers=65' \
		'ring produce' 'ring produce a' 'ring produce /a --lines x' 'ring produce /a --size=1 x' \
		'ring produce /a --size=1 --lines' 'ring produce /a --size=0' \
		'ring produce /a --nonblock --timeout=1 x' 'ring produce /a --nonblock --wait x' 'ring produce /a --wait-policy=hope x' \
		'ring consume' 'ring consume a' 'ring consume /a /b' 'ring consume /a --count=0' \
		'ring consume /a --nonblock --timeout=1' 'ring consume /a --nonblock --wait' 'ring consume /a --wait-policy=hope' \
		'ring stat' 'ring stat a'; do
		# shellcheck disable=SC2086 # words
		expect 2 $line && says err . && out_is '' || return
	done
}

t_help() {
	local command
	expect 0 --help && says out '^  ring ' && expect 0 ring --help &&
		says out '^Usage: ipcx ring COMMAND' '^Examples:' || return
	for command in create produce consume stat; do
		expect 0 ring "$command" --help && says out "^Usage: ipcx ring $command" '^Examples:' \
			'--json' '--device' && expect 0 ring --help && says out "^  $command " || return
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
		try ring ri
		try produce ring pr
		try "$2" ring consume "${2%?}"
		try "$2" rm "${2%?}"
		try broadcast ring create --mode = b
		try 0644 ring create --perm = 064
		try --overrun ring consume --ov
		try adaptive ring produce --wait-policy = a
		try ring ls --kind = r
	' - "$here/../tools/completion/ipcx.bash" "$r"
}

t_completion() {
	with_ring check_completion
}

echo 'TAP version 13'
tap "create, ls, stat" t_made
tap "create --huge" t_huge
tap "ls: rings among others" t_mixed
tap "create what exists" t_exists
tap "info" t_info
tap "create beyond the limit of a user" t_quota
tap "records wait, and so does the end: spsc" t_records spsc
tap "records wait, and so does the end: mpsc" t_records mpsc
tap "lines, and JSON" t_json_records
tap "chunks of standard input" t_chunks
tap "- is standard input" t_dash
tap "records that are too long" t_too_long
tap "a full ring" t_full
tap "an empty ring" t_empty
for policy in block adaptive spin; do
	tap "waiting for records: $policy" t_waits "$policy"
	tap "waiting for room: $policy" t_waits_for_room "$policy"
done
tap "--wait: a consumer comes first" t_wait_first consumer spsc
tap "--wait: a producer comes first" t_wait_first producer spsc
tap "--wait: a consumer of a broadcast comes first" t_wait_first consumer broadcast
tap "many producers" t_many
tap "broadcast: each gets all from now on" t_broadcast
tap "consume --overrun" t_overrun check_overrun
tap "consume --overrun --json" t_overrun check_overrun_json
tap "--overrun is for broadcast" t_no_overrun
tap "consume ends on SIGTERM" t_consumer_ends TERM block
tap "consume ends on SIGHUP" t_consumer_ends HUP adaptive
tap "consume that spins ends on SIGTERM" t_consumer_ends TERM spin
tap "consume ends with its reader" t_reader_ends
tap "consume that cannot write" t_output_fails
tap "a producer is killed" t_killed
tap "memory that lies" t_lie
tap "other kinds, no such name" t_kinds
tap "all slots taken" t_taken
tap "rights" t_rights
tap "wrong command lines: exit status 2" t_usage
tap "help" t_help
tap "completion" t_completion
tap "all JSON of these tests is valid" t_json_is_valid
tap_done
