package detect

import "strings"

const (
	minAssigned = 10
	minPassword = 6
	maxAssigned = 400
	maxBetween  = 24 // characters between the sign and the value
	maxName     = 48
)

// naming is what a text calls a value.
type naming uint8

const (
	unnamed    naming = iota
	namedKey          // a key of something, which may be a key of a table
	namedToken        // a token, a secret, an API key
	namedPass         // a password
)

// assignments finds what a text itself calls a secret: api_key = "...", Authorization: Bearer ..., <token>...</token>,
// set("TOKEN", "...").
func (f *finder) assignments() {
	s := f.s
	for i := 1; i < len(s); i++ {
		if !isSign[s[i]] {
			continue
		}
		switch s[i] {
		case '=', ':', '>':
		case ',', '|':
			// The name and the value are quoted, or the operator is ||.
			if quote := strings.IndexByte("\"'`", s[i-1]) >= 0; s[i] == ',' && !quote || s[i] == '|' && s[i-1] != '|' {
				continue
			}
		case ' ':
			if !announces[s[i-1]] || !f.announced(i) {
				continue
			}
		}
		from := valueStart(s, i)
		to := from
		for to < len(s) && to-from <= maxAssigned && assignedByte[s[to]] {
			to++
		}
		n := to - from
		if n < minPassword {
			continue
		}
		switch name := nameBefore(s[:i]); {
		case name == unnamed:
			continue
		case name == namedPass:
			to = passwordEnd(s, from)
			if quoted := s[i] == '=' && to-from >= minPassword+2 && s[from-1] == '"' && to < len(s) && s[to] == '"'; !isPassword(s[from:to], quoted) {
				continue
			}
		case !isSecret(s[from:to], name):
			continue
		}
		for to < len(s) && assignedByte[s[to]] {
			to++
		}
		if to < len(s) && s[to] == '(' {
			continue // key = derive(
		}
		for to-1 > from && s[to-1] == '.' {
			to--
		}
		if f.cover(from, to) {
			i = to
		}
	}
}

// cover keeps a secret that a text names, in place of those parts of it that were found by their beginnings.
func (f *finder) cover(from, to int) bool {
	for i := len(f.spans) - 1; i >= f.base; i-- {
		o := f.spans[i]
		if o.To <= from || to <= o.From {
			continue
		}
		if o.From < from || to < o.To || o.Kind < JWT {
			return false
		}
		if o.From == from && o.To == to {
			return false
		}
	}
	kept, kind := f.base, APIKey
	for _, o := range f.spans[f.base:] {
		if o.To <= from || to <= o.From {
			f.spans[kept] = o
			kept++
		} else {
			kind = o.Kind
		}
	}
	f.spans = f.spans[:kept]
	return f.add(from, to, kind)
}

// isSign are the bytes of which one stands between a name and a secret.
var isSign = byteSet("=:>,| ")

// announces are the last bytes of the words that say that a secret follows.
var announces = byteSet("rcnytd")

// announced reports whether the word before a space says that a secret follows, without any sign: Bearer, --token.
func (f *finder) announced(space int) bool {
	before := f.s[:space]
	switch f.s[space-1] {
	case 'r':
		return strings.HasSuffix(before, "earer")
	case 'c':
		return strings.HasSuffix(before, "asic")
	case 'n':
		return strings.HasSuffix(before, "-token")
	case 'y':
		return strings.HasSuffix(before, "-key")
	case 't':
		return strings.HasSuffix(before, "-secret")
	case 'd':
		return strings.HasSuffix(before, "-password")
	}
	return false
}

var assignedByte = func() (t [256]bool) {
	for b := range 256 {
		t[b] = tokenByte[b] || strings.IndexByte("+/=!%@#$^*", byte(b)) >= 0
	}
	return t
}()

// valueStart goes over what may stand between a sign and the value: the rest of the sign, quotes, the name of a scheme.
func valueStart(s string, sign int) int {
	from := sign + 1
	for from < len(s) && from-sign <= maxBetween && strings.IndexByte(" \t\r\n\"'=>`:\\([{|", s[from]) >= 0 {
		from++
	}
	// Authorization: Bearer, Api-Token, and others
	scheme := from
	for scheme < len(s) && scheme-from <= 12 && (isLetter(s[scheme]) || s[scheme] == '-') {
		scheme++
	}
	if n := scheme - from; n >= 3 && n <= 12 && scheme < len(s) && (s[scheme] == ' ' || s[scheme] == '=') && isScheme(s[from:scheme]) {
		from = scheme + 1
	}
	for from < len(s) && strings.IndexByte(" \"'`", s[from]) >= 0 && from-sign <= maxBetween {
		from++
	}
	return from
}

