package driver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// A statement that copies a sensitive column into a relation that it makes, or that takes away the name by which a column
// was known, passes with a label: what the column holds is written into its comment, in the transaction of the statement,
// so that every process sees both or neither. The rest of the comment is kept. Where that cannot be done the statement is
// undone.

// ruleCopy is the rule by which a copy that cannot be labelled is refused.
const ruleCopy = mask.RuleCopy

// labelling is what has to be written with a text: for each of its statements, in order.
type labelling struct {
	lists  [][]mask.Label
	before map[lineage.Name]string // the OIDs of relations that may have been there before, "" = it was not
}

// labelling gives what has to be written with the statement; nil = nothing.
func (p *passage) labelling() *labelling {
	if p.m == nil || p.s.g.masker == nil || p.cursor != nil {
		return nil
	}
	var out *labelling
	for i, plan := range p.m.plans {
		if len(plan.Labels) == 0 {
			continue
		}
		if out == nil {
			out = &labelling{lists: make([][]mask.Label, len(p.m.plans)), before: map[lineage.Name]string{}}
		}
		out.lists[i] = plan.Labels
	}
	return out
}

// needed gives a label without which the statement must not run.
func (l *labelling) needed() (mask.Label, bool) {
	for _, list := range l.lists {
		for _, label := range list {
			if !label.Optional {
				return label, true
			}
		}
	}
	return mask.Label{}, false
}

// unlabelled refuses a text with which nothing can travel and whose copies need labels.
func (p *passage) unlabelled(l *labelling) error {
	label, needed := l.needed()
	if !needed {
		return nil
	}
	return p.refuse(uncopied(label, "it cannot be labelled in the same transaction: the text controls transactions or cannot run in one"))
}

func uncopied(l mask.Label, why string) *guard.DeniedError {
	return &guard.DeniedError{
		Rule: ruleCopy, Object: l.Source.String(), Position: -1,
		Reason: l.Source.String() + " is copied into " + l.Column.String() + ", and " + why,
		Safe:   "the statement by itself, a label that is written before, or the column read in clear with " + clearKey(l.Source),
	}
}

// asks gives the questions that have to be answered before: what IF NOT EXISTS will find.
func (l *labelling) asks() []preamble {
	var out []preamble
	for _, list := range l.lists {
		for _, label := range list {
			name := label.Column.Of()
			if _, asked := l.before[name]; asked || !label.IfNew {
				continue
			}
			l.before[name] = ""
			out = append(out, preamble{text: relationOIDQuery, args: []string{quotedName(name)}, read: func(row [][]byte) error {
				l.before[name] = string(row[0])
				return nil
			}})
		}
	}
	return out
}

const (
	relationOIDQuery = `select coalesce(pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid::pg_catalog.text, '')`

	commentsQuery = `select a.attname, coalesce(pg_catalog.col_description(a.attrelid, a.attnum), ''), a.attrelid::pg_catalog.text
from pg_catalog.pg_attribute a
where a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
and a.attnum OPERATOR(pg_catalog.>) 0 and not a.attisdropped`
)

func quotedName(n lineage.Name) string { return pgx.Identifier{n.Schema, n.Name}.Sanitize() }

// steps runs the statements of a text one by one, each with its labels: a later one may rename what an earlier one made.
func (b *bounds) steps() (tag pgconn.CommandTag, err error) {
	p, c := b.p, b.p.s.conn
	if err = c.run(p.ctx, p.request.preamble); err != nil {
		return tag, err
	}
	for i, st := range p.a.statements {
		if tag, err = c.pc.ExecParams(p.ctx, st.SQL, nil, nil, nil, nil).Close(); err != nil {
			return tag, err
		}
		if err = b.write(b.labels.lists[i]); err != nil {
			return tag, err
		}
	}
	return tag, c.run(p.ctx, p.request.epilogue)
}

// write writes the labels of one statement that has run.
func (b *bounds) write(list []mask.Label) error {
	for len(list) > 0 {
		name := list[0].Column.Of()
		var of, rest []mask.Label
		for _, l := range list {
			if l.Column.Of() == name {
				of = append(of, l)
			} else {
				rest = append(rest, l)
			}
		}
		if err := b.writeOn(name, of); err != nil {
			return err
		}
		list = rest
	}
	return nil
}

// writeOn writes labels on the columns of one relation.
func (b *bounds) writeOn(name lineage.Name, labels []mask.Label) error {
	p := b.p
	comments, oid, err := p.s.conn.comments(p.ctx, name)
	if err != nil {
		return b.unwritten(labels[0], err)
	}
	if labels[0].IfNew && oid != "" && oid == b.labels.before[name] {
		return nil // it was there: nothing was copied
	}
	var texts []string
	for _, l := range labels {
		have, there := comments[l.Column.Column]
		if !there {
			return b.unwritten(l, errors.New("the server has no such column"))
		}
		if mask.Says(have, l.Class) {
			continue
		}
		texts = append(texts, "comment on column "+quotedName(name)+"."+pgx.Identifier{l.Column.Column}.Sanitize()+" is "+quoteLiteral(mask.AddLabel(have, l.Class)))
	}
	if len(texts) == 0 {
		return nil
	}
	if _, err := p.s.conn.pc.Exec(p.ctx, strings.Join(texts, "; ")).ReadAll(); err != nil {
		return b.unwritten(labels[0], err)
	}
	for _, l := range labels {
		p.rec.Reasons = append(p.rec.Reasons[:len(p.rec.Reasons):len(p.rec.Reasons)], lineage.Reason{
			Rule: ruleCopy, Severity: guard.Warn.String(), Object: l.Column.String(), Position: -1, Applied: true,
			Message: "labelled " + string(l.Class) + ", as " + l.Source.String() + " is",
		})
		p.s.g.logger.InfoContext(p.ctx, "governed: a column was labelled", "column", l.Column.String(), "class", string(l.Class), "of", l.Source.String())
	}
	return nil
}

// unwritten refuses a statement whose label was not written.
func (b *bounds) unwritten(l mask.Label, err error) error {
	if ctx := b.p.ctx.Err(); ctx != nil || b.p.s.conn.pc.IsClosed() {
		return fmt.Errorf("governed: labelling %s: %w", l.Column, err)
	}
	why := "its label could not be written"
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		why += " (SQLSTATE " + pgErr.Code + ")"
	} else {
		why += ": " + err.Error()
	}
	return b.p.refuse(uncopied(l, why))
}

// comments reads the comments of a relation's columns, and its OID.
func (c *conn) comments(ctx context.Context, name lineage.Name) (of map[string]string, oid string, err error) {
	result := c.pc.ExecParams(ctx, commentsQuery, [][]byte{[]byte(quotedName(name))}, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, "", result.Err
	}
	of = make(map[string]string, len(result.Rows))
	for _, row := range result.Rows {
		of[string(row[0])], oid = string(row[1]), string(row[2])
	}
	return of, oid, nil
}

// quoteLiteral writes a string as SQL does with standard_conforming_strings, which a governed connection has on.
func quoteLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
