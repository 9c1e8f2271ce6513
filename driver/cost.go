package driver

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// costs remembers what the planner estimated: the plan of a statement changes seldom, and asking costs a round trip.
type costs struct {
	now func() time.Time

	mu   sync.Mutex
	list map[costKey]estimate
}

// costKey is a statement as far as its plan is concerned: literals and arguments change the estimate less than they cost.
type costKey struct {
	database, role, schema, fingerprint string
	issuer, subject                     string // whose rows they are, where the server is told
}

type estimate struct {
	cost float64
	at   time.Time
}

const (
	costTTL  = 5 * time.Minute
	maxCosts = 4096
)

func newCosts() *costs { return &costs{now: time.Now, list: map[costKey]estimate{}} }

func (c *costs) get(k costKey) (float64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.list[k]
	return e.cost, ok && c.now().Sub(e.at) < costTTL
}

func (c *costs) put(k costKey, cost float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.list) >= maxCosts {
		clear(c.list)
	}
	c.list[k] = estimate{cost: cost, at: c.now()}
}

// planned are the commands that have a plan.
var planned = map[string]bool{"SELECT": true, "INSERT": true, "UPDATE": true, "DELETE": true, "MERGE": true}

// affordable refuses a statement that the planner expects to cost more than the limit. What EXPLAIN returns stays here.
func (p *passage) affordable() error {
	st := p.a.statement()
	if p.limits == nil || p.limits.Cost <= 0 || st == nil || !planned[st.Command] || st.Fingerprint == "" {
		return nil
	}
	s := p.s
	key := costKey{database: s.where.Database, role: s.where.Role, schema: p.rec.Schema, fingerprint: st.Fingerprint}
	if s.g.claims.On {
		key.issuer, key.subject = p.rec.Caller.Issuer(), p.rec.Caller.Subject()
	}
	cost, known := s.g.costs.get(key)
	if !known {
		tells, err := p.tells() // row-level security is a part of the plan
		if err != nil {
			return err
		}
		before, after := s.aside(tells)
		if cost, err = s.conn.explain(p.ctx, p.request, before, after); err != nil {
			return err
		}
		s.g.costs.put(key, cost)
	}
	if cost <= p.limits.Cost {
		return nil
	}
	p.rec.Decision = lineage.Deny
	return p.stopped(&guard.LimitError{Rule: ruleCost, Limit: "cost", Max: p.limits.Cost, Actual: cost})
}

// explain asks for the total cost of a statement without running it. An error is what the statement itself would have
// met: it fails the transaction as the statement would have.
func (c *conn) explain(ctx context.Context, r request, before, after []preamble) (float64, error) {
	const prefix = "explain (format json) "
	b, err := c.bind(ctx, request{text: r.text, args: r.args, prepared: r.prepared}, false)
	if err != nil {
		return 0, err
	}
	oids := b.oids
	if b.p != nil {
		oids = b.p.sd.ParamOIDs
	}
	result, err := c.ask(ctx, before, bound{text: prefix + r.text, values: b.values, oids: oids, formats: b.formats}, after)
	if err != nil {
		return 0, err
	}
	if result.Err != nil {
		return 0, shifted(result.Err, len(prefix))
	}
	var plans []struct {
		Plan struct {
			Cost float64 `json:"Total Cost"`
		}
	}
	if len(result.Rows) != 1 {
		return 0, fmt.Errorf("governed: EXPLAIN gave %d rows", len(result.Rows))
	}
	if err := json.Unmarshal(result.Rows[0][0], &plans); err != nil || len(plans) != 1 {
		return 0, fmt.Errorf("governed: EXPLAIN gave no plan")
	}
	return plans[0].Plan.Cost, nil
}

// shifted corrects the position in an error about a text that had a prefix.
func shifted(err error, by int) error {
	if pgErr, ok := err.(*pgconn.PgError); ok && int(pgErr.Position) > by {
		pgErr.Position -= int32(by)
	}
	return err
}
