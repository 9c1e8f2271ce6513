package lineage

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLabels(t *testing.T) {
	for comment, want := range map[string][]string{
		"":                                  nil,
		"Contact address":                   nil,
		"governed: email":                   nil,
		"[governed]":                        nil,
		"[governed: email]":                 {"email"},
		"Contact [Governed:pii.Email ] see": {"pii.email"},
		"[governed: email, phone] a [governed:secret]": {"email", "phone", "secret"},
		"[governed: not_sensitive]":                    {"not_sensitive"},
		"[governed: email":                             {"email"},
		"[governed:]":                                  {""},
		"[[governed: email]]":                          {"email"},
		"[ [governed [governed: a":                     {"a"},
		"[governed:\n email,\n ssn ]":                  {"email", "ssn"},
	} {
		assert.Equal(t, want, Labels(comment), comment)
	}
	assert.Equal(t, []string{"email", "phone"}, Labels("x "+Label("email", "phone")))
}

func FuzzLabels(f *testing.F) {
	f.Add("[governed: email]")
	f.Fuzz(func(t *testing.T, comment string) {
		words := Labels(comment)
		for _, w := range Labels(comment + " " + Label("email"))[len(words):] {
			assert.Contains(t, w, "email") // a label that is appended is never lost
		}
	})
}
