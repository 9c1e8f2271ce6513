package detect

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// localByte are the bytes of an address before the @, without quotes; those beyond ASCII are letters of other scripts.
var localByte = func() (t [256]bool) {
	for b := range 256 {
		t[b] = isAlnum(byte(b)) || b >= 0x80 || strings.IndexByte(".!#$%&'*+-/=?^_`{|}~", byte(b)) >= 0
	}
	return t
}()

const (
	maxLocal  = 64 // RFC 5321, 4.5.3.1
	maxDomain = 255
	maxTLD    = 24
)

// emails looks around each @.
func (f *finder) emails() {
	s, floor := f.s, 0
	for at := strings.IndexByte(s, '@'); at >= 0; {
		if from, to, ok := address(s, floor, at, 1); ok && f.add(from, to, Email) {
			floor = to
		}
		next := strings.IndexByte(s[at+1:], '@')
		if next < 0 {
			return
		}
		at += 1 + next
	}
}

// hiddenAt is the length of what stands for an @ at s[i]: in the address of a page, in HTML, in JSON, by hand; 0 = nothing
// does.
func hiddenAt(s string, i int) int {
	sign := ""
	switch s[i] {
	case '%':
		sign = "%40"
	case '\\':
		sign = "\\u0040"
	case 0xEF:
		sign = "＠"
	case '&':
		if sign = "&#64;"; i+1 < len(s) && s[i+1] == 'c' {
			sign = "&commat;"
		}
	case '[', '(', '{':
		if i+2 < len(s) && s[i+1] == '@' && isClosing(s[i+2]) {
			return 3
		}
		if i+3 < len(s) && s[i+1]|0x20 == 'a' && s[i+2]|0x20 == 't' && isClosing(s[i+3]) {
			return 4
		}
		return 0
	default:
		return 0
	}
	if strings.HasPrefix(s[i:], sign) {
		return len(sign)
	}
	return 0
}

func isClosing(b byte) bool { return b == ']' || b == ')' || b == '}' }

// hidesAt reports whether one of the signs that stand for an @ is in a text.
func hidesAt(s string) bool {
	for i := range len(s) {
		if features[s[i]]&(isBracket|isBrace) != 0 && hiddenAt(s, i) > 0 {
			return true
		}
	}
	return false
}

// hiddenEmails looks around what stands for an @. What is written by hand may have a space on each side of it.
func (f *finder) hiddenEmails() {
	s, floor := f.s, 0
	for i := 1; i < len(s); i++ {
		width := hiddenAt(s, i)
		if width == 0 {
			continue
		}
		at := i
		if s[at-1] == ' ' {
			at, width = at-1, width+1
		}
		if at+width < len(s) && s[at+width] == ' ' {
			width++
		}
		if from, to, ok := address(s, floor, at, width); ok && f.add(from, to, Email) {
			floor = to
		}
	}
}

// address reads what is around the sign s[at:at+width]. What is before floor belongs to another address.
func address(s string, floor, at, width int) (from, to int, ok bool) {
	from = local(s, at)
	if from < floor {
		for from = floor; from < at && isJoint[s[from]]; from++ {
		}
	}
	if from >= at {
		return 0, 0, false
	}
	if to, ok = domain(s, at+width); !ok && width > 1 {
		to, ok = hiddenDomain(s, at+width)
	}
	if !ok {
		if to, ok = literal(s, at+width); !ok {
			return 0, 0, false
		}
	}
	if isRepository(s, from, at, to) {
		return 0, 0, false
	}
	if s[from] != '"' {
		from = cutLocal(s, from, at, to)
	}
	return from, to, from < at && s[at-1] != '.'
}

// isRepository takes git@host.example:path, of which s[from:to] is what stands before the colon. What somebody's password or another
// address follows is none.
func isRepository(s string, from, at, to int) bool {
	const longest = 256
	if to+1 >= len(s) || s[to] != ':' || !word(s[to+1]) {
		return false
	}
	path := s[to+1 : min(len(s), to+longest)]
	end := 0
	for end < len(path) && (localByte[path[end]] || path[end] == '@' || path[end] == ':') {
		end++
	}
	path = strings.TrimRight(path[:end], ".")
	if strings.IndexByte(path, '@') >= 0 {
		return false
	}
	if strings.HasSuffix(s[from:at], "git") && (at-from == len("git") || isLink[s[at-len("git")-1]]) {
		return !isDigit(s[to+1])
	}
	return strings.HasSuffix(path, ".git") && strings.IndexByte(path, '/') > 0
}

