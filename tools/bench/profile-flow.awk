# SPDX-License-Identifier: LGPL-2.1-or-later
# awk -f symbols.awk -f profile-flow.awk -v symbols_file=F -v calls=N TRACE
# The last N visits to the kernel in a trace: functions in the order in which
# they ran, with the instructions of each stretch.

BEGIN { load_symbols(symbols_file) }

{
	name = symbol($1)
	if (name != current) {
		end_stretch()
		current = name
	}
	run++
}

function end_stretch() {
	if (run) {
		lines[++n] = sprintf("%6d  %s", run, current)
		if (current == "[user space]")
			user[++users] = n
	}
	run = 0
}

END {
	end_stretch()
	# What follows the last user stretch is cut off by the end of the trace.
	from = users - calls > 0 ? user[users - calls] : 1
	for (i = from; i <= user[users]; i++)
		print lines[i]
}
