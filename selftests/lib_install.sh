#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The library as an installed one: a C and a C++ program that know nothing but
# pkg-config build against it and send a message; the examples run. TAP.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../tools/ci/tap.sh
. "$here/../tools/ci/tap.sh"

root=$(mktemp -d)
trap 'rm -rf "$root" "$tap_output"' EXIT
libdir=$root/usr/lib
export PKG_CONFIG_LIBDIR=$libdir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1

# What was built is not built again, unless it has to be.
build=$(cd "$here/.." && pwd)/out/lib
make_lib() { make -s -C "$here/../lib" O="$build" DESTDIR="$root" PREFIX=/usr "$@"; }
t_install() { make_lib install; }

t_files() {
	local file
	for file in usr/include/ipcx/ipcx.h usr/include/ipcx/queue.h usr/include/ipcx/mbox.h \
		usr/include/linux/ipcx.h usr/lib/libipcx.so usr/lib/libipcx.so.0 usr/lib/libipcx.a \
		usr/lib/pkgconfig/libipcx.pc; do
		[ -e "$root/$file" ] || { echo "/$file: not there" && return 1; }
	done
	# What the .pc file promises is where it says.
	[ "$(pkg-config --modversion libipcx)" = \
		"$(readlink "$libdir/libipcx.so.0" | sed 's/^libipcx\.so\.//')" ]
}

program() {
	cat <<-'PROGRAM'
		#include <ipcx/ipcx.h>
		#include <stdio.h>
		#include <string.h>

		int main(void)
		{
			IPCX_OPTS(ipcx_queue_opts, opts);
			IPCX_OPTS(ipcx_recv_opts, recv_opts);
			IPCX_OPTS(ipcx_mbox_opts, mbox_opts);
			IPCX_OPTS(ipcx_mbox_send_opts, send_opts);
			struct ipcx_dev *dev;
			struct ipcx_queue *q;
			struct ipcx_mbox *m;
			struct ipcx_msg msg;
			struct ipcx_mbox_msg letter;
			struct ipcx_mbox_recv mail;
			char buf[32];

			opts.max_msgs = 4;
			if (ipcx_dev_open(&dev, NULL))
				return 1;
			if (ipcx_queue_open(&q, dev, NULL, IPCX_OPEN_READ | IPCX_OPEN_WRITE, &opts))
				return 2;
			if (ipcx_queue_send(q, "installed", 9, 0))
				return 3;
			ipcx_msg_init(&msg, buf, sizeof(buf), 0, 0);
			recv_opts.flags = IPCX_XFER_NONBLOCK;
			if (ipcx_queue_recv_msgs(q, &msg, 1, &recv_opts) != 1 || msg.len != 9)
				return 4;
			mbox_opts.max_msgs = 4;
			if (ipcx_mbox_create(&m, dev, NULL, IPCX_OPEN_WRITE, &mbox_opts))
				return 5;
			ipcx_mbox_msg_init(&letter, buf, 9, 0, 7);
			send_opts.from = m;
			if (ipcx_mbox_send_msgs(m, &letter, 1, &send_opts) != 1)
				return 6;
			if (ipcx_mbox_recv(m, buf, sizeof(buf), &mail) != 9 || mail.cookie != 7 ||
			    mail.sender != ipcx_mbox_port(m))
				return 7;
			ipcx_mbox_close(m);
			printf("%.9s %s\n", buf, ipcx_version());
			ipcx_queue_close(q);
			ipcx_dev_close(dev);
			return 0;
		}
	PROGRAM
}

# t_program LANGUAGE COMPILER FLAG...
t_program() {
	local language=$1 flags libraries
	shift
	flags=$(pkg-config --cflags --libs libipcx) || return
	# shellcheck disable=SC2086 # flags are words
	program | "$@" -Wall -Wextra -Wpedantic -Werror -x "$language" -o "$root/program" - \
		-x none $flags || return
	# Not through a pipe: grep -q ends at the first match, and ldd of SIGPIPE.
	libraries=$(ldd "$root/program") || return
	[[ $libraries == *libipcx.so.0* ]] || { echo "not linked to it: $libraries" && return 1; }
	[ "$(LD_LIBRARY_PATH=$libdir "$root/program")" = "installed $(pkg-config --modversion libipcx)" ]
}

t_static() {
	program | gcc -x c -o "$root/program" - -x none -I"$root/usr/include" "$libdir/libipcx.a" &&
		[ -n "$("$root/program")" ]
}

# What the library calls its own parts is nobody's business: a program that has
# functions of the same names is linked to the archive and works.
t_static_names() {
	{
		program
		echo 'void fd_close(int *fd) { (void)fd; }'
		echo 'int transport_why(void) { return 0; }'
		echo 'int stream_send(void) { return transport_why(); }'
	} | gcc -x c -o "$root/program" - -x none -I"$root/usr/include" "$libdir/libipcx.a" &&
		[ -n "$("$root/program")" ]
}

t_examples() {
	local example
	for example in "$build"/examples/*; do
		case ${example##*/} in
		*.d | mbox_server | mbox_client) continue ;;
		esac
		echo "${example##*/}:"
		timeout 60 "$example" || return
	done
}

# The client calls a server that is there, and is told when it is not.
t_example_call() {
	local client=$build/examples/mbox_client server said seen answer

	coproc SERVER { exec timeout 60 "$build/examples/mbox_server"; }
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

t_uninstall() {
	make_lib uninstall && [ -z "$(find "$root/usr" ! -type d)" ]
}

echo 'TAP version 13'
tap "make install" t_install
tap "files, version" t_files
tap "a strict C11 program builds and sends a message" t_program c gcc -std=c11
tap "a C++11 program builds and sends a message" t_program c++ g++ -std=c++11
tap "a static program builds and sends a message" t_static
tap "a static program may use any name but the library's" t_static_names
tap "examples run" t_examples
tap "the examples of a call: server and client" t_example_call
tap "make uninstall" t_uninstall
tap_done
