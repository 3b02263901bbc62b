#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Programs that know nothing but the installed library run, and so do the examples.
# "make selftests" has built them, in out/installed. TAP.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../tools/ci/tap.sh
. "$here/../tools/ci/tap.sh"

installed=$here/../out/installed
libdir=$installed/usr/lib
examples=$here/../out/lib/examples
version=$(readlink "$libdir/libipcx.so.0")
version=${version#libipcx.so.}

t_static() {
	[ "$("$installed/$1")" = "installed $version" ]
}

t_shared() {
	local libraries
	# As ldd does, which starts many more programs.
	libraries=$(LD_TRACE_LOADED_OBJECTS=1 "$installed/$1") || return
	[[ $libraries == *libipcx.so.0* ]] || { echo "not linked to it: $libraries" && return 1; }
	[ "$(LD_LIBRARY_PATH=$libdir "$installed/$1")" = "installed $version" ]
}

t_examples() {
	local example
	for example in "$examples"/*; do
		case ${example##*/} in
		*.d | mbox_server | mbox_client) continue ;;
		esac
		echo "${example##*/}:"
		# 77: it cannot run here, and has said why.
		timeout 60 "$example" || [ $? = 77 ] || return
	done
}

# The client calls a server that is there, and is told when it is not.
t_example_call() {
	local client=$examples/mbox_client server said seen answer

	coproc SERVER { exec timeout 60 "$examples/mbox_server"; }
	server=$SERVER_PID
	read -r said <&"${SERVER[0]}"
	answer=$(timeout 60 "$client" "a call") || true
	read -r seen <&"${SERVER[0]}"
	kill "$server"
	wait "$server" || true
	echo "server: $said; $seen"
	echo "client: $answer"
	[ "$said" = "serving /example-calls" ] && [[ $seen == "process "*": a call" ]] &&
		[ "$answer" = "A CALL" ] && ! "$client"
}

echo 'TAP version 13'
tap "a strict C11 program sends a message" t_shared c11
tap "a C++11 program sends a message" t_shared c++11
tap "a static program sends a message" t_static static
tap "a static program may use any name but the library's" t_static static_names
tap "examples run" t_examples
tap "the examples of a call: server and client" t_example_call
tap_done
