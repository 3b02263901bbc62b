# SPDX-License-Identifier: LGPL-2.1-or-later
# Bash completion for ipcx-bench: commands, options, their values, transports. All of it is
# what --help and --list say.
# shellcheck shell=bash

__ipcx_bench_help() { # program, command or nothing
	"$@" --help 2>/dev/null
}

# Options; those with an argument end in '='.
__ipcx_bench_options() { # help
	sed -nE 's/^ {2}[^ ]?.{0,8}(--[a-z-]+=?).*/\1/p' <<<"$1" | sort -u
}

# Of --wait=block|adaptive|spin the words.
__ipcx_bench_values() { # help, option
	sed -nE "s/^ .*[[:space:]]$2\[?=([a-z]+(\|[a-z]+)+)\]?.*/\1/p" <<<"$1" | tr '|' '\n'
}

__ipcx_bench_reply() { # candidates, one a line; word so far
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# The last of names with commas between them.
__ipcx_bench_list() { # names, one a line; word so far
	local before='' i
	[[ $2 != *,* ]] || before=${2%,*},
	__ipcx_bench_reply "$1" "${2##*,}"
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=$before${COMPREPLY[i]}
	done
}

_ipcx_bench() {
	local program=${COMP_WORDS[0]} help values
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local -a command=()

	COMPREPLY=()
	# A word such as --wait=s reaches us as three: --wait, =, s.
	if [ "$word" = = ]; then
		word=''
	elif [ "$before" = = ]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [ "$COMP_CWORD" -gt 1 ] && [[ ${COMP_WORDS[1]} != -* ]]; then
		command=("${COMP_WORDS[1]}")
	fi
	help=$(__ipcx_bench_help "$program" "${command[@]}")
	case $before in
	-t | --transports)
		__ipcx_bench_list "$("$program" --list 2>/dev/null | sed -nE 's/^([a-z][^ ]*) .*/\1/p')" "$word"
		return
		;;
	-m | --modes)
		[ ${#command[@]} != 0 ] || __ipcx_bench_list $'pair\noneway\nroundtrip\nswitch\nsetup\nlatency' "$word"
		return
		;;
	--json | -j | --results | -r | --regions)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--*)
		values=$(__ipcx_bench_values "$help" "$before")
		if [ -n "$values" ]; then
			__ipcx_bench_reply "$values" "$word"
			return
		fi
		;;
	esac
	if [[ $word == -* ]]; then
		__ipcx_bench_reply "$(__ipcx_bench_options "$help")" "$word"
		# What takes an argument goes on without a space.
		[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
	elif [ "$COMP_CWORD" = 1 ]; then
		__ipcx_bench_reply "$(sed -nE 's/^ +or: +ipcx-bench( \[OPTION...\])? ([a-z]+).*/\2/p' <<<"$help")" "$word"
	elif [ "${command[*]}" != list ] && [ "${command[*]}" != choose ]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}

complete -F _ipcx_bench ipcx-bench
