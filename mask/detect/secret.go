package detect

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// secrets looks for keys, tokens and hashes of passwords. They have fixed beginnings, or a structure that nothing else has.
func (f *finder) secrets(seen uint16, digits int) {
	if seen&(isDash|isBlank) == isDash|isBlank && hasPrivateKey(f.s) {
		f.pem()
	}
	if seen&isBrace != 0 && seen&isColon != 0 {
		f.jwk()
	}
	if seen&(isDollar|isBrace) != 0 {
		f.passwordHashes()
	}
	if hasLongWord(f.s) {
		f.tokens(seen&(isDash|isDot) != 0 || strings.IndexByte(f.s, '_') >= 0)
	}
	if seen&isDot != 0 && strings.Contains(f.s, "hook") {
		f.webhooks()
	}
	if seen&(isDash|isBlank|isColon) == isDash|isBlank|isColon {
		f.curl()
	}
	if seen&isColon != 0 || digits > 0 && seen&(isArrow|isBlank) != 0 {
		f.assignments()
	}
}

// webhookHosts are where anybody can write to who knows the rest of the address.
var webhookHosts = [...]string{"hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/", "webhook.office.com/webhookb2/"}

// webhooks finds the addresses of services to which anybody can write who knows them.
func (f *finder) webhooks() {
	s := f.s
	for _, host := range webhookHosts {
		for at := 0; ; {
			i := strings.Index(s[at:], host)
			if i < 0 {
				break
			}
			from := at + i
			to := from + len(host)
			at = to
			for to < len(s) && (tokenByte[s[to]] || s[to] == '/' || s[to] == '@') {
				to++
			}
			if to-at < minSecret {
				continue
			}
			for from > 0 && (tokenByte[s[from-1]] || s[from-1] == '/' || s[from-1] == ':' && s[from] == '/') {
				from--
			}
			f.add(from, to, APIKey)
			at = to
		}
	}
}

// curl finds the name and the password behind -u and --user.
func (f *finder) curl() {
	s := f.s
	at := strings.Index(s, "curl")
	if at < 0 {
		return
	}
	for _, option := range [...]string{" -u", " --user"} {
		for from := at; ; {
			i := strings.Index(s[from:], option)
			if i < 0 {
				break
			}
			from += i + len(option)
			begin := from
			for begin < len(s) && begin-from < 4 && strings.IndexByte(" =\"'", s[begin]) >= 0 {
				begin++
			}
			end := begin
			for end < len(s) && s[end] > ' ' && s[end] != '"' && s[end] != '\'' {
				end++
			}
			colon := strings.IndexByte(s[begin:end], ':')
			if colon >= 0 && end-begin-colon > 3 && strings.IndexByte("$<{", s[begin+colon+1]) < 0 && !strings.Contains(s[begin:end], "://") {
				f.add(begin, end, Password)
			}
		}
	}
}

const (
	pemKey  = "PRIVATE KEY"
	pemEnd  = "END "
	minDash = 4 // of RFC 4716; RFC 7468 has five
)

// pem finds private keys in the armour of RFC 7468, RFC 4716 and OpenPGP. The whole block is the key, or the rest where its
// end is missing.
func (f *finder) pem() {
	s := f.s
	for at := 0; ; {
		i := strings.Index(s[at:], pemKey)
		if i < 0 {
			break
		}
		label := at + i
		at = label + len(pemKey)
		begin := strings.LastIndex(s[max(0, label-32):label], "BEGIN ")
		if begin < 0 {
			continue
		}
		from := max(0, label-32) + begin
		for from > 0 && s[from-1] == ' ' {
			from--
		}
		dashes := 0
		for from > 0 && s[from-1] == '-' {
			from, dashes = from-1, dashes+1
		}
		if dashes < minDash {
			continue
		}
		to := len(s)
		if j := strings.Index(s[at:], pemEnd); j >= 0 {
			end := at + j + len(pemEnd)
			if k := strings.Index(s[end:], pemKey); k >= 0 && k < 32 {
				for to = end + k + len(pemKey); to < len(s) && (s[to] == '-' || s[to] == ' ' && to+1 < len(s) && s[to+1] == '-' || strings.HasPrefix(s[to:], " BLOCK-")); to++ {
					if s[to] == ' ' && s[to+1] == 'B' {
						to += len("BLOCK")
					}
				}
			}
		}
		f.add(from, to, PrivateKey)
		at = to
	}
	f.putty()
}

