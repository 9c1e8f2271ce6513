package mask

import (
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
)

// What a column holds can stand in the database itself: in its comment, written by people or by the driver, and in a
// security label.
//
//	comment on column users.contact is 'How to reach them [governed: email]'
//
// A label beats what name and type say. Of several words or labels the most severe class counts; a word that means nothing
// here makes the column [Labelled], for somebody wanted to say something. not_sensitive takes away what the name says,
// where no word names a class; what is detected in values is masked all the same. Who may write labels is the guard's
// matter (PR14); to lose one never takes away what name, type or values say.

// NotSensitive is the word for a column that its name calls sensitive and that is not.
const NotSensitive = "not_sensitive"

// OfPeople is the word for a column of documents that are of people, which its name and that of its relation do not say: a
// name in them is somebody's. A copy of documents into a new table is labelled with it where the names would be lost. It is no class.
const OfPeople = "of_people"

// sensitiveWords call a column sensitive without saying what it holds.
var sensitiveWords = []string{"pii", "phi", "pci", "sensitive", "confidential"}

// ClassOfWord gives the class that a word of a label, or a tag, means: its last part is a class (pii.email), or its first
// is one of the words for sensitive data. "" = none.
func ClassOfWord(word string) (class Class, named bool) {
	if last := Class(word[strings.LastIndexByte(word, '.')+1:]); last.Treatment() != "" {
		return last, true
	}
	if first, _, _ := strings.Cut(word, "."); slices.Contains(sensitiveWords, first) {
		return Labelled, false
	}
	return "", false
}

// UnknownWords are the words in the labels of a column's comment that mean nothing.
func UnknownWords(col *lineage.Column) []string {
	var out []string
	for _, word := range lineage.Labels(col.Comment) {
		if class, _ := ClassOfWord(word); class == "" && word != NotSensitive && word != OfPeople {
			out = append(out, word)
		}
	}
	return out
}

// classByLabel is the class of a column for which name and type say byName.
func classByLabel(col *lineage.Column, byName Class) Class {
	said, open, unknown := Class(""), false, false
	read := func(words []string, own bool) {
		for _, word := range words {
			class, named := ClassOfWord(word)
			switch {
			case word == NotSensitive:
				open = open || own
			case word == OfPeople:
			case named:
				said = severest(said, class)
			case class == "":
				unknown = true
			case byName == "":
				said = severest(said, class)
			}
		}
	}
	if col.Comment != "" {
		read(lineage.Labels(col.Comment), true)
	}
	for _, comment := range col.Related {
		read(lineage.Labels(comment), false)
	}
	for _, label := range col.Security {
		if hides(label) && byName == "" {
			said = severest(said, Labelled)
		}
	}
	switch {
	case unknown:
		return Labelled
	case said != "":
		return said
	case open:
		return ""
	}
	return byName
}

// hides reports whether a security label says that a column is sensitive. SELinux labels every object there is, and says
// who may get at it; NOT MASKED is how PostgreSQL Anonymizer says that a column is not.
func hides(label string) bool {
	provider, text, _ := strings.Cut(label, ": ")
	return provider != "selinux" && !strings.EqualFold(strings.TrimSpace(text), "not masked")
}
