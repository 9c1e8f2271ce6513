package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a command prints came in part from whoever sent a statement, named a file or wrote a policy. A terminal takes some
// characters as commands, others change how a line reads: those are shown as they would be written, \x1b, \u202e.

// painted is text that the command itself has coloured. What it was made of is visible.
type painted string

// block is text of several lines, the ends of which are the command's own.
type block string

// unseen reports whether a character does not show as itself: of control, of direction, of no width, or none at all.
func unseen(r rune) bool {
	switch {
	case r < 0x80:
		return r < ' ' || r == 0x7f
	case r == '\u2028', r == '\u2029', r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0': // ends of lines, fillers
		return true
	case 0xfe00 <= r && r <= 0xfe0f, 0xe0000 <= r && r <= 0xe0fff: // selectors, tags
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co)
}

// visible shows text in one line.
func visible(s string) string { return show(s, "") }

// visibleLines shows text of several lines.
func visibleLines(s string) string { return show(s, "\n\t") }

func show(s, but string) string {
	clean := true
	for _, r := range s {
		if clean = !unseen(r) && r != utf8.RuneError || strings.ContainsRune(but, r) && r != utf8.RuneError; !clean {
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case !unseen(r) || strings.ContainsRune(but, r):
			b.WriteString(s[:n])
		default:
			b.WriteString(written(r))
		}
		s = s[n:]
	}
	return b.String()
}

// written is how a character is written in a string.
func written(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// visibleJSON shows JSON, which means the same afterwards: outside strings none of those characters can stand but white space.
func visibleJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case !unseen(r) || r == '\n':
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// shown makes the arguments of a format visible.
func shown(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case painted, nil, bool, int, int64, uint64, float64:
			out[i] = a
		case block:
			out[i] = visibleLines(string(a))
		case string:
			out[i] = visible(a)
		case []byte:
			out[i] = visibleLines(string(a))
		default:
			out[i] = visible(fmt.Sprint(a))
		}
	}
	return out
}

var (
	passwordIs = regexp.MustCompile(`(?i)(pass(word|wd|phrase)?\\?["']?\s*[=:]).*`)
	userOf     = regexp.MustCompile(`(://).*@`)
)

// unsecret takes out of a text what an address of a database holds before the host, and what stands behind password=.
func unsecret(s string) string {
	return passwordIs.ReplaceAllString(userOf.ReplaceAllString(s, "$1***@"), "$1***")
}
