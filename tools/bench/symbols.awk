# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by the profile's awk programs: which function an address belongs to.
# Addresses have 16 hexadecimal digits, so that they compare as text. The file
# "symbols" is sorted: address name [module].

function load_symbols(file,    line, word) {
	while ((getline line < file) > 0) {
		split(line, word, " ")
		symbol_at[++symbols] = word[1] ""
		symbol_name[symbols] = word[2] (word[3] != "" ? " " word[3] : "")
	}
	close(file)
}

function symbol(address,    low, high, mid) {
	if (address in known)
		return known[address]
	if (address < "8000000000000000")
		return "[user space]"
	low = 1
	high = symbols
	while (low < high) {
		mid = int((low + high + 1) / 2)
		if (symbol_at[mid] <= address)
			low = mid
		else
			high = mid - 1
	}
	return known[address] = symbol_name[low]
}
