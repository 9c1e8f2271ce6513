package mask

import (
	"strings"
	"unicode"
)

// wordList is a name taken apart: customerEMails is customer, e, mail.
type wordList struct {
	text   string // the words in lower case, without accents and in the singular, joined by "_"
	marks  []int  // where each word begins, and last where one more would
	plural bool   // the last word was in the plural
}

func (w *wordList) len() int { return len(w.marks) - 1 }

// span is the words from i up to j, joined.
func (w *wordList) span(i, j int) string { return w.text[w.marks[i] : w.marks[j]-1] }

// split takes a name apart at separators, at changes of case and around digits.
func split(name string) wordList {
	w := wordList{marks: make([]int, 1, 6)}
	var b strings.Builder
	b.Grow(len(name) + 8)
	runes := []rune(name)
	start := 0
	flush := func(end int) {
		if end > start {
			w.add(&b, runes[start:end])
		}
		start = end
	}
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			flush(i)
			start = i + 1
			continue
		}
		if i > start && parts(runes, i) {
			flush(i)
		}
	}
	flush(len(runes))
	w.text = strings.TrimSuffix(b.String(), "_")
	return w
}

// parts reports whether a word begins at i, in the middle of letters and digits.
func parts(r []rune, i int) bool {
	prev, this := r[i-1], r[i]
	if unicode.IsDigit(prev) != unicode.IsDigit(this) {
		return true
	}
	if !unicode.IsUpper(this) {
		return false
	}
	return !unicode.IsUpper(prev) || i+1 < len(r) && unicode.IsLower(r[i+1])
}

func (w *wordList) add(b *strings.Builder, word []rune) {
	from := b.Len()
	for _, r := range word {
		if r < 0x80 {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			b.WriteByte(byte(r))
			continue
		}
		r = unicode.ToLower(r)
		if plain, ok := unaccented[r]; ok {
			b.WriteString(plain)
		} else if !unicode.IsMark(r) {
			b.WriteRune(r)
		}
	}
	full := b.String()
	one := singular(full[from:])
	w.plural = one != full[from:]
	if w.plural {
		b.Reset()
		b.WriteString(full[:from])
		b.WriteString(one)
	}
	b.WriteByte('_')
	w.marks = append(w.marks, b.Len())
}

// singular takes the mark of the English plural off a word.
func singular(w string) string {
	n := len(w)
	switch {
	case n < 4 || w[n-1] != 's':
		return w
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "xes"):
		return w[:n-2]
	case strings.HasSuffix(w, "ies"):
		return w[:n-3] + "y"
	case w[n-2] == 's' || w[n-2] == 'u' || w[n-2] == 'i':
		return w
	}
	return w[:n-1]
}

// unaccented are the Latin letters that names of columns are written with, with and without accents.
var unaccented = map[rune]string{
	'à': "a", 'á': "a", 'â': "a", 'ã': "a", 'ä': "a", 'å': "a", 'ą': "a", 'ă': "a", 'æ': "ae",
	'ç': "c", 'ć': "c", 'č': "c", 'ď': "d", 'đ': "d", 'ð': "d",
	'è': "e", 'é': "e", 'ê': "e", 'ë': "e", 'ę': "e", 'ě': "e", 'ğ': "g",
	'ì': "i", 'í': "i", 'î': "i", 'ï': "i", 'ı': "i", 'ł': "l", 'ľ': "l",
	'ñ': "n", 'ń': "n", 'ň': "n", 'ò': "o", 'ó': "o", 'ô': "o", 'õ': "o", 'ö': "o", 'ø': "o", 'ő': "o", 'œ': "oe",
	'ř': "r", 'ś': "s", 'š': "s", 'ş': "s", 'ș': "s", 'ß': "ss", 'ť': "t", 'ț': "t",
	'ù': "u", 'ú': "u", 'û': "u", 'ü': "u", 'ů': "u", 'ű': "u", 'ý': "y", 'ÿ': "y", 'ź': "z", 'ż': "z", 'ž': "z",
}