// putty finds the private half in a key file of PuTTY.
func (f *finder) putty() {
	const lines = "Private-Lines:"
	i := strings.Index(f.s, lines)
	if i < 0 {
		return
	}
	from := i + len(lines)
	to := len(f.s)
	if j := strings.Index(f.s[from:], "Private-M"); j >= 0 {
		to = from + j
	}
	f.add(from, to, PrivateKey)
}

// jwk finds the private members of a JSON Web Key, RFC 7518, 6.
func (f *finder) jwk() {
	s := f.s
	if !strings.Contains(s, "\"kty\"") {
		return
	}
	for _, member := range [...]string{"\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"", "\"k\""} {
		for at := 0; ; {
			i := strings.Index(s[at:], member)
			if i < 0 {
				break
			}
			from := at + i + len(member)
			for from < len(s) && (s[from] == ' ' || s[from] == ':' || s[from] == '"') {
				from++
			}
			to := radixRun(s, from)
			if at = max(to, at+i+1); to-from >= minSecret {
				f.add(from, to, PrivateKey)
			}
		}
	}
}

// tokens looks at runs of the characters that tokens are made of; joins says that there are such as may join one to another.
func (f *finder) tokens(joins bool) {
	s := f.s
	for i := 0; i+minSecret <= len(s); {
		// What begins here is too short where its sixteenth byte, or one before that, is not of a word.
		last := i + minSecret - 1
		for last >= i && tokenByte[s[last]] {
			last--
		}
		if last >= i {
			i = last + 1
			continue
		}
		end := i + minSecret
		for end < len(s) && tokenByte[s[end]] {
			end++
		}
		if end-i >= 2*minSecret || strings.ContainsAny(s[i:end], "0123456789") {
			f.token(i, end, joins)
		}
		i = end + 1
	}
}

var tokenByte = func() (t [256]bool) {
	for b := range 256 {
		t[b] = isAlnum(byte(b)) || b == '_' || b == '-' || b == '.' || b == '~'
	}
	return t
}()

func (f *finder) token(from, to int, joins bool) {
	s := f.s
	for to > from && s[to-1] == '.' {
		to-- // the end of a sentence
	}
	if to == from {
		return
	}
	if to < len(s) && s[to] == '.' && strings.Count(s[from:to], ".") == 1 {
		to++ // the signature of a token may be missing
	}
	if k, n := tokenKind(s[from:], to-from); k != None {
		f.add(from, from+n, k)
		f.joined(from+n, to)
		return
	}
	if i := strings.Index(s[from+1:to], "eyJ"); i >= 0 {
		begin := from + 1 + i // jwt-eyJ...
		if k, n := tokenKind(s[begin:], to-begin); k == JWT {
			f.joined(from, begin)
			f.add(begin, begin+n, k)
			f.joined(begin+n, to)
			return
		}
	}
	f.telegram(from, to)
	f.facebook(from, to)
	if joins {
		f.joined(from, to)
	}
}

// joined looks for what begins behind a dash, a dot or the like in a run that is no token as a whole, s[from:to], or behind one.
func (f *finder) joined(from, to int) {
	s := f.s
	for i := from + 1; i+minSecret <= to; i++ {
		if isAlnum(s[i-1]) {
			continue
		}
		if k, n := joinedKind(s[i:], to-i); n > 0 {
			f.add(i, i+n, k)
			i += n
		}
	}
}

