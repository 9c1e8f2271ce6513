package driver

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// What nobody classified is classified by its values when a relation is first met: those that ANALYZE has put into
// pg_stats, which are the server's own sample of them. To read it takes no snapshot of the relation and runs no policy of row
// security, and every process that may see it sees the same. The view itself hides what a role may not read, and all of a
// relation whose row security is active for the role. What was never analysed has no sample.
//
// What is found stands in the column, as a label does, and not in a function among mask.Rules, as a policy's word does: those
// are made in several places, of which each would have to think of it. Columns come from the catalog by one way, load.

// sampleAgain is how long an answer is believed where the server neither counts that a relation was analysed nor other rows
// than before: where it has lost count.
//
// sampleSettles is when the answer to a count that has changed is asked for once more: the server counts an analysis a
// moment before it shows what came of it.
const (
	sampleAgain   = 10 * time.Minute
	sampleSettles = 5 * time.Second
)

// The bounds of what is asked of one column: so many of the values that are frequent, and of those that are spread over all
// others, and so many characters of each. Nobody sees them but [mask.Judge].
const (
	sampleFrequent   = 20
	sampleSpread     = 40
	sampleBytes      = 400
	sampleRelations  = 32 // partitions and children of one relation
	maxSampleColumns = 4000
)

// sampleQuery asks for samples of the columns $2 of the relations $1 in one row. The autovacuum analyses partitions and not
// the table that they are of: a table stands for all of its partitions, a partition for its siblings, which are as it is, and
// one that inherits for the tables that it inherits from.
// What is asked of pg_stats stands in a subquery of its own, so that the server looks up the relation by its name and does
// not go through all there are; OFFSET 0 keeps it there, and keeps what is behind it from being computed again and again.
var sampleQuery = `
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('oid', w.oid::pg_catalog.int8, 'column', s.attname, 'values', s.list)), '[]')
from pg_catalog.unnest($1::pg_catalog.oid[]) w(oid)
cross join lateral (` + familyOf("w.oid") + `) k
cross join lateral (select n.nspname, c.relname from pg_catalog.pg_class c
	join pg_catalog.pg_namespace n on n.oid OPERATOR(pg_catalog.=) c.relnamespace where c.oid OPERATOR(pg_catalog.=) k.oid offset 0) r
cross join lateral (
	select s.attname, (select pg_catalog.json_agg(pg_catalog.left(v.value, ` + strconv.Itoa(sampleBytes) + `)) from (
		` + spreadOver("coalesce(s.most_common_elems, s.most_common_vals)", sampleFrequent) + `
		union all ` + spreadOver("s.histogram_bounds", sampleSpread) + `) v(value)) as list
	from pg_catalog.pg_stats s where s.schemaname OPERATOR(pg_catalog.=) r.nspname and s.tablename OPERATOR(pg_catalog.=) r.relname
	and s.attname OPERATOR(pg_catalog.=) any ($2::pg_catalog.name[]) offset 0) s
where s.list is not null`

// spreadOver asks for at most so many elements of an array of any type, from all over it.
func spreadOver(array string, most int) string {
	n := strconv.Itoa(most)
	return `select e.value from (select ` + array + `::pg_catalog.text::pg_catalog.text[] offset 0) a(list)
			cross join lateral pg_catalog.unnest(a.list) with ordinality e(value, i)
			where (e.i OPERATOR(pg_catalog.-) 1) OPERATOR(pg_catalog.%)
				((pg_catalog.cardinality(a.list) OPERATOR(pg_catalog.-) 1) OPERATOR(pg_catalog./) ` + n + ` OPERATOR(pg_catalog.+) 1)::pg_catalog.int8 OPERATOR(pg_catalog.=) 0`
}

// sampled is what a connector knows of columns by samples of their values: classes and counts, and no value. What one role
// was shown holds for all, since it only hides more; what a role was asked for is another one's question still.
type sampled struct {
	mu    sync.RWMutex
	found map[sampledColumn]lineage.Held
	asked map[sampledRelation]sampling
}

// sampledColumn is a column that is still the one that was looked at: the server gives OIDs again, and a number to another
// name or type.
type sampledColumn struct {
	database string
	oid, typ uint32
	num      int16
	name     string
}

// sampledRelation is a relation as a role sees it.
type sampledRelation struct {
	database, role string
	oid            uint32
}

// sampling is when a relation was last asked for, and what it was then.
type sampling struct {
	at       time.Time
	version  string
	rows     float32
	analyzed int64
	changed  time.Time // when analyzed was first seen to be what it is; zero = when the relation was met
}

