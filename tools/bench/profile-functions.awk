# SPDX-License-Identifier: LGPL-2.1-or-later
# awk -f symbols.awk -f profile-functions.awk -v symbols_file=F -v count=N PROFILE
# Instructions per message, by function, from the plugin's profile.

BEGIN { load_symbols(symbols_file) }

{
	name = symbol($1)
	times[name] += $2
	if ($3)
		locked[name] += $2
	all += $2
	all_locked += $3 ? $2 : 0
}

END {
	printf "%12.1f %8.2f  100.0 %%  all\n", all / count, all_locked / count
	for (name in times)
		printf "%12.1f %8.2f %6.1f %%  %s\n", times[name] / count,
			locked[name] / count, 100 * times[name] / all, name | "sort -rn"
}
