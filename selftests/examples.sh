#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The examples of the user guide that play several parts: what they print. TAP.
# The others run in lib_install.sh.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../tools/ci/tap.sh
. "$here/../tools/ci/tap.sh"

examples=$here/../out/lib/examples
tool=$here/../out/tools/ipcx
work=$(mktemp -d)
trap 'rm -rf "$work" "$tap_output"' EXIT

# What an example prints, line by line; numbers of processes do not count.
prints() { # name and arguments, line...
	local name wanted said status=0
	read -ra name <<<"$1"
	shift
	wanted=$(printf '%s\n' "$@")
	said=$(timeout 60 "$examples/${name[0]}" "${name[@]:1}" 2>&1) || status=$?
	[ "$status" = 0 ] && [ "$said" = "$wanted" ] && return
	echo "${name[*]}: exit status $status; not:"
	echo "$wanted"
	echo "but:"
	echo "$said"
	return 1
}

# The same of what a system may forbid: then it says so and ends with 77.
prints_if_allowed() { # name, line...
	local said status=0
	said=$(timeout 60 "$examples/$1" 2>&1 >/dev/null) || status=$?
	[ "$status" = 77 ] || {
		prints "$@"
		return
	}
	echo "$said"
	[ -n "$said" ]
}

# Those that are without ipcx: what ipcx-bench choose points to.
t_native() {
	prints native_pipe 'sweep the floor' '' 'put the fire out' &&
		prints native_unix 'server: the same user asks: what is for dinner?' 'client: soup' \
			'server: the client is gone' &&
		prints native_posix_mq '10: put the fire out' '0: sweep the floor' &&
		prints native_sysv_mq 'this reply is for you alone' 'this reply is for you alone' &&
		prints native_tcp 'server: a message' 'server: and another one' \
			'client: both are here' &&
		prints native_shm message\ {1..8}
}

t_native_pipes() {
	prints native_fifo 'first writer: message '{1,2} 'all writers have closed it' \
		'second writer: message '{1,2} 'all writers have closed it' &&
		prints native_vmsplice 'too early: as it was written later' message\ {1..5} &&
		prints_if_allowed native_io_uring {pipe,socket}': '{'sweep the floor','','put the fire out'}
}

# One datagram is lost.
t_native_udp() {
	prints native_udp message\ {0,1} '2 is missing: once more, please' message\ {2..4}
}

# What outlives its processes, by name or number.
leftovers() {
	find /dev/shm /tmp -maxdepth 1 -name '*native-*'
	cat /proc/sysvipc/shm /proc/sysvipc/sem | awk '{ print $1, $2 }'
}

t_native_memory() {
	local before
	before=$(leftovers)
	prints native_sem {unnamed,named}': message '{1..6} &&
		prints native_sysv_shm message\ {1..3} 'the first sender died with the lock' \
			message\ {4..6} &&
		prints_if_allowed native_process_vm '1048576 bytes: a large message' \
			'12 bytes: a short one' &&
		diff <(echo "$before") <(leftovers)
}

t_native_notifications() {
	prints native_eventfd job\ {1..5}' is done' &&
		prints native_signal 'SIGUSR1, which was sent twice' 'urgent: 3' 'done: 1' 'done: 2'
}

t_registry() {
	prints registry 'registry: user 0 provides clock' 'client: it is a quarter past nine' \
		'registry: clock is gone' 'client: nobody provides clock'
}

t_broker() {
	prints broker 'fast: 1 2 3 4 5 6 7 8 9 10' 'the latest will do: (8 lost) 9 10' 'slow: 1 2' \
		'fast: 11 the end' 'the latest will do: 11 the end' 'slow: (8 lost) 11 the end'
}

t_actors() {
	prints actors 'cook: "soup"' 'waiter: "how many?"' 'cook: "two plates"' \
		'waiter: "two plates of soup"' 'cook: "cake"' 'waiter: there will be no cake'
}