// holds reports whether what was asked of a relation is what would be asked of it now.
func (s *sampling) holds(r *lineage.Relation, now time.Time) bool {
	settled := s.at.Sub(s.changed) >= sampleSettles || now.Sub(s.changed) < sampleSettles
	return s.version == r.Version && s.rows == r.Rows && s.analyzed == r.Analyzed && now.Sub(s.at) < sampleAgain && settled
}

func newSampled() *sampled {
	return &sampled{found: map[sampledColumn]lineage.Held{}, asked: map[sampledRelation]sampling{}}
}

func columnKey(database string, r *lineage.Relation, c *lineage.Column) sampledColumn {
	return sampledColumn{database: database, oid: r.OID, typ: c.TypeOID, num: c.Num, name: c.Name}
}

// due gives the columns of a relation of which a role has to be asked; nil where there are none.
func (d *sampled) due(at where, r *lineage.Relation, now time.Time) []string {
	if r.Temporary {
		return nil // what it holds, its own session has put there
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	last, asked := d.asked[sampledRelation{at.Database, at.Role, r.OID}]
	if asked && last.holds(r, now) {
		return nil
	}
	var out []string
	for i := range r.Columns {
		c := &r.Columns[i]
		if h := d.found[columnKey(at.Database, r, c)]; h.Class == "" && mask.Samples(r, c) {
			out = append(out, c.Name)
		}
	}
	return out
}

// keep notes what was found, and that a role was asked. It gives the columns of which nobody knew it before.
func (d *sampled) keep(at where, asked []*lineage.Relation, held map[columnOf]lineage.Held, now time.Time) (fresh []lineage.ColumnID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.asked) > maxRelations || len(d.found) > maxRelations {
		clear(d.asked)
		clear(d.found)
	}
	for _, r := range asked {
		of := sampledRelation{at.Database, at.Role, r.OID}
		last, known := d.asked[of]
		next := sampling{at: now, version: r.Version, rows: r.Rows, analyzed: r.Analyzed, changed: last.changed}
		if known && last.analyzed != r.Analyzed {
			next.changed = now
		}
		d.asked[of] = next
		for i := range r.Columns {
			c := &r.Columns[i]
			h := held[columnOf{r.OID, c.Name}]
			key := columnKey(at.Database, r, c)
			if d.found[key].Class != "" || !mask.Samples(r, c) {
				continue
			}
			// That a column holds references is believed for as long as its sample says so.
			if delete(d.found, key); h != (lineage.Held{}) {
				d.found[key] = h
			}
			if h.Class != "" {
				fresh = append(fresh, lineage.ColumnID{Schema: r.Schema, Relation: r.Name.Name, Column: c.Name})
			}
		}
	}
	return fresh
}

// forget asks for everything again: somebody has analysed something. What was found is found.
func (d *sampled) forget() {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.asked)
}

// tell says of relations that were just read what their columns hold.
func (d *sampled) tell(database string, relations []*lineage.Relation) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if len(d.found) == 0 {
		return
	}
	for _, r := range relations {
		for i := range r.Columns {
			r.Columns[i].Held = d.found[columnKey(database, r, &r.Columns[i])]
		}
	}
}

// columnOf is a column of an answer.
type columnOf struct {
	oid  uint32
	name string
}

// load reads a part of the catalog, with what the values of columns are where nothing else says it.
func (s *session) load(ctx context.Context, needs []lineage.Need, now time.Time) (*loaded, error) {
	l, err := s.conn.read(ctx, needs)
	if err != nil || s.g.sampled == nil {
		return l, err
	}
	s.sample(ctx, l.relations, now)
	s.g.sampled.tell(s.where.Database, l.relations)
	return l, nil
}

// sample asks for samples of the relations that are due. An answer that does not come is none: values are scanned in
// results as those of a table that was never analysed are.
func (s *session) sample(ctx context.Context, relations []*lineage.Relation, now time.Time) {
	status := s.conn.pc.TxStatus()
	if status != 'I' && (status != 'T' || s.observing()) {
		return // observe sends nothing of its own into a transaction that could fail there
	}
	var asked []*lineage.Relation
	var columns []string
	for _, r := range relations {
		if list := s.g.sampled.due(s.where, r, now); list != nil && len(columns) < maxSampleColumns {
			asked, columns = append(asked, r), append(columns, list...)
		}
	}
	if len(asked) == 0 {
		return
	}
	held, err := s.conn.samples(ctx, asked, columns)
	if err != nil && ctx.Err() != nil {
		return // it was not the server that gave no answer
	}
	for _, c := range s.g.sampled.keep(s.where, asked, held, now) {
		s.g.announceSampled(ctx, c, asked, held)
	}
}

