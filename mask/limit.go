package mask

import "strings"

// computesLimit reports whether a LIMIT, OFFSET or FETCH of a text, at any depth, is something else than a constant or a
// parameter. It goes by the words alone: one that only looks like it, in a string or as a name, counts too.
func computesLimit(sql string) bool {
	rest := strings.ToLower(sql)
	for rest != "" {
		n := tokenEnd(rest)
		word := rest[:n]
		rest = rest[n:]
		switch word {
		case "limit", "offset":
			if !isConstantLimit(rest) {
				return true
			}
		case "first", "next":
			if strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), "(") {
				return true
			}
		}
	}
	return false
}

func isConstantLimit(rest string) bool {
	rest = strings.TrimLeft(rest, " \t\r\n")
	if rest == "" {
		return true
	}
	n := tokenEnd(rest)
	word, behind := rest[:n], strings.TrimLeft(rest[n:], " \t\r\n")
	constant := word == "all" || word == "null" || strings.Trim(word, "0123456789") == "" || word[0] == '$' && strings.Trim(word[1:], "0123456789") == ""
	// 1 + ascii(...) begins with a constant.
	return constant && (behind == "" || strings.IndexByte("+-*/%^|&#:!<>=~.", behind[0]) < 0)
}