t_file_server() {
	prints file_server "passwd: $(head -n 1 /etc/passwd)" 'shadow: refused' \
		'../proc/version: refused'
}

t_dispatcher() {
	prints dispatcher 'wash: done by worker 1' 'dry: done by worker 2' \
		'leave: the worker has left' 'sweep: done by worker 2'
}

# The rings of the module and those in a memfd do the same.

t_ring_frames() {
	prints ring_frames '90 frames, 45 of them bright' &&
		prints 'ring_frames --memfd' '90 frames, 45 of them bright'
}

t_ring_market() {
	local lines=('the auditor has seen 5000 prices' 'the slow one has seen 1 and missed 5000')
	prints ring_market "${lines[@]}" && prints 'ring_market --memfd' "${lines[@]}"
}

# Whose last line comes first is not said.
t_ring_log() {
	local form said wanted
	wanted=$(printf 'writer %d: line 999\n' 0 1 2 3)
	for form in '' --memfd; do
		# shellcheck disable=SC2086 # no argument, or one
		said=$(timeout 60 "$examples/ring_log" $form | sort)
		[ "$said" = "$wanted" ] || {
			echo "ring_log $form: $said"
			return 1
		}
	done
}

t_mbox_log() {
	prints mbox_log 'writer 1: 500 lines' 'writer 2: 500 lines' 'writer 3: 500 lines'
}

# Waits for a line of the file.
wait_line() { # file, pattern
	local i
	for i in {1..100}; do
		! grep -qx -- "$2" "$1" || return 0
		sleep 0.1
	done
	echo "$1: no '$2' after $i looks:"
	cat "$1"
	return 1
}

# One terminal: what is written to this fd, and what is heard. Their number as a pid.
start_chat() { # fd, name
	mkfifo "$work/$2"
	# Without the other's input, whose end would not be one.
	"$examples/chat" <"$work/$2" >"$work/heard-$2" 3>&- 4>&- &
	chat=$!
	eval "exec $1>'$work/$2'"
}

wait_members() { # number
	local i
	for i in {1..100}; do
		[[ $("$tool" stat --json /example-chat 2>/dev/null) != *"\"members\":$1,"* ]] || return 0
		sleep 0.1
	done
	echo "not $1 members after $i looks"
	return 1
}

talk() { # pids of the two
	wait_members 2 && echo 'is anybody there?' >&3 &&
		wait_line "$work/heard-two" "$1, user 0: is anybody there?" && echo 'I am' >&4 &&
		wait_line "$work/heard-one" "$2, user 0: I am"
}

# The chat ends with who made it.
t_chat() {
	local first second chat status=0
	start_chat 3 one && first=$chat && wait_members 1 && start_chat 4 two && second=$chat &&
		talk "$first" "$second" || status=1
	exec 3>&-
	wait "$first" || status=1
	wait_line "$work/heard-two" 'the chat has ended' || status=1
	exec 4>&-
	wait "$second" || status=1
	return "$status"
}

echo 'TAP version 13'
tap "native mechanisms, without ipcx" t_native
tap "native pipes: with a name, with the writer's pages, by io_uring" t_native_pipes
tap "a native datagram that is lost is sent again" t_native_udp
tap "native memory: with semaphores, and another process's" t_native_memory
tap "native notifications: a counter, and signals" t_native_notifications
tap "a registry: rights as carried files, and a notice of death" t_registry
tap "a broker: subscribers of different speed" t_broker
tap "actors: asynchronous calls" t_actors
tap "a file server: an open file as the answer" t_file_server
tap "a dispatcher: the right to reply in other hands" t_dispatcher
tap "a chat between two" t_chat
tap "frames in a ring: made and used in place" t_ring_frames
tap "a market in a ring: a reader that is overrun" t_ring_market
tap "a log in a ring: four producers" t_ring_log
tap "a log in a mailbox's ring: lines with their writers' names" t_mbox_log
tap_done