// joinedKind judges what begins inside of a run that s[:size] is the rest of, in a time that the length of the run does not tell.
func joinedKind(s string, size int) (Kind, int) {
	const longestHead = 4 << 10
	if n := sizedKey(s[:size]); n > 0 {
		return APIKey, n
	}
	if keySeconds[s[0]]>>(s[1]%64)&1 == 0 {
		return None, 0 // eyJ is one of the beginnings, too
	}
	if strings.HasPrefix(s[:size], "eyJ") && strings.IndexByte(s[:min(size, longestHead)], '.') > 0 && jwt(s[:min(size, maxToken)]) > 0 {
		return JWT, jwt(s[:jwtRun(s, size)])
	}
	for i := range keysByFirst[s[0]] {
		if n := keysByFirst[s[0]][i].match(s, size); n > 0 {
			return APIKey, n
		}
	}
	return None, 0
}

// facebook finds 1234567890123456|..., a token of an application.
func (f *finder) facebook(from, to int) {
	s, sign := f.s, from-1
	if strings.HasSuffix(s[:from], "%7C") || strings.HasSuffix(s[:from], "%7c") {
		sign = from - 3
	}
	if to-from < 27 || to-from > 40 || sign < 15 || s[sign] != '|' && s[sign] != '%' || !varied(s[from:to]) {
		return
	}
	begin := sign
	for begin > 0 && isDigit(s[begin-1]) {
		begin--
	}
	if n := sign - begin; (n == 15 || n == 16) && f.ends(begin-1) { // the last digits of a digest are none
		f.add(begin, to, APIKey)
	}
}

// telegram finds 123456789:A..., a token of a bot.
func (f *finder) telegram(from, to int) {
	const size = 35
	s := f.s
	if to-from > size && !isAlnum(s[from+size]) {
		to = from + size // another one is joined to it
	}
	if to-from != size || s[from] != 'A' || from < 6 || s[from-1] != ':' || !varied(s[from:to]) {
		return
	}
	begin := from - 1
	for begin > 0 && isDigit(s[begin-1]) {
		begin--
	}
	if n := from - 1 - begin; n >= 5 && n <= 16 {
		f.add(begin, to, APIKey)
	}
}

// tokenKind judges the run that s[:size] is by how it begins, and says how much is the token.
func tokenKind(s string, size int) (Kind, int) {
	w := s[:size]
	switch {
	case strings.HasPrefix(w, "ey") || strings.HasPrefix(w, "ew"):
		if n := jwt(s[:jwtRun(s, size)]); n > 0 {
			return JWT, n
		}
	case strings.HasPrefix(w, "LS0tLS1CRUdJTi") || strings.HasPrefix(w, "LS0tLSBCRUdJTi"):
		if n := radixRun(s, size); isArmoured(s[:n]) {
			return PrivateKey, n
		}
	case strings.HasPrefix(w, "ZXlK") && size >= 40:
		return JWT, radixRun(s, size) // one in base64 once more
	case len(w) == 35 && strings.HasPrefix(w, "md5") && allHex(w[3:]):
		return PasswordHash, len(w) // as PostgreSQL kept them
	}
	for i := range keysByFirst[w[0]] {
		if n := keysByFirst[w[0]][i].match(s, size); n > 0 {
			return APIKey, n
		}
	}
	switch {
	case isDiscord(w), isAzure(w), isTerraform(w), isMaxMind(w):
		return APIKey, len(w)
	}
	if n := sizedKey(w); n > 0 {
		return APIKey, n
	}
	return None, 0
}

