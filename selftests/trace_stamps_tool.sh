#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ipcx recv --stamps: TAP. Needs root. To ask changes the kernel's code, hence the name: see
# the runner about probes.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tool/common.sh
. "$here/tool/common.sh"

q=/stamps-$$
objects+=("$q")

# numbers_rise NAME...: the times with these names in $work/out are there, and in order.
numbers_rise() {
	local text name last=0 now
	slurp text "$work/out"
	for name; do
		[[ $text =~ \"$name\":([0-9]+) ]] || {
			echo "no $name in: $text"
			return 1
		}
		now=${BASH_REMATCH[1]}
		[ "$now" -ge "$last" ] || {
			echo "$name comes too early in: $text"
			return 1
		}
		last=$now
	done
}

# ---- tests ----

t_sent_before() {
	expect 0 create "$q" && expect 0 send "$q" x &&
		expect 0 recv "$q" --stamps && out_is x &&
		says err "^ipcx: $q: ns: copy out [0-9]+\$" &&
		expect 0 send "$q" x && expect 0 recv "$q" --stamps --json &&
		json '"copy_in_start":0,"copy_in_end":0,"locked":0,"enqueued":0,"woken":0,"dequeued":' &&
		numbers_rise dequeued copy_out_end
}

# A receiver that waits has asked before the message is sent.
t_receiver_waits() {
	"$program" recv "$q" --stamps --json >"$work/out" &
	wait_until "$q" '"recv_waiters":1' && "$program" send "$q" x && wait $! &&
		numbers_rise copy_in_start copy_in_end locked enqueued woken dequeued copy_out_end
}

# One that goes on asking, and messages that lie there.
t_queued() {
	"$program" recv "$q" --stamps --count=2 --lines >"$work/out" 2>"$work/err" &
	wait_until "$q" '"recv_waiters":1' && printf 'a\nb\n' | "$program" send "$q" --lines && wait $! &&
		out_is $'a\nb\n' &&
		says err "^ipcx: $q: ns: copy in [0-9]+ to the lock [0-9]+ to its place [0-9]+ (to the wake-up [0-9]+ waking|queued) [0-9]+ copy out [0-9]+\$"
}

t_mailbox() {
	"$program" recv --mbox "$m" --stamps --json >"$work/out" &
	wait_until "$m" '"recv_waiters":1' && "$program" send "$m" x && wait $! &&
		numbers_rise copy_in_start copy_in_end locked enqueued woken dequeued copy_out_end
}

t_no_ring() {
	expect 2 recv --mbox "$m" --ring=64K --stamps && says err 'not --ring with --stamps'
}

# The kernel's code is as before a while after the last one has ended.
t_all_gone() {
	sleep 3
}

tap 'recv --stamps: sent before anybody asked' t_sent_before
tap 'recv --stamps: a receiver that waits' t_receiver_waits
tap 'recv --stamps: in words' t_queued
tap 'recv --stamps: mailbox' t_mailbox
tap 'recv --stamps: not with a ring' t_no_ring
tap 'all have gone' t_all_gone
tap_done
