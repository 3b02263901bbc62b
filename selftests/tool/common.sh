# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by the tests of the ipcx command: its runs, its output, its mailbox $m.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../../tools/ci/tap.sh
. "$top/tools/ci/tap.sh"

# A copy, which others can execute, too: what lies on the host is found, opened and closed
# by messages to it each time.
work=$(mktemp -d)
chmod 755 "$work"
program=$work/ipcx
install -m 755 "${IPCX_TOOL:-$top/out/tools/ipcx}" "$program" || {
	echo "Bail out! ${IPCX_TOOL:-out/tools/ipcx}: not there: build it with 'make tools'"
	exit 1
}
m=/tool-mbox-$$
nobody=65534

# What is removed at the end.
objects=("$m")

cleanup() {
	"$program" rm --force "${objects[@]}" >/dev/null 2>&1
	rm -rf "$work" "$tap_output"
}
trap cleanup EXIT

# ---- checks: in the shell itself, since every program is dear in a VM ----

# All that is in a file, newlines at its end too.
slurp() { # variable, file
	IFS= read -r -d '' "$1" <"$2" || true
}

# What files hold, up to a newline: TAP goes on behind it.
show() {
	cat "$@"
	echo
}

# expect STATUS ARGUMENT...: runs ipcx; its output is in $work/out and /err.
expect() {
	local wanted=$1 status=0
	shift
	"$program" "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = "$wanted" ] && return
	echo "ipcx $*: exit status $status instead of $wanted"
	show "$work/out" "$work/err"
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

# Until what stat prints of an object has this text.
wait_until() { # name, text
	local i
	for i in {1..100}; do
		[[ $("$program" stat --json "$1" 2>/dev/null) == *"$2"* ]] && return
		sleep 0.1
	done
	echo "$1: no '$2' after $i looks"
	return 1
}

# Also where a test has stopped it: a signal waits until it goes on.
end_program() { # pid...
	kill -TERM "$@" 2>/dev/null || true
	kill -CONT "$@" 2>/dev/null || true
}

# What a test that fails has started is not left behind.
end_jobs_at_exit() {
	# shellcheck disable=SC2046 # words
	trap 'end_program $(jobs -p)' EXIT
}

ends_with() { # pid, status
	local status=0
	wait "$1" || status=$?
	[ "$status" = "$2" ] || echo "exit status $status instead of $2"
	[ "$status" = "$2" ]
}

# Whoever makes $m with these arguments runs while CHECK does; its output is in
# $work/made and /made-err. Ended, it leaves no mailbox.
while_made() { # check, subcommand, argument...
	local check=$1 status=0 there='"recv_waiters":1'
	shift
	# From a group nobody receives.
	[ "$1" != group ] || there='"kind":"group"'
	# Who waits for either way in waits by poll.
	[[ "$*" != *--ring=* ]] || there='"consumers":1'
	end_jobs_at_exit
	"$program" "$@" >"$work/made" 2>"$work/made-err" &
	maker=$!
	wait_until "$m" "$there" && "$check" || status=$?
	# It may have ended already.
	end_program "$maker"
	wait "$maker" || {
		echo "ipcx $*: exit status $?"
		status=1
	}
	[ "$status" = 0 ] || show "$work/made" "$work/made-err"
	expect 4 stat "$m" || return
	return "$status"
}

# The port of $m.
port_of_m() {
	local text
	text=$("$program" stat --json "$m") && text=${text#*'"id":'} && echo "${text%%,*}"
}

as_nobody() {
	setpriv --reuid="$nobody" --regid="$nobody" --clear-groups -- "$program" "$@"
}

# Ctrl-C, as a terminal gives it to the foreground, once it waits to receive. Programs in
# the background would ignore it.
interrupted() { # subcommand, name, argument...
	end_jobs_at_exit
	env --default-signal=INT "$program" "$@" &
	wait_until "$2" '"recv_waiters":1,' && kill -INT "$!" && ends_with "$!" 0
}

# Without what a machine may add to python, which takes longer to start than to do this.
python() {
	/usr/bin/python3 -I -S "$@"
}

t_json_is_valid() {
	python -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    json.loads(line)
' "$work/all-json"
}