// hiddenDomain reads labels joined by dots that are written as words: example [dot] com.
func hiddenDomain(s string, from int) (to int, ok bool) {
	dots, last := 0, from
	for i := from; i < len(s); {
		for i < len(s) && (isAlnum(s[i]) || s[i] == '-') {
			i++
		}
		if to = i; i == last {
			break
		}
		width := 0
		for _, dot := range [...]string{".", "[dot]", "(dot)", "{dot}", " [dot] ", " (dot) ", " {dot} ", " dot ", "[.]", "%2E", "&#46;"} {
			if strings.HasPrefix(s[i:], dot) && i+len(dot) < len(s) && isAlnum(s[i+len(dot)]) {
				width = len(dot)
			}
		}
		if width == 0 {
			break
		}
		dots++
		i += width
		last = i
	}
	return to, dots > 0 && isTLD(s[last:to])
}

// local gives where the part before the @ begins.
func local(s string, at int) int {
	if at > 1 && s[at-1] == '"' {
		if open := strings.LastIndexByte(s[max(0, at-2-maxLocal):at-1], '"'); open >= 0 {
			if from := max(0, at-2-maxLocal) + open; from < at-2 && opens(s, from) {
				return from
			}
		}
		return at
	}
	from, wide, plain := at, false, false
	for from > 0 && at-from < maxLocal && localByte[s[from-1]] {
		if s[from-1] < 0x80 {
			plain = plain || isAlnum(s[from-1])
			from--
			continue
		}
		r, size := utf8.DecodeLastRuneInString(s[:from])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) || plain && !wide && isIdeograph(r) {
			break
		}
		wide = wide || !isIdeograph(r)
		from -= size
	}
	return from
}

// opens reports whether a quote at from opens a text: nothing of a word is before it.
func opens(s string, from int) bool {
	return from == 0 || !word(s[from-1]) && s[from-1] != '\\'
}

// isIdeograph are the letters of scripts that put no space between words.
func isIdeograph(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// isAffix are the bytes that belong to the text around an address where they stand before it, isLink those that end what
// is before an address in a link or a setting, isJoint those that join an address to the one before it.
var isAffix, isLink, isJoint = byteSet(".'`=/?&|{}#!$%*^~"), byteSet("=/?&|{}"), byteSet(".'`=/?&|{}#!$%*^~-_+")

func byteSet(set string) (t [256]bool) {
	for i := range len(set) {
		t[set[i]] = true
	}
	return t
}

// cutLocal leaves out what is before an address in a link or a setting. Where the address is all there is, and nothing
// says that it is a link, those characters are its own.
func cutLocal(s string, from, at, to int) int {
	first := s[from]
	for from < at && isAffix[s[from]] {
		if (s[from] == '#' || s[from] == '$' || s[from] == '\'' || s[from] == '{') && enclosed(s, from, to) && from+1 < at {
			break
		}
		from++
	}
	i := at - from - 1
	for i >= 0 && !isLink[s[from+i]] {
		i--
	}
	if i < 0 {
		return from
	}
	if enclosed(s, from, to) && first != '/' && first != '?' && !strings.Contains(s[from:at], "//") && !isSetting(s[from:from+i]) {
		return from
	}
	if s[from+i] == '=' && !isSetting(s[from:from+i]) {
		if _, ok := domain(s[:at], from+i+1); ok {
			return from // bounces+ada=example.com@list.example: the address of whom it was sent to
		}
	}
	return from + i + 1
}

// enclosed reports whether nothing but quotes and brackets is around s[from:to].
func enclosed(s string, from, to int) bool {
	before := from == 0 || from == 1 && strings.IndexByte("<\"'([`", s[0]) >= 0
	after := to == len(s) || to == len(s)-1 && strings.IndexByte(">\"')]`", s[to]) >= 0
	return before && after || from > 0 && to < len(s) && s[from-1] == '<' && s[to] == '>'
}

// isSetting reports whether what stands before an address is what addresses are assigned to.
func isSetting(name string) bool {
	for _, w := range [...]string{"mail", "to", "from", "cc", "user", "value", "login", "name", "recipient", "address", "rcpt", "sender", "account", "id", "sub", "owner", "uid", "contact", "author", "v", "q", "e", "u"} {
		if at := len(name) - len(w); at >= 0 && strings.EqualFold(name[at:], w) && (at == 0 || len(w) >= 4 || !isLetter(name[at-1])) {
			return true
		}
	}
	return false
}

// domain reads labels joined by dots, the last of which is a top-level domain.
func domain(s string, from int) (to int, ok bool) {
	i, dots, last, wide := from, 0, from, false
	for i < len(s) && i-from <= maxDomain {
		b := s[i]
		switch {
		case isAlnum(b) || b == '-' && i > last:
			i++
			continue
		case b >= 0x80:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) || isIdeograph(r) && i > last && !wide {
				break // a word of the text around it
			}
			wide = isIdeograph(r)
			i += size
			continue
		case b == '.' && i > last && s[i-1] != '-' && i+1 < len(s) && (isAlnum(s[i+1]) || s[i+1] >= 0x80):
			if r, _ := utf8.DecodeRuneInString(s[i+1:]); !isAlnum(s[i+1]) && !unicode.IsLetter(r) {
				break
			}
			dots++
			i++
			last, wide = i, false
			continue
		}
		break
	}
	if i < len(s) && s[i] == '@' {
		// What is right before the next sign belongs to the next address, unless nothing is left then.
		if to, ok := beginning(s[:i], from); ok {
			return to, true
		}
	}
	for i > last && s[i-1] == '-' {
		i--
	}
	switch {
	case dots == 0:
		return 0, false
	case isTLD(s[last:i]):
		return i, true
	}
	to, ok = beginning(s[:i], from)
	if ok = ok && (to > last && !isDigit(s[last-2]) || isCommonTLD(s[strings.LastIndexByte(s[:to], '.')+1:to])); !ok {
		return 0, false
	}
	return to, true
}

