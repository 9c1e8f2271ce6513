package detect

import "strings"

// Kind is what a span holds. The zero value is nothing.
type Kind uint8

// The kinds.
const (
	None Kind = iota
	Email
	Phone
	Card
	IBAN
	NationalID
	IP
	MAC
	JWT
	APIKey
	PrivateKey
	PasswordHash
	Password // in the address of a service: scheme://user:password@host
)

var kindNames = [...]string{
	None: "none", Email: "email", Phone: "phone", Card: "card", IBAN: "iban", NationalID: "national_id", IP: "ip", MAC: "mac", JWT: "jwt",
	APIKey: "api_key", PrivateKey: "private_key", PasswordHash: "password_hash", Password: "password",
}

// String names the kind for reports.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Span is the part s[From:To] of a text.
type Span struct {
	From, To int
	Kind     Kind
}

// What a byte is to the first pass.
const (
	isAt uint16 = 1 << iota
	isDollar
	isColon
	isDash
	isBrace
	isBlank
	isDot
	notHex
	isBracket       // what an @ may be hidden with
	isArrow         // what may stand between a name and a secret, other than a colon
	digitShift = 11 // above it stands 1 for a digit
)

// isMark is anything at all that makes a text without digits worth a look.
const isMark = isAt | isDollar | isColon | isDash | isBrace | isBracket

// features says all that the first pass asks of a byte.
var features = func() (f [256]uint16) {
	for b := range f {
		if !isHex(byte(b)) {
			f[b] = notHex
		}
	}
	for set, is := range map[string]uint16{"@": isAt, "$*": isDollar, ":=": isColon, "-": isDash, "{": isBrace, " ": isBlank, ".": isDot, "[(%&\\\xEF": isBracket, ">,|": isArrow} {
		for i := range len(set) {
			f[set[i]] |= is
		}
	}
	for b := '0'; b <= '9'; b++ {
		f[b] = 1 << digitShift
	}
	return f
}()

const (
	// minNumber is how many digits the shortest number has that a scanner looks at, but for addresses of four bytes, which
	// have dots.
	minNumber  = 6
	minAddress = 4
	// minSecret is the length below which nothing is a key or a token, and no word of it is shorter.
	minSecret = 16
	// minLetters is how many letters a word of hex digits has that is no IBAN: a digest.
	minLetters = 5
)

// Text appends the spans that are found in s, in order and without overlap, to spans.
func Text(s string, spans []Span) []Span {
	seen, digits := firstPass(s)
	if digits == 0 && seen&isMark == 0 && len(s) < 2*minSecret {
		return spans // a word, a name: most values end here
	}
	return look(s, spans, seen, digits)
}

// Quiet is whether [Text] finds nothing in s, and nothing else that holds more than it shows begins there: no bracket, no brace, no
// backslash. It says how many digits there are, too. spans is room to work in. It is false where it would take longer to know.
func Quiet(s string, spans []Span) (digits int, quiet bool) {
	seen, digits := firstPass(s)
	switch {
	case seen&(isBracket|isBrace) != 0:
		return digits, false
	case digits == 0 && seen&isMark == 0 && len(s) < 2*minSecret:
		return 0, true
	}
	return digits, len(look(s, spans, seen, digits)) == len(spans)
}

// look decides by what the first pass saw whether the scanners may find anything, and runs them.
func look(s string, spans []Span, seen uint16, digits int) []Span {
	hides := seen&(isBracket|isBrace) != 0 && hidesAt(s)
	marked := hides || seen&(isAt|isDollar|isBrace|isColon) != 0 || seen&(isDash|isBlank) == isDash|isBlank && len(s) > minSecret && hasPrivateKey(s)
	switch {
	case marked:
	case digits == 0:
		if len(s) < 2*minSecret || !hasLongWord(s) {
			return spans
		}
	case digits < minNumber && (digits < minAddress || seen&isDot == 0 && !smallNumber(s)) && !hasLongWord(s):
		return spans
	case seen&notHex == 0 && len(s) >= minSecret && len(s)-digits >= minLetters:
		return spans
	}
	f := finder{s: s, spans: spans, base: len(spans)}
	f.run(seen, digits, hides)
	if len(f.spans)-f.base > maxSpans {
		// More than anybody would show the rest of: the text is one span.
		return append(f.spans[:f.base], Span{To: len(s), Kind: f.spans[f.base].Kind})
	}
	return f.spans
}

