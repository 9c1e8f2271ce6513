package mask

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask/detect"
)

// turns are how a statement may write a text so that nobody detects anything in it, and everybody can read it: values of
// unlabelled columns are looked at in these writings as well, where a statement asks for them.
type turns uint8

const (
	turnedRound turns = 1 << iota // reverse
	turnedCode                    // encode: base64 and hex
)

// turnsOf finds what a statement does to texts.
func (p *planner) turnsOf() turns {
	if p.turned != nil {
		return *p.turned
	}
	var t turns
	if p.calls("reverse") {
		t |= turnedRound
	}
	if p.calls("encode") || p.says("xml") { // bytes in XML are in base64
		t |= turnedCode
	}
	p.turned = &t
	return t
}

// calls reports whether a function of PostgreSQL's of this name may run: in the statement, in a view or in a body.
func (p *planner) calls(name string) bool {
	return p.says(name) || slices.ContainsFunc(p.Statement.Functions, func(f lineage.FunctionUse) bool { return f.Name.Name == name })
}

// minTurned is the length below which nothing is detected in a text.
const minTurned = 6

// turnedText reports whether something is detected in a text that was turned round, or in what it encodes.
func (s *Scan) turnedText(text string) bool {
	if len(text) < minTurned {
		return false
	}
	if s.turned&turnedRound != 0 {
		b := []rune(text)
		slices.Reverse(b)
		if s.detects(string(b)) {
			return true
		}
	}
	return s.turned&turnedCode != 0 && s.encodes(text)
}

func (s *Scan) detects(text string) bool {
	spans := detect.Text(text, s.spans[:0])
	for _, span := range spans {
		s.kinds |= 1 << span.Kind
	}
	return len(spans) > 0
}

// encodes decodes the runs of a text that base64 and hex are made of, from wherever they may begin: something may stand before
// them.
func (s *Scan) encodes(text string) bool {
	const code = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	text = strings.ReplaceAll(text, "\n", "") // encode breaks its lines
	for text != "" {
		rest := strings.TrimLeft(text, code)
		run := text[:len(text)-len(rest)]
		if text = rest; text != "" {
			text = text[1:]
		}
		const group = 4
		for from := range min(group, len(run)) {
			part := run[from:]
			if len(part)%group == 1 {
				part = part[:len(part)-1]
			}
			if b, err := base64.RawStdEncoding.DecodeString(part); err == nil && s.reads(b) {
				return true
			}
			if b, err := hex.DecodeString(part[:len(part)/2*2]); err == nil && s.reads(b) {
				return true
			}
		}
	}
	return false
}

// reads reports whether something is detected in what can be read in bytes.
func (s *Scan) reads(b []byte) bool {
	from := 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] >= ' ' && b[i] != 0x7f {
			continue
		}
		if run := b[from:i]; len(run) >= minTurned && s.detects(string(run)) {
			return true
		}
		from = i + 1
	}
	return false
}