// sizedKey is the length of a key that a run begins with and whose form says how long it is; 0 = there is none.
func sizedKey(w string) int {
	const sendGrid, airtable, mailchimp = 69, 82, 38
	n := 0
	switch {
	case len(w) >= sendGrid && strings.HasPrefix(w, "SG."):
		n = sendGrid
	case len(w) >= airtable && strings.HasPrefix(w, "pat") && w[17] == '.':
		n = airtable
	case len(w) > 35 && w[32:35] == "-us":
		for n = 35; n < min(len(w), mailchimp) && isDigit(w[n]); {
			n++
		}
	}
	if n == 0 || n < len(w) && isAlnum(w[n]) || !isMailchimp(w[:n]) && !isSendGrid(w[:n]) && !isAirtable(w[:n]) {
		return 0
	}
	return n
}

// isArmoured reports whether base64 is of a private key in its armour.
func isArmoured(w string) bool {
	const most = 64
	if len(w) < most {
		return false
	}
	var plain [most]byte
	n, err := base64.StdEncoding.Decode(plain[:], []byte(w[:most]))
	return err == nil && bytes.Contains(plain[:n], []byte(pemKey))
}

// mostProbed is how much of a run tells whether it is drawn by lot. It is longer than any key of which the length is known.
const mostProbed = 128

// match is the length of the key that a run of s begins with; 0 = it begins with none of these.
func (k *key) match(s string, size int) int {
	if !strings.HasPrefix(s[:size], k.begins) {
		return 0
	}
	// What is drawn by lot is so from its beginning: of what is not, no more is read.
	n := len(k.begins)
	for most := min(size, n+mostProbed); n < most && k.holds(s[n]); n++ {
	}
	if probed := n - len(k.begins); probed == mostProbed && (k.most > 0 || !drawn(s[len(k.begins):n])) {
		return 0
	}
	if k.set == radix {
		size = radixRun(s, size)
	}
	for n < size && k.holds(s[n]) {
		n++
	}
	// An = may stand within those that are written in base64, and then more follows.
	for (k.set == anyToken || k.set == dotted) && k.most == 0 && n+1 < len(s) && s[n] == '=' && k.holds(s[n+1]) {
		for n++; n < len(s) && k.holds(s[n]); n++ {
		}
	}
	if end := len(k.begins) + k.most; k.least == k.most && n > end+1 && !isAlnum(s[end]) && strings.HasPrefix(s[end+1:], k.begins) {
		n = end // the next one is joined to it by what could be its own
	}
	tail := s[len(k.begins):n]
	if len(tail) < k.least || k.most > 0 && len(tail) > k.most || !drawn(tail) {
		return 0
	}
	return n
}

// radixRun is where base64 ends that a run of s begins.
func radixRun(s string, size int) int {
	end := min(len(s), size+maxToken)
	for size < end && (isAlnum(s[size]) || strings.IndexByte("+/=_-", s[size]) >= 0) {
		size++
	}
	return size
}

// drawn is what [varied] is, for what a known beginning makes likely: letters of both sizes will do, or many of one.
func drawn(w string) bool {
	if varied(w) {
		return true
	}
	upper, lower := 0, 0
	var seen [256]bool
	different := 0
	for i := range len(w) {
		if !seen[w[i]] {
			seen[w[i]] = true
			different++
		}
		if isUpper(w[i]) {
			upper++
		} else if isLetter(w[i]) {
			lower++
		}
	}
	return different >= min(8, len(w)/2) && len(w) >= 24 && (upper > 2 && lower > 2 || len(w) >= 32)
}

// maxToken is how far a token goes on behind the run that it begins in.
const maxToken = 16 << 10

// jwtRun is where a run ends that may be a token in the older alphabet of base64.
func jwtRun(s string, size int) int {
	end := min(len(s), size+maxToken)
	for size < end && (tokenByte[s[size]] || strings.IndexByte("+/=", s[size]) >= 0 || s[size] == '\\' && size+1 < len(s) && tokenByte[s[size+1]] && strings.IndexByte("nrtu", s[size+1]) < 0 || strings.HasPrefix(s[size:], "\\/")) {
		size++
	}
	return size
}

