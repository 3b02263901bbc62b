# SPDX-License-Identifier: LGPL-2.1-or-later
# Bash completion for ipcx: commands, options, names of objects.
# shellcheck shell=bash

# Options that a command's --help lists; those with an argument end in '='.
__ipcx_options() { # program, words of the command
	"$@" --help 2>/dev/null |
		sed -nE 's/^ {2}[^ ]?.{0,4}(--[a-z-]+=?).*/\1/p' | sort -u
}

# Names of objects that may be received from; a name with a newline cannot be completed.
__ipcx_names() {
	"$1" ls --quiet 2>/dev/null
}

__ipcx_reply() { # text of candidates, one a line; word so far
	local line
	COMPREPLY=()
	while IFS= read -r line; do
		[[ -z $line || $line != "$2"* ]] || COMPREPLY+=("$(printf %q "$line")")
	done <<<"$1"
}

# A word such as --kind=q reaches us as three: --kind, =, q.
__ipcx_value_of() { # option; word so far
	case $1 in
	--kind | -k) __ipcx_reply $'queue\nmbox\ngroup\nring' "$2" ;;
	--lag) __ipcx_reply $'newest\noldest\nblock' "$2" ;;
	--overflow) __ipcx_reply $'block\ndrop' "$2" ;;
	--wait-policy) __ipcx_reply $'block\nadaptive\nspin' "$2" ;;
	--mode | -m | --perm) __ipcx_reply $'0600\n0620\n0640\n0660\n0622\n0644\n0666' "$2" ;;
	--device | --file) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	--timeout | -T | --type | -t | --not-type | --max-type | --min-priority | \
		--priority | -p | --count | -c | --cookie | --max-msgs | --max-msg-size | \
		--max-bytes | --spin | --wait | --fd | --size | --producers | --consumers)
		COMPREPLY=()
		;;
	*) return 1 ;;
	esac
}

# Behind "--" comes a command, and behind that most likely files.
__ipcx_command_line() { # word so far
	local i kind=-f
	for ((i = 2; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" != -- ] || break
	done
	[ "$i" != "$COMP_CWORD" ] || return
	[ "$i" != $((COMP_CWORD - 1)) ] || kind=-c
	mapfile -t COMPREPLY < <(compgen "$kind" -- "$1")
}

_ipcx() {
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]-}
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local -a words=("$command")

	COMPREPLY=()
	if [ "$command" = serve ] && __ipcx_command_line "$word"; then
		return
	fi
	if [ "$COMP_CWORD" = 1 ]; then
		__ipcx_reply $'info\nls\nstat\ncreate\nsend\nrecv\ncall\nserve\ngroup\npublish\nsubscribe\nwatch\nring\nrm\n--help\n--version' "$word"
		return
	fi
	if [ "$command" = ring ]; then
		if [ "$COMP_CWORD" = 2 ]; then
			__ipcx_reply $'create\nproduce\nconsume\nstat\n--help' "$word"
			return
		fi
		words+=("${COMP_WORDS[2]}")
	fi
	if [ "$word" = = ]; then
		word=''
	elif [ "$before" = = ]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [ "${words[*]}" = 'ring create' ] && [ "$before" = --mode ]; then
		__ipcx_reply $'spsc\nmpsc\nbroadcast' "$word"
		return
	fi
	! __ipcx_value_of "$before" "$word" || return 0
	if [[ $word == -* ]]; then
		__ipcx_reply "$(__ipcx_options "$program" "${words[@]}")" "$word"
		# What takes an argument goes on without a space.
		[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
		return 0
	fi
	case ${words[*]} in
	send | recv | call | stat | publish | subscribe | watch | rm | 'ring produce' | \
		'ring consume' | 'ring stat')
		__ipcx_reply "$(__ipcx_names "$program")" "$word"
		;;
	esac
}

complete -F _ipcx ipcx
