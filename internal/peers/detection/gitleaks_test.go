package detection

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/mask/detect"
)

const gitleaks = "github.com/zricethezav/gitleaks/v8"

// gitleaksSamples takes the samples that gitleaks' rules are checked with when its configuration is made. They stand inside
// of the functions that make the rules: those are compiled with a check that prints instead, and with a generator of
// secrets that begins anew each time.
func gitleaksSamples(t *testing.T) []sample {
	t.Helper()
	source := moduleDir(t, gitleaks+"@v8.30.1")
	dir := t.TempDir()
	for _, folder := range []string{"cmd/generate/config/rules", "regexp"} {
		copyGo(t, filepath.Join(source, folder), filepath.Join(dir, folder))
	}
	for _, name := range []string{"generate.go", "patterns.go"} {
		copyFile(t, filepath.Join(source, "cmd/generate/config/utils", name), filepath.Join(dir, "cmd/generate/config/utils", name))
	}
	main, err := os.ReadFile(filepath.Join(source, "cmd/generate/config/main.go"))
	require.NoError(t, err)
	calls := regexp.MustCompile(`(?m)^\t\t(rules\.\w+\(\)),$`).FindAllSubmatch(main, -1)
	require.Greater(t, len(calls), 150)
	var all strings.Builder
	for _, c := range calls {
		all.WriteString("\t" + string(c[1]) + "\n")
	}
	for name, text := range map[string]string{
		"go.mod":                                "module " + gitleaks + "\n\ngo 1.26\n",
		"main.go":                               "package main\n\nimport \"" + gitleaks + "/cmd/generate/config/rules\"\n\nfunc main() {\n" + all.String() + "}\n",
		"cmd/generate/config/utils/validate.go": validateSource,
		"config/config.go":                      configSource,
		"cmd/generate/secrets/secrets.go":       secretsSource,
	} {
		writeFile(t, filepath.Join(dir, name), text)
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var list []sample
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var s struct {
			Rule, Text string
			From, To   int
			Positive   bool
		}
		require.NoError(t, decoder.Decode(&s))
		list = append(list, gitleaksSample(s.Rule, s.Text, s.From, s.To, s.Positive))
	}
	require.Greater(t, len(list), 3000)
	return list
}

func gitleaksSample(rule, text string, from, to int, positive bool) sample {
	s := sample{class: detect.APIKey, form: "gitleaks' samples", group: "gitleaks " + rule, text: text, from: from, to: to}
	switch {
	case !positive:
		// What is none for one rule may well be a secret for another: reported, and no part of the figures of a class.
		s.class, s.from, s.to = detect.None, 0, 0
		s.form, s.optional = "gitleaks' false positives", true
	case strings.HasPrefix(rule, "jwt"):
		s.class = detect.JWT
	case strings.HasPrefix(rule, "private-key"):
		s.class = detect.PrivateKey
	}
	return s
}

// moduleDir is where a module stands in the cache.
func moduleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	require.NoError(t, err)
	var m struct{ Dir string }
	require.NoError(t, json.Unmarshal(out, &m))
	require.NotEmpty(t, m.Dir)
	return m.Dir
}

func copyGo(t *testing.T, from, to string) {
	t.Helper()
	entries, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") && !strings.Contains(e.Name(), "re2") && !strings.Contains(e.Name(), "wasilibs") {
			copyFile(t, filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	writeFile(t, to, string(text))
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
}

// validateSource prints what it is given in place of checking it. The secret is what gitleaks would report: the group that
// the rule names, else the first that matched.
const validateSource = `package utils

import (
	"encoding/json"
	"os"
	"sort"

	"github.com/zricethezav/gitleaks/v8/config"
)

type line struct {
	Rule, Text string
	From, To   int
	Positive   bool
}

func put(l line) {
	if err := json.NewEncoder(os.Stdout).Encode(l); err != nil {
		panic(err)
	}
}

func Validate(rule config.Rule, positive, negative []string) *config.Rule {
	sort.Strings(positive)
	for _, text := range positive {
		if rule.Regex == nil {
			continue
		}
		m := rule.Regex.FindStringSubmatchIndex(text)
		if m == nil {
			continue
		}
		from, to := m[0], m[1]
		for i := 1; i < len(m)/2 && rule.RuleID != "jwt-base64"; i++ { // whose groups are parts of the token
			if (rule.SecretGroup == i || rule.SecretGroup == 0) && m[2*i] >= 0 && m[2*i+1] > m[2*i] {
				from, to = m[2*i], m[2*i+1]
				break
			}
		}
		put(line{rule.RuleID, text, from, to, true})
	}
	sort.Strings(negative)
	for _, text := range negative {
		put(line{Rule: rule.RuleID, Text: text})
	}
	return &rule
}

func ValidateWithPaths(rule config.Rule, positive, negative map[string]string) *config.Rule {
	var p, n []string
	for _, text := range positive {
		p = append(p, text)
	}
	return Validate(rule, p, n)
}
`

// configSource has as much of gitleaks' configuration as its rules are written in.
const configSource = `package config

import "regexp"

type AllowlistMatchCondition int

const (
	AllowlistMatchOr AllowlistMatchCondition = iota
	AllowlistMatchAnd
)

type Allowlist struct {
	Description    string
	MatchCondition AllowlistMatchCondition
	Commits        []string
	Paths          []*regexp.Regexp
	RegexTarget    string
	Regexes        []*regexp.Regexp
	StopWords      []string
}

// ContainsStopWord is asked when the stop words are checked, which is not done here.
func (a *Allowlist) ContainsStopWord(string) (bool, string) { return false, "" }

type Rule struct {
	RuleID, Description string
	Entropy             float64
	SecretGroup         int
	Regex, Path         *regexp.Regexp
	Tags, Keywords      []string
	Allowlists          []*Allowlist
	SkipReport          bool
}
`

// secretsSource draws a text that an expression matches.
const secretsSource = `package secrets

import (
	"math/rand"
	"regexp/syntax"
	"strings"
)

var lot = rand.New(rand.NewSource(1))

func NewSecret(expression string) string {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	draw(&b, re)
	return b.String()
}

func draw(b *strings.Builder, re *syntax.Regexp) {
	times := func(least, most int) {
		if most < 0 {
			most = least + 1
		}
		for n := least + lot.Intn(most-least+1); n > 0; n-- {
			draw(b, re.Sub[0])
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		var all []rune
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1] && r < 0x7f; r++ {
				if r > ' ' {
					all = append(all, r)
				}
			}
		}
		b.WriteRune(all[lot.Intn(len(all))])
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte("abcdefghijklmnopqrstuvwxyz0123456789"[lot.Intn(36)])
	case syntax.OpCapture:
		draw(b, re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			draw(b, sub)
		}
	case syntax.OpAlternate:
		draw(b, re.Sub[lot.Intn(len(re.Sub))])
	case syntax.OpRepeat:
		times(re.Min, re.Max)
	case syntax.OpStar:
		times(0, -1)
	case syntax.OpPlus:
		times(1, -1)
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpBeginLine, syntax.OpEndLine:
	default:
		panic(re.Op.String())
	}
}
`
