package detect

const uuidSize = 36

// inUUID reports whether s[from:to] is a part of a UUID: one in ten thousand has the check digits of a card or an account.
func inUUID(s string, from, to int) bool {
	begin := from
	for begin > 0 && to-begin < uuidSize && (isHex(s[begin-1]) || s[begin-1] == '-') {
		begin--
	}
	end := begin + uuidSize
	return to <= end && end <= len(s) && (begin == 0 || !word(s[begin-1])) && (end == len(s) || !word(s[end])) && isUUID(s[begin:end])
}

// isUUID is whether a text is 8-4-4-4-12 hex digits, RFC 9562, 4.
func isUUID(s string) bool {
	if len(s) != uuidSize || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	return allHex(s[:8]) && allHex(s[9:13]) && allHex(s[14:18]) && allHex(s[19:23]) && allHex(s[24:])
}
