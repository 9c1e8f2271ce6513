package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/governedsql/governed/lineage"
)

// Report is what was seen of an application.
type Report struct {
	Version    int         `json:"version"`
	Profile    string      `json:"profile"`
	Processes  int         `json:"processes"`
	First      time.Time   `json:"first"`
	Last       time.Time   `json:"last"`
	Statements []Statement `json:"statements"` // those that would be refused first, then by count
	// Unread says of files of the directory why they were left out.
	Unread []string `json:"unread,omitempty"`
}

// version is that of the files.
const version = 1

// Statement is all executions of the texts that differ only in literals and white space.
type Statement struct {
	Fingerprint string           `json:"fingerprint"` // "" = texts that were not parsed
	Text        string           `json:"text"`        // without literals
	Command     string           `json:"command"`
	Count       int64            `json:"count"`
	Failed      int64            `json:"failed,omitempty"` // of them with an error of the server
	Decision    lineage.Decision `json:"decision"`         // the strongest that was met; in observe what standard would have said
	Reasons     []Reason         `json:"reasons,omitempty"`
	Masked      []Column         `json:"masked,omitempty"` // columns that came back masked, or would have
	Callers     []string         `json:"callers,omitempty"`
	Jobs        []string         `json:"jobs,omitempty"`
}

// Reason is one hit of a rule.
type Reason struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Object   string `json:"object,omitempty"`
	Message  string `json:"message"`
	Safe     string `json:"safe,omitempty"`
	Count    int64  `json:"count"`
}

// Column is a sensitive column that was read.
type Column struct {
	Column    string `json:"column"` // as governed.clear takes it
	Class     string `json:"class"`
	Treatment string `json:"treatment"`
	Count     int64  `json:"count"`
}

// Load adds up the files of a directory. Those that cannot be read are left out and named; it is an error if there is none
// that can.
func Load(dir string) (*Report, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if len(files) == 0 {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("report: %s does not exist; it is written by an application whose DSN has governed.report=%s", dir, dir)
		}
		return nil, fmt.Errorf("report: no reports in %s; they are written by an application whose DSN has governed.report=%s", dir, dir)
	}
	sum := newTally()
	profiles := map[string]bool{}
	var unread []error
	for _, name := range files {
		r, err := loadFile(name)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		sum.merge(r)
		profiles[r.Profile] = true
	}
	if len(unread) == len(files) {
		return nil, fmt.Errorf("report: %w", errors.Join(unread...))
	}
	out := sum.report(strings.Join(slices.Sorted(maps.Keys(profiles)), ", "))
	out.Processes = len(files) - len(unread)
	for _, err := range unread {
		out.Unread = append(out.Unread, err.Error())
	}
	return out, nil
}

func loadFile(name string) (*Report, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if len(src) == 0 {
		return nil, fmt.Errorf("%s is empty", name)
	}
	var r Report
	if err := json.Unmarshal(src, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if r.Version != version {
		return nil, fmt.Errorf("%s has version %d, this program reads %d", name, r.Version, version)
	}
	return &r, nil
}

// Refused reports whether the statement was refused or held, or would have been.
func (s *Statement) Refused() bool { return s.Decision == lineage.Deny || s.Decision == lineage.Hold }

// AllowList is the list of the statements in the form that guard.ParseAllowList reads. Statements that were refused are
// left out.
func (r *Report) AllowList() []byte {
	var b strings.Builder
	b.WriteString("# Statements that the application is known to send, by fingerprint.\n")
	list := slices.Clone(r.Statements)
	slices.SortFunc(list, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(a.Text, b.Text), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	for i := range list {
		if s := &list[i]; s.Fingerprint != "" && !s.Refused() {
			fmt.Fprintf(&b, "%s %s\n", s.Fingerprint, strings.Join(strings.Fields(s.Text), " "))
		}
	}
	return []byte(b.String())
}