// beginning gives where the longest domain ends that s[from:] begins with and is no more than a part of: a label less, or what stands
// before a dash.
func beginning(s string, from int) (to int, ok bool) {
	for end := len(s); ; {
		dot := from + strings.LastIndexByte(s[from:end], '.')
		if dot <= from {
			return 0, false
		}
		label := s[dot+1 : end]
		if end < len(s) && isTLD(label) {
			return end, true
		}
		if dash := strings.IndexByte(label, '-'); dash > 0 && isTLD(label[:dash]) {
			return dot + 1 + dash, true
		}
		end = dot
	}
}

// isCommonTLD takes those that are no words of programs: what follows them is another word, and no part of a domain.
func isCommonTLD(s string) bool {
	for _, tld := range [...]string{"com", "org", "net", "edu", "gov", "example"} {
		if strings.EqualFold(s, tld) {
			return true
		}
	}
	return false
}

// literal reads an address of a machine in brackets, RFC 5321, 4.1.3.
func literal(s string, from int) (to int, ok bool) {
	if from >= len(s) || s[from] != '[' {
		return 0, false
	}
	end := strings.IndexByte(s[from:min(len(s), from+56)], ']')
	if end < 0 {
		return 0, false
	}
	text := s[from+1 : from+end]
	if len(text) > 5 && strings.EqualFold(text[:5], "IPv6:") {
		text = text[5:]
	}
	if _, err := netip.ParseAddr(text); err != nil {
		return 0, false
	}
	return from + end + 1, true
}

// isTLD takes what may be a top-level domain. Names of files and of units of a system end in others.
func isTLD(s string) bool {
	if len(s) < 2 || len(s) > maxTLD {
		return false
	}
	if len(s) > 4 && strings.EqualFold(s[:4], "xn--") {
		return true
	}
	var lower [8]byte
	for i := 0; i < len(s); i++ {
		if !isLetter(s[i]) && s[i] < 0x80 {
			return false
		}
		if i < len(lower) {
			lower[i] = s[i] | 0x20
		}
	}
	if len(s) > len(lower) {
		return true
	}
	switch string(lower[:len(s)]) {
	case "png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "tif", "tiff", "avif", "heic", "pdf", "html", "htm", "css", "js", "json", "xml", "yaml", "yml", "txt", "csv", "log", "tar", "gz", "tgz", "bak",
		"tmp", "conf", "service", "socket", "target", "timer", "mount", "slice", "scope", "wav", "ogg", "webm", "woff", "ttf", "otf", "xlsx", "docx", "pptx", "exe", "dll", "jar", "dmg", "deb", "rpm", "apk":
		return false
	}
	return true
}
