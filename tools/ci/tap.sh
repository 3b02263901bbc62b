# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by test scripts: commands as TAP tests.
# shellcheck shell=bash

tap_count=0
tap_failed=0
tap_output=$(mktemp)
trap 'rm -f "$tap_output"' EXIT

tap_result() { # status, name
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count $2"
	else
		echo "not ok $tap_count $2"
		tap_failed=1
	fi
}

# tap NAME COMMAND...: passes if the command does; its output is shown if not.
tap() {
	local name=$1 status
	shift
	# Behind "||" or "if", set -e would have no effect inside.
	set +e
	(
		set -e
		"$@"
	) >"$tap_output" 2>&1 </dev/null
	status=$?
	set -e
	[ "$status" = 0 ] || sed 's/^/# /' "$tap_output"
	tap_result "$status" "$name"
}

tap_done() {
	echo "1..$tap_count"
	exit "$tap_failed"
}
