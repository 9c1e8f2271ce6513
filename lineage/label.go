package lineage

import "strings"

// labelMark begins a label in a comment.
const labelMark = "[governed:"

// LabelOption stands before each word of a label in the options of the effect of COMMENT.
const LabelOption = "LABEL="

// Labels gives the words of the labels in a comment: email and pii.tax for "Contact [governed: email, pii.tax]". They are
// in lower case and in order; the rest of the comment is anybody's. A label that does not end ends with the comment, and
// one without words has the word "". Nil means that there is no label.
func Labels(comment string) []string {
	var out []string
	for {
		i := foldIndex(comment, labelMark)
		if i < 0 {
			return out
		}
		var text string
		text, comment, _ = strings.Cut(comment[i+len(labelMark):], "]")
		for word := range strings.SplitSeq(text, ",") {
			out = append(out, strings.ToLower(strings.TrimSpace(word)))
		}
	}
}

// Label writes a label as [Labels] reads it.
func Label(words ...string) string { return labelMark + " " + strings.Join(words, ", ") + "]" }

// foldIndex is strings.Index for an ASCII text in lower case, whatever case s is in.
func foldIndex(s, text string) int {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], text[0])
		if i < 0 || len(s)-from-i < len(text) {
			return -1
		}
		from += i
		if strings.EqualFold(s[from:from+len(text)], text) {
			return from
		}
		from++
	}
}
