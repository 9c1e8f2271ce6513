package driver

import (
	"sync"
	"time"

	"github.com/governedsql/governed/lineage"
)

// taints remembers which runs have read text that users wrote. A run is one by its id, or an agent that acts for the same
// subject; what belongs to neither is not followed.
type taints struct {
	mu   sync.Mutex
	runs map[string]time.Time
	all  bool // too many to tell apart: every run counts as one that has
}

const (
	maxTaints = 10_000
	taintFor  = 24 * time.Hour // how long an id without an end is remembered
)

func runOf(r *lineage.Record) string {
	switch {
	case r.Job.RunID != "":
		return "run " + r.Job.RunID
	case r.Caller.Kind() == lineage.AgentCaller:
		return "agent " + r.Caller.Issuer() + "\x00" + r.Caller.Subject() + "\x00" + r.Caller.Actor()
	}
	return ""
}

func (t *taints) has(r *lineage.Record) bool {
	run := runOf(r)
	if run == "" {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at, known := t.runs[run]
	return t.all || known && r.Start.Sub(at) < taintFor
}

func (t *taints) add(r *lineage.Record) {
	run := runOf(r)
	if run == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.runs == nil {
		t.runs = map[string]time.Time{}
	}
	if len(t.runs) >= maxTaints {
		for id, at := range t.runs {
			if r.Start.Sub(at) >= taintFor {
				delete(t.runs, id)
			}
		}
	}
	if len(t.runs) >= maxTaints {
		t.all = true
		return
	}
	t.runs[run] = r.Start
}

// taint marks the run of a statement that was sent and reads untrusted text.
func (p *passage) taint() {
	if !p.policy.Mistrusts() || p.a == nil {
		return
	}
	for _, st := range p.a.statements {
		if p.policy.ReadsUntrusted(st) {
			p.s.g.taints.add(&p.rec)
			return
		}
	}
}
