# SPDX-License-Identifier: LGPL-2.1-or-later
# awk -f symbols.awk -f profile-annotate.awk -v symbols_file=F -v count=N -v function_name=NAME PROFILE
# The instructions of one function and how often a message runs each.

BEGIN { load_symbols(symbols_file) }

{
	name = symbol($1)
	sub(/ .*/, "", name)
	if (name != function_name)
		next
	text = $0
	sub(/^[^ ]* [^ ]* [^ ]* /, "", text)
	printf "%s %10.2f %s %s\n", $1, $2 / count, $3 ? "L" : " ", text
}