// smallNumber reports whether the first digits of a text are of one of the numbers that have few: four between the letters
// of a taxpayer of India, five of a phone.
func smallNumber(s string) bool {
	i := 0
	for i < len(s) && !isDigit(s[i]) {
		i++
	}
	if i < 3 {
		return false
	}
	end := i
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if isUpper(s[i-1]) {
		return i >= 5 && end-i == 4 && end < len(s) && isPAN(s[i-5:end+1])
	}
	return end-i >= minNamed && calledBefore(s, i)&calledPhone != 0
}

// hasLongWord reports whether a text has a word that is long enough to be a key. It looks at each sixteenth byte and goes
// back only from those that are inside a word.
func hasLongWord(s string) bool {
	for end := minSecret - 1; end < len(s); {
		i := end
		for i > end-minSecret && tokenByte[s[i]] {
			i--
		}
		if i == end-minSecret {
			return true
		}
		end = i + minSecret
	}
	return false
}

// hasPrivateKey reports whether a text names a private key as files of them do.
func hasPrivateKey(s string) bool {
	return strings.Contains(s, pemKey) || strings.Contains(s, "Private-Lines:")
}

// maxSpans bounds how many spans a text may have, and with it the time that it takes to keep them apart.
const maxSpans = 128

// Value judges a value as a whole: the kind that covers it but for white space and quotes, or [None].
func Value(s string) Kind {
	s = trim(s)
	var buf [4]Span
	spans := Text(s, buf[:0])
	if len(spans) == 1 && spans[0].From == 0 && spans[0].To == len(s) {
		return spans[0].Kind
	}
	return None
}

func trim(s string) string {
	for len(s) > 0 && isTrimmed(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isTrimmed(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isTrimmed(b byte) bool { return b <= ' ' || b == '"' || b == '\'' || b == ',' || b == ';' }

// finder collects spans of one text.
type finder struct {
	s     string
	spans []Span
	base  int // spans before this one belong to the caller
}

func (f *finder) run(seen uint16, digits int, hides bool) {
	// The order is that of certainty: what a later scanner finds inside a span that is there is not added.
	if len(f.s) >= minSecret {
		f.secrets(seen, digits)
	} else if seen&isColon != 0 && digits > 0 && len(f.s) >= minAssigned {
		f.assignments()
	}
	if seen&isAt != 0 {
		if seen&isColon != 0 {
			f.credentials()
		}
		f.emails()
	}
	if hides {
		f.hiddenEmails()
	}
	if seen&isColon != 0 {
		f.colons()
	}
	if digits >= minNumber || digits >= minAddress && (seen&isDot != 0 || smallNumber(f.s) || seen&(isAt|isColon) != 0) {
		f.numbers()
	}
	if len(f.spans)-f.base > 1 {
		f.sort()
	}
}

// add keeps a span unless it meets one that is there.
func (f *finder) add(from, to int, k Kind) bool {
	if len(f.spans)-f.base > maxSpans || k <= NationalID && k >= Phone && inUUID(f.s, from, to) {
		return false
	}
	for _, o := range f.spans[f.base:] {
		if from < o.To && o.From < to {
			return false
		}
	}
	f.spans = append(f.spans, Span{From: from, To: to, Kind: k})
	return true
}

// sort is an insertion sort: there are few spans.
func (f *finder) sort() {
	list := f.spans[f.base:]
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && list[j].From < list[j-1].From; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

func isDigit(b byte) bool { return b-'0' <= 9 }

func isLetter(b byte) bool { return (b|0x20)-'a' <= 'z'-'a' }

func isUpper(b byte) bool { return b-'A' <= 'Z'-'A' }

func isAlnum(b byte) bool { return isDigit(b) || isLetter(b) }

func isHex(b byte) bool { return isDigit(b) || (b|0x20)-'a' <= 'f'-'a' }

// word reports whether a byte continues a word. Letters beyond ASCII do not: in many scripts nothing stands between words,
// and a space may be one of those bytes.
func word(b byte) bool { return isAlnum(b) || b == '_' }

// ends reports whether a word cannot go on at i, before or after.
func (f *finder) ends(i int) bool { return i < 0 || i >= len(f.s) || !word(f.s[i]) }