// samples asks for samples in one round trip, as the role that the statement runs as, and judges them. Inside a transaction
// nothing of it stays, and an error is taken back.
func (c *conn) samples(ctx context.Context, relations []*lineage.Relation, columns []string) (map[columnOf]lineage.Held, error) {
	oids, of := make([]string, len(relations)), make(map[uint32]*lineage.Relation, len(relations))
	for i, r := range relations {
		oids[i], of[r.OID] = strconv.FormatUint(uint64(r.OID), 10), r
	}
	var list []sample
	within := c.pc.TxStatus() == 'T'
	ask := []preamble{{
		text: sampleQuery, args: []string{string(textArray(oids)), string(textArray(columns))}, once: within,
		read: func(row [][]byte) error { return json.Unmarshal(row[0], &list) },
	}}
	if sets := c.s.guise().sets; sets != "" {
		ask = append([]preamble{{text: roleQuery, args: []string{sets}, mute: true, once: within}}, ask...)
	}
	err := c.runAside(ctx, ask)
	if err != nil && c.stale(err) {
		for i := range ask { // something took the prepared statements away
			c.cache.drop(ctx, c.pgx, preparedKey{text: ask[i].text})
		}
		list, err = nil, c.runAside(ctx, ask)
	}
	if err != nil {
		return nil, err
	}
	return judgeSamples(of, list), nil
}

// sample is a part of an answer: values of one column in a relation, or in a part of it.
type sample struct {
	OID    uint32   `json:"oid"`
	Column string   `json:"column"`
	Values []string `json:"values"`
}

// judgeSamples judges what is known of a column from each part of its relation, and from all of them together. Each part
// brings about as many values as any other, however many rows it has: a small one of ordinary words must not hide what
// another is full of, nor many of which each has too few values what they have together.
func judgeSamples(of map[uint32]*lineage.Relation, list []sample) map[columnOf]lineage.Held {
	values := make(map[columnOf][]string, len(list))
	parts := make(map[columnOf]int, len(list))
	out := map[columnOf]lineage.Held{}
	judge := func(key columnOf, v []string, all bool) {
		r := of[key.oid]
		if r == nil {
			return
		}
		if c, ok := r.Column(key.name); ok && mask.Samples(r, c) {
			// References are what all parts hold together: one of them may hold the numbers of cards that others are not full of.
			if h := severer(out[key], mask.Judge(c, v)); h.Class != "" || h.References && all {
				out[key] = h
			}
		}
	}
	for _, s := range list {
		key := columnOf{s.OID, s.Column}
		values[key] = append(values[key], s.Values...)
		parts[key]++
		judge(key, s.Values, false)
	}
	for key, v := range values {
		judge(key, v, true)
	}
	return out
}

// severer is the one of two that counts: of the class that does, and of more values where they are of the same.
func severer(a, b lineage.Held) lineage.Held {
	switch {
	case a.Class == b.Class && b.Matching > a.Matching:
		return b
	case a.Class != b.Class && mask.Severest(mask.Class(a.Class), mask.Class(b.Class)) == mask.Class(b.Class):
		return b
	}
	return a
}

// runAside is run for questions whose failure must not be the transaction's.
func (c *conn) runAside(ctx context.Context, list []preamble) error {
	if c.pc.TxStatus() != 'T' {
		return c.run(ctx, list)
	}
	around := make([]preamble, 0, len(list)+3)
	around = append(around, preamble{text: savepointText, once: true})
	around = append(around, list...)
	around = append(around, preamble{text: rewindText, once: true}, preamble{text: releaseText, once: true})
	err := c.run(ctx, around)
	if err == nil || c.pc.TxStatus() != 'E' {
		return err
	}
	for _, text := range [...]string{rewindText, releaseText} {
		if _, back := c.pc.Exec(ctx, text).ReadAll(); back != nil {
			return back
		}
	}
	return err
}

// announceSampled says once what values have made of a column, and which words decide otherwise.
func (g *governance) announceSampled(ctx context.Context, id lineage.ColumnID, asked []*lineage.Relation, held map[columnOf]lineage.Held) {
	for _, r := range asked {
		if r.Name != id.Of() {
			continue
		}
		h := held[columnOf{r.OID, id.Column}]
		g.logger.InfoContext(ctx, "governed: a column is of a class by its values in the server's statistics", "column", id.String(), "class", h.Class,
			"values", h.Values, "matching", h.Matching, "label", lineage.Label(h.Class)+" or "+lineage.Label(mask.NotSensitive)+" in its comment")
	}
}