func isScheme(w string) bool {
	for _, scheme := range [...]string{"bearer", "basic", "token", "key", "digest"} {
		if len(w) >= len(scheme) && strings.EqualFold(w[len(w)-len(scheme):], scheme) {
			return true
		}
	}
	return false
}

// nameBefore looks at the name before a sign: its last word, without those that say of what type it is.
func nameBefore(before string) naming {
	before = before[max(0, len(before)-maxBetween-maxName):]
	for range 3 {
		before = strings.TrimRight(before, " \t\r\n\"'`:=?|.\\)](>+,")
		from := len(before)
		for from > 0 && len(before)-from < maxName && (isAlnum(before[from-1]) || before[from-1] == '_' || before[from-1] == '-' || before[from-1] == '.') {
			from--
		}
		if from == len(before) {
			return unnamed
		}
		switch word := before[from:]; word {
		case "string", "String", "str", "text", "is", "Bearer", "bearer", "Basic", "basic", "char", "const", "value":
			if n := saysSecret(word, ""); n != unnamed {
				return n
			}
			before = before[:from]
		default:
			previous := ""
			if at := strings.LastIndexAny(strings.TrimRight(before[:from], " "), " \t\r\n\"'<,({"); from > 0 && before[from-1] == ' ' {
				previous = strings.TrimRight(before[at+1:from], " ")
			}
			return saysSecret(word, previous)
		}
	}
	return unnamed
}

// saysSecret judges a name by its last part: apiKey, access_token, DB_PASSWORD, and not token_type or key_count. previous
// is the word before.
func saysSecret(name, previous string) naming {
	var buf [maxName]byte
	for end := len(name); end > 0; {
		from := end - 1
		for from > 0 && isAlnum(name[from-1]) && (!isUpper(name[from]) || isUpper(name[from-1])) {
			from--
		}
		n := copy(buf[:], name[from:end])
		for i := range n {
			if isUpper(buf[i]) {
				buf[i] |= 0x20
			}
		}
		for n > 1 && isDigit(buf[n-1]) && isLetter(buf[0]) {
			n-- // token2
		}
		part := buf[:n]
		rest := strings.TrimRight(name[:from], "_-.")
		end = len(rest)
		switch {
		case !isAlnum(part[0]) || allDigits(string(part)) || isNeutral(part):
			continue
		case endsIn(part, "token", "secret", "authorization", "authtoken", "credential", "credentials", "creds", "bearer", "auth", "apikey", "jwt", "basic"):
			return namedToken
		case endsIn(part, "password", "passwd", "passphrase", "passwort", "pwd", "passcode", "pass") && string(part) != "bypass" && string(part) != "compass":
			return namedPass
		case string(part) == "id":
			switch owner := strings.ToLower(rest[max(0, len(rest)-6):]); {
			case strings.HasSuffix(owner, "access"):
				return namedToken
			case strings.HasSuffix(owner, "client"):
				return namedKey
			}
			return unnamed
		case string(part) == "com" && len(rest) > 10 && strings.EqualFold(rest[len(rest)-10:], "contribsys"):
			return namedPass // BUNDLE_ENTERPRISE__CONTRIBSYS__COM, a name and a password
		case string(part) == "key" || string(part) == "keys":
			if rest == "" {
				rest = previous
			}
			return keyOf(rest)
		case endsIn(part, "key") && isOwner(string(part[:n-3])):
			return namedToken
		}
		return unnamed
	}
	return unnamed
}

func endsIn(part []byte, words ...string) bool {
	for _, w := range words {
		if len(part) >= len(w) && string(part[len(part)-len(w):]) == w {
			return true
		}
	}
	return false
}

// isNeutral are parts of a name behind the one that counts.
func isNeutral(part []byte) bool {
	switch string(part) {
	case "value", "string", "str", "base", "b", "encoded", "enc", "encrypted", "prod", "production", "test", "dev", "live", "staging", "stage", "new", "old", "default", "var", "header", "env", "raw", "plain", "text", "v", "main", "primary", "backup", "sandbox":
		return true
	}
	return false
}

