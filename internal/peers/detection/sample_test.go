package detection

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/governedsql/governed/mask/detect"
)

// sample is a text, and what of it is to be found.
type sample struct {
	class    detect.Kind // None: nothing is to be found
	form     string      // what the figures are broken down by
	group    string      // what it comes from; one half of the groups is held out
	text     string
	from, to int
	optional bool // it is measured and reported, and not asked for
}

// held reports whether a sample belongs to the half that nobody looks at. Of the rules of gitleaks, one quarter of all was
// taken out of it once, when it was known what the figures of a whole half were.
func (s *sample) held() bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte("half " + s.group))
	sum := h.Sum64()
	return sum>>7&1 == 1 && (sum>>8&1 == 1 || !strings.HasPrefix(s.group, "gitleaks "))
}

// whole is a sample of nothing but the value.
func whole(class detect.Kind, form, group, value string) sample {
	return sample{class: class, form: form, group: group, text: value, to: len(value)}
}

// within puts the value of a sample into a frame that has a %s in its place.
func (s sample) within(frame string) sample {
	before, after, _ := strings.Cut(frame, "%s")
	value := s.text[s.from:s.to]
	s.text, s.from, s.to = before+value+after, len(before), len(before)+len(value)
	return s
}

// accepted are the kinds that may stand for a class: a secret is a secret.
func accepted(class, found detect.Kind) bool {
	if class == found {
		return true
	}
	switch class {
	case detect.APIKey, detect.JWT, detect.PrivateKey, detect.PasswordHash, detect.Password:
		switch found {
		case detect.APIKey, detect.JWT, detect.PrivateKey, detect.PasswordHash, detect.Password:
			return true
		}
	}
	return false
}

// outcome is what the scanner made of one sample.
type outcome struct {
	found bool
	wide  bool          // it was found with more than three bytes of the text around it
	wrong []detect.Kind // spans that are none
}

func judge(s *sample) outcome {
	var o outcome
	covered := make([]bool, len(s.text))
	for _, span := range detect.Text(s.text, nil) {
		if s.class == detect.None || span.To <= s.from || s.to <= span.From || !accepted(s.class, span.Kind) {
			o.wrong = append(o.wrong, span.Kind)
			continue
		}
		o.wide = o.wide || s.from-span.From > 3 || span.To-s.to > 3
		for i := span.From; i < span.To; i++ {
			covered[i] = true
		}
	}
	o.found = s.class != detect.None
	for i := s.from; i < s.to && o.found; i++ {
		// Quotes and brackets at the edges are nobody's secret.
		if !covered[i] && (alnum(s.text[i]) || s.text[i] >= 0x80) {
			o.found = false
		}
	}
	return o
}

func alnum(b byte) bool {
	return b-'0' <= 9 || (b|0x20)-'a' <= 25
}

// frames are texts in which a value may stand.
var frames = []string{
	"Please contact %s for details.", "%s", "Is it %s?", "(%s)", "[%s]", "<%s>", "\"%s\"", "'%s'", "`%s`", "%s.", "%s,", "%s; thanks", "see: %s!", "**%s**", "|%s|",
	"id\t%s\tactive", "17,%s,active", "17;%s;active", `{"id": 7, "value": "%s"}`, `{"value":"%s","ok":true}`, `["x","%s"]`, "<v>%s</v>", "value=%s", "value=%s&next=1", "value: %s",
	"2024-05-01T10:11:12Z INFO [worker-3] user=%s action=login", "May  1 10:11:12 host app[123]: rejected %s from queue", "line one\n%s\nline three", "a\u00a0%s\u00a0b",
	"Bitte %s prüfen – danke", "Écrire à %s, merci", "値は%sです", "см. «%s» ниже", "“%s”", "%s - new", "new:%s", "- %s\n- none", "update t set v = '%s' where id = 3",
}

// framed gives each value alone and in some frames, the same ones each time.
func framed(list []sample, each int) []sample {
	r := rand.New(rand.NewPCG(3, uint64(len(list))))
	out := slices.Clone(list)
	for _, s := range list {
		for range each {
			out = append(out, s.within(frames[r.IntN(len(frames))]))
		}
	}
	return out
}

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(r.IntN(10))
	}
	return string(b)
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func from(r *rand.Rand, set string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[r.IntN(len(set))]
	}
	return string(b)
}

const (
	lower   = "abcdefghijklmnopqrstuvwxyz"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	figures = "0123456789"
	hexSet  = "0123456789abcdef"
)

func numbered(prefix string, i int) string { return fmt.Sprintf("%s %d", prefix, i) }