// jwt reads three parts of base64 with dots between them, the first of which holds an object, and gives the length; the
// signature may be missing. The second one holds an object too, or is encrypted.
func jwt(w string) int {
	first := strings.IndexByte(w, '.')
	if first < 10 {
		return 0
	}
	second := strings.IndexByte(w[first+1:], '.')
	if second < 4 {
		return 0
	}
	second += first + 1
	switch head, body := w[:first], w[first+1:second]; {
	case strings.HasPrefix(head, "ey") && strings.HasPrefix(body, "ey") && len(head) > 16 && len(body) > 16:
	case !isObject(head), !isObject(body) && len(body) < 10:
		return 0
	}
	end := second + 1
	for end < len(w) && w[end] != '.' && w[end] != '~' {
		end++
	}
	// JWE has five parts, and the third one may hold the first of another token.
	due := 0
	if !isObject(w[first+1 : second]) {
		due = 2
	}
	for last := second + 1; end < len(w) && w[end] == '.'; due-- {
		if part := w[last:end]; strings.Contains(part, "-eyJ") || strings.Contains(part, "_eyJ") {
			due = 2
		}
		if due == 0 {
			break
		}
		end++
		for last = end; end < len(w) && w[end] != '.' && w[end] != '~'; {
			end++
		}
	}
	return end
}

// isObject reports whether base64 begins as that of an object does: a brace, and a quote or white space.
func isObject(w string) bool {
	if len(w) < 4 || w[0] != 'e' {
		return false
	}
	switch w[1] {
	case 'y': // {" { {space
		return w[2] == 'J' || w[2] == 'A'
	case 'w': // a line break or a tab
		return w[2] == 'o' || w[2] == '0' || w[2] == 'k'
	case '3':
		return w[2] == '0' // {}
	}
	return false
}

// varied reports whether a text looks drawn by lot: enough different characters, and digits among letters.
func varied(w string) bool {
	var seen [256]bool
	different, digits, letters := 0, 0, 0
	for i := range len(w) {
		b := w[i]
		if !seen[b] {
			seen[b] = true
			different++
		}
		if isDigit(b) {
			digits++
		} else if isLetter(b) {
			letters++
		}
	}
	return digits > 0 && letters > 0 && different >= min(8, len(w)/2)
}

// isMailchimp is 32 hex digits and a data centre.
func isMailchimp(w string) bool {
	return len(w) >= 36 && len(w) <= 38 && allHex(w[:32]) && w[32:35] == "-us" && allDigits(w[35:])
}

func isSendGrid(w string) bool {
	return len(w) == 69 && strings.HasPrefix(w, "SG.") && varied(w)
}

// isDiscord is a bot's token: its id in base64, a time, a signature.
func isDiscord(w string) bool {
	if len(w) < 57 || len(w) > 80 || w[0] != 'M' && w[0] != 'N' && w[0] != 'O' {
		return false
	}
	first := strings.IndexByte(w, '.')
	return first >= 23 && first <= 28 && first+7 < len(w) && w[first+7] == '.' && len(w)-first-8 >= 27 && varied(w[:first])
}

// isAirtable is pat and 14 characters, a dot, 64 hex digits.
func isAirtable(w string) bool {
	return len(w) == 82 && strings.HasPrefix(w, "pat") && w[17] == '.' && allHex(w[18:])
}

// isTerraform is 14 characters, .atlasv1. and 60 to 70 more.
func isTerraform(w string) bool {
	const middle = ".atlasv1."
	return len(w) >= 14+len(middle)+60 && len(w) <= 14+len(middle)+70 && w[14:14+len(middle)] == middle
}

// isMaxMind ends in _mmk.
func isMaxMind(w string) bool {
	return len(w) == 40 && strings.HasSuffix(w, "_mmk") && varied(w)
}

// isAzure is a client secret: three characters, a digit, Q~, and 31 to 34 more.
func isAzure(w string) bool {
	return len(w) >= 37 && len(w) <= 40 && isDigit(w[3]) && w[4] == 'Q' && w[5] == '~'
}

func allHex(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}