// keyOf judges a key by what it is said to be of: a key of a table, of a map or of a keyboard is none.
func keyOf(owner string) naming {
	from := len(owner)
	for from > 0 && isAlnum(owner[from-1]) && (from == len(owner) || !isUpper(owner[from]) || isUpper(owner[from-1])) {
		from--
	}
	switch strings.ToLower(owner[from:]) {
	case "":
		return namedKey
	case "primary", "foreign", "public", "pub", "cache", "sort", "partition", "idempotency", "object", "s3", "row", "lookup", "index", "unique", "group", "registry", "map", "dict", "host", "translation", "i18n", "routing", "composite", "natural",
		"surrogate", "shortcut", "hot", "range", "hash", "the", "a", "this", "by", "order", "item", "file", "bucket", "redis", "storage_object", "locale", "column", "field", "config", "setting", "arrow", "function", "enter", "tab", "shift", "press":
		return unnamed
	}
	return namedToken
}

// isOwner are what stands before key in one word.
func isOwner(w string) bool {
	switch w {
	case "api", "access", "secret", "private", "auth", "encryption", "encrypt", "signing", "sign", "app", "license", "licence", "account", "client", "consumer", "master", "shared", "storage", "subscription", "session", "service", "admin", "deploy",
		"project", "integration", "write", "read", "server", "user", "security", "hmac", "aes", "webhook", "activation", "ikey", "skey", "instrumentation", "publishable", "restapi", "myapi", "apisecret":
		return true
	}
	return false
}

// isSecret reports whether a value is drawn by lot rather than written.
func isSecret(w string, name naming) bool {
	w = strings.TrimRight(w, ".")
	if isPath(w) || isTime(w) {
		return false
	}
	switch {
	case name == namedKey:
		return len(w) >= 2*minAssigned && random(w) && !isUUID(w)
	case allDigits(w):
		return len(w) >= minAssigned && !same([]byte(w))
	}
	return len(w) >= minAssigned && (random(w) || unlikeWords(w))
}

// isPath reports whether a value is the path of a file or an address.
func isPath(w string) bool {
	slash, dot := strings.LastIndexByte(w, '/'), strings.LastIndexByte(w, '.')
	return strings.HasPrefix(w, "http") || slash >= 0 && (w[0] == '/' || w[0] == '.' || dot > slash && len(w)-dot <= 6)
}

// unlikeWords takes what [random] leaves: few digits, or none and letters of both sizes mixed. What has words between
// hyphens, or could be said, is left alone.
func unlikeWords(w string) bool {
	changes, digits, letters, vowels, words, run, hard, hardest := 0, 0, 0, 0, 0, 0, 0, 0
	var seen [256]bool
	different := 0
	for i := range len(w) {
		b := w[i]
		if !seen[b] {
			seen[b] = true
			different++
		}
		if i > 0 && isUpper(b) != isUpper(w[i-1]) {
			changes++
		}
		switch {
		case isDigit(b):
			digits++
			run, hard = 0, 0
		case isLetter(b):
			letters++
			run++
			if hard++; strings.IndexByte("aeiouy", b|0x20) >= 0 {
				vowels++
				hard = 0
			}
			hardest = max(hardest, hard)
		default:
			if run > 2 {
				words++
			}
			run, hard = 0, 0
		}
	}
	unsaid := vowels*4 < letters || hardest >= 5
	switch {
	case different < 8 || words > 1 && !unsaid:
		return false
	case changes*9 >= len(w)*4 && len(w) >= 12:
		return true
	}
	return digits > 0 && len(w) >= 12 && unsaid || digits > 1 && words == 0 && len(w) >= 2*minAssigned
}

// isTime reports whether a value begins with a date.
func isTime(w string) bool {
	return len(w) >= 10 && allDigits(w[:4]) && w[4] == '-' && allDigits(w[5:7]) && w[7] == '-'
}

// passwordEnd is where a password ends: it may hold any sign.
func passwordEnd(s string, from int) int {
	to := from
	for to < len(s) && to-from <= maxAssigned && s[to] > ' ' && strings.IndexByte("\"'`<>,;&\\)", s[to]) < 0 {
		to++
	}
	return to
}

// isPassword takes what is not a word, a place for one, or a time. Where a setting quotes it, a word will do.
func isPassword(w string, quoted bool) bool {
	if len(w) < minPassword || len(w) > maxAssigned || isTime(w) || strings.IndexByte("$<{%*[", w[0]) >= 0 && (len(w) < 2 || strings.IndexByte("{(%<*[", w[1]) >= 0 || w[0] == '<') {
		return false
	}
	letters, digits := 0, 0
	for i := range len(w) {
		if isDigit(w[i]) {
			digits++
		} else if isLetter(w[i]) {
			letters++
		}
	}
	return letters > 0 && (digits > 0 || quoted)
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
