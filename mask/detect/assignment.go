package detect

import "strings"

// secretWords are what the names of secrets hold.
var secretWords = []string{"key", "token", "secret", "password", "passwd", "pwd", "auth", "credential", "bearer", "api"}

const (
	minAssigned = 10
	maxAssigned = 200
	maxBetween  = 16 // characters between the sign and the value
	maxName     = 48
)

// assignments finds what a text itself calls a secret: api_key = "...", Authorization: Bearer ..., --token=....
func (f *finder) assignments() {
	s := f.s
	for i := 1; i < len(s); i++ {
		if s[i] != '=' && s[i] != ':' {
			continue
		}
		from := i + 1
		for from < len(s) && from-i <= maxBetween && strings.IndexByte(" \t\"'=>`", s[from]) >= 0 {
			from++
		}
		if rest := s[from:]; len(rest) > 7 && (strings.HasPrefix(rest, "Bearer ") || strings.HasPrefix(rest, "bearer ") || strings.HasPrefix(rest, "Token ")) {
			from += strings.IndexByte(rest, ' ') + 1
		}
		to := from
		for to < len(s) && to-from <= maxAssigned && (tokenByte[s[to]] || strings.IndexByte("+/=!%", s[to]) >= 0) {
			to++
		}
		if n := to - from; n >= minAssigned && n <= maxAssigned && namesSecret(s[:i]) && random(s[from:to]) {
			f.add(from, to, APIKey)
			i = to
		}
	}
}

// namesSecret looks at the name before the sign.
func namesSecret(before string) bool {
	before = strings.TrimRight(before[max(0, len(before)-maxBetween-maxName):], " \t\"'`:=")
	from := len(before)
	for from > 0 && len(before)-from < maxName && (isAlnum(before[from-1]) || strings.IndexByte("_-. ", before[from-1]) >= 0) {
		from--
	}
	name := strings.ToLower(before[from:])
	for _, w := range secretWords {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// random reports whether a value is drawn by lot rather than written: letters and digits change often.
func random(w string) bool {
	if !varied(w) {
		return false
	}
	changes, digits := 0, 0
	for i := 1; i < len(w); i++ {
		if isDigit(w[i]) != isDigit(w[i-1]) || isUpper(w[i]) != isUpper(w[i-1]) {
			changes++
		}
	}
	for i := range len(w) {
		digits += int(features[w[i]] >> digitShift)
	}
	return changes*5 >= len(w) && digits*16 >= len(w)
}
