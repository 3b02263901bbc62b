# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the scripts of this folder: messages, the cache and its lock.
# shellcheck shell=bash

# An error inside $(...) ends the script too, where the assignment is a
# statement of its own.
shopt -s inherit_errexit

# What "run" ends with by itself. The numbers are those by which timeout(1) and
# the shell tell of similar ends; a command that gives one of them, as a shell
# does for a program that is not there, cannot be told from that by the status,
# only by the message.
readonly STATUS_TIMEOUT=124 STATUS_KERNEL=125 STATUS_GUEST=126 STATUS_HOST=127
export STATUS_TIMEOUT STATUS_KERNEL STATUS_GUEST STATUS_HOST

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
	say "$*"
	exit "$STATUS_HOST"
}

cache_dir() {
	printf '%s\n' "${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/ipcx"
}

# need TOOL PACKAGE: the one clear line for a missing tool.
need() {
	command -v "$1" >/dev/null ||
		die "$1 not found: run 'make deps' (or install the package $2)"
}

need_space() {
	local dir=$1 mib=$2 free
	free=$(df --output=avail -BM "$dir" | tail -n1 | tr -dc 0-9)
	[ "$free" -ge "$mib" ] ||
		die "$dir: only $free MiB free of the $mib MiB needed: free some, or set XDG_CACHE_HOME to a bigger disk"
}

debian_release() {
	local id='' version=''
	# shellcheck disable=SC1091
	{ . /etc/os-release && id=${ID:-} version=${VERSION_ID:-}; } 2>/dev/null || true
	case $id$version in
	debian12 | debian13) printf '%s\n' "$version" ;;
	*) die "this is ${id:-an unknown system} ${version:-}: only Debian 12 and 13 have the packages that this script knows; on others, build with 'make -C kmod' and insmod by hand" ;;
	esac
}
