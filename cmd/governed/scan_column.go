package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// scanColumn is a column and what was found out about it.
type scanColumn struct {
	Name       string     `json:"column"`
	Type       string     `json:"type"`
	Class      mask.Class `json:"class,omitempty"`
	Confidence string     `json:"confidence,omitempty"`
	Evidence   []string   `json:"evidence,omitempty"`
	Values     int        `json:"values,omitempty"`   // that were looked at
	Matching   int        `json:"matching,omitempty"` // that are of the class that most are of
	// Alone means that the values alone say so: no name and no label tells the driver.
	Alone  bool   `json:"alone,omitempty"`
	Wrote  string `json:"wrote,omitempty"`
	Failed string `json:"failed,omitempty"` // why the label was not written

	of       *lineage.Column
	named    mask.Class // by label, name and type
	why      string
	held     mask.Class // by the server's statistics, where named says nothing
	heldWhy  string
	labelled bool
	tally    mask.Tally
}

// How sure a finding is.
const (
	confidenceCertain = "certain"
	confidenceHigh    = "high"
	confidenceMedium  = "medium"
	confidenceLow     = "low"
)

// A name is a name alone where there are so many values and so small a part bears it out. When values prove something by
// themselves is the business of [mask.Tally.Sure]: the driver goes by the same.
const (
	manyValues = 20
	noValues   = 0.05
)

// look-alikes of each class that values show, in words.
var lookalikes = map[mask.Class]string{
	mask.Email: "e-mail addresses", mask.Phone: "phone numbers", mask.Card: "card numbers", mask.Account: "account numbers",
	mask.NationalID: "national identity numbers", mask.Network: "network addresses", mask.Secret: "keys, tokens or hashes of passwords",
}

// conclude weighs label, name and values.
func (c *scanColumn) conclude() {
	values, holding := c.tally.Values()
	byValues := c.tally.Class()
	most, n := c.tally.Most()
	c.Values, c.Matching = values, n
	share := 0.0
	if values > 0 {
		share = float64(n) / float64(values)
	}
	sure := c.tally.Sure() != ""
	for _, why := range [...]string{c.why, c.heldWhy} {
		if why != "" {
			c.Evidence = append(c.Evidence, why)
		}
	}
	c.Class, c.Confidence = c.named, confidenceMedium
	switch {
	case c.labelled:
		c.Confidence = confidenceCertain
	case byValues == c.named && byValues != "":
		c.Confidence = confidenceHigh
	case c.named == "" && byValues == "" && c.held == "":
		c.Confidence = ""
	case c.named == "":
		c.Class, c.Alone = cmp.Or(byValues, c.held), true
		if sure || byValues == "" || byValues == c.held {
			c.Confidence = confidenceHigh
		}
	case byValues != "" && sure:
		c.Class = byValues // the name says something else: the values know
	case (c.named == mask.Email || c.named == mask.Card) && values >= manyValues && share < noValues:
		c.Confidence = confidenceLow
		c.Evidence = append(c.Evidence, fmt.Sprintf("%s looks like that", share0(n, values)))
	}
	switch {
	case byValues != "":
		c.Evidence = append(c.Evidence, fmt.Sprintf("%.0f %% of %s look like %s", 100*share, many(values, "value"), lookalikes[most]))
	case holding > 0:
		c.Evidence = append(c.Evidence, fmt.Sprintf("%d of %s hold something sensitive", holding, many(values, "value")))
	}
}

func share0(n, values int) string {
	if n == 0 {
		return "none of " + many(values, "value")
	}
	return fmt.Sprintf("%d of %s", n, many(values, "value"))
}

// isRead reports whether the values of a column are texts, or figures in which a card's number may stand.
func (c *scanColumn) isRead() bool {
	base := c.of.Base
	if base == 0 {
		base = c.of.TypeOID
	}
	switch base {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.Int8OID, pgtype.NumericOID, pgtype.JSONOID, pgtype.JSONBOID,
		pgtype.XMLOID: // not addresses of hosts: each looks like one, and whose it is only a name says
		return true
	}
	return strings.HasSuffix(c.of.Type, "citext")
}

// read samples the values of a relation and counts what they look like.
func (s *scan) read(ctx context.Context, r *scanned) error {
	var list []*scanColumn
	for _, c := range r.Columns {
		if c.isRead() {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil
	}
	columns := make([]string, len(list))
	for i, c := range list {
		columns[i] = fmt.Sprintf("pg_catalog.left(%s::pg_catalog.text, %d)", pgx.Identifier{c.Name}.Sanitize(), valueBytes)
	}
	query := "select " + strings.Join(columns, ", ") + " from " + r.quoted()
	n, err := 0, error(nil)
	spread := s.tablesample(r)
	if spread != "" {
		n, err = s.add(ctx, query+spread, list)
	}
	if err == nil && (spread == "" || n < s.sample/2) {
		for _, c := range list {
			c.tally = mask.Tally{}
		}
		n, err = s.add(ctx, query, list)
	}
	r.Rows = n
	return err
}

// rowsOfPage is a guess at how many rows a page has: few, so that enough pages are read.
const rowsOfPage = 20

// tablesample spreads the sample over a large table; "" where a table is read from its beginning.
func (s *scan) tablesample(r *scanned) string {
	pages := float64(s.sample) / rowsOfPage
	if float64(r.pages) < 10*pages {
		return ""
	}
	return fmt.Sprintf(" tablesample system (%.6f)", 100*pages/float64(r.pages))
}

func (s *scan) add(ctx context.Context, query string, list []*scanColumn) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, scanTimeout+lockTimeout)
	defer cancel()
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }()
	if err := s.bound(ctx, tx); err != nil {
		return 0, err
	}
	rows, err := tx.QueryContext(ctx, fmt.Sprintf("%s limit %d", query, s.sample))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	values, into := make([]sql.NullString, len(list)), make([]any, len(list))
	for i := range values {
		into[i] = &values[i]
	}
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		for i, c := range list {
			c.tally.Add(values[i].String)
		}
	}
	return n, rows.Err()
}

// bound keeps a transaction short, and names from meaning anything but what the server has.
func (s *scan) bound(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, fmt.Sprintf("select set_config('statement_timeout', '%d', true), set_config('lock_timeout', '%d', true), set_config('search_path', 'pg_catalog', true)",
		scanTimeout.Milliseconds(), lockTimeout.Milliseconds()))
	return err
}

// label writes what was found about the columns of a relation into their comments, all or none of them.
func (s *scan) label(ctx context.Context, r *scanned) {
	var list []*scanColumn
	for _, c := range r.Columns {
		if c.Class != "" && !c.labelled && c.Confidence != confidenceLow {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return
	}
	if err := s.comment(ctx, r, list); err != nil {
		s.unwritten += len(list)
		for _, c := range list {
			c.Wrote, c.Failed = "", reasonOf(err)
		}
		return
	}
	for _, c := range list {
		if c.Alone {
			s.alone--
		}
	}
}

func (s *scan) comment(ctx context.Context, r *scanned, list []*scanColumn) error {
	ctx, cancel := context.WithTimeout(ctx, scanTimeout)
	defer cancel()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := s.bound(ctx, tx); err != nil {
		return err
	}
	for _, c := range list {
		var have sql.NullString
		err := tx.QueryRowContext(ctx, "select col_description(attrelid, attnum) from pg_attribute where attrelid = $1::text::regclass and attname = $2",
			r.quoted(), c.Name).Scan(&have)
		if err != nil {
			return err
		}
		text := mask.AddLabel(have.String, c.Class)
		literal := "E'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(text) + "'"
		if _, err := tx.ExecContext(ctx, "comment on column "+r.quoted()+"."+pgx.Identifier{c.Name}.Sanitize()+" is "+literal); err != nil {
			return err
		}
		c.Wrote = lineage.Label(string(c.Class))
	}
	return tx.Commit()
}

// reasonOf says why something failed in words that hold nothing of a value: the text of the server may.
func reasonOf(err error) string {
	var pgErr *pgconn.PgError
	switch {
	case !errors.As(err, &pgErr):
		if errors.Is(err, context.DeadlineExceeded) {
			return "it took too long"
		}
		return "the connection failed"
	case pgErr.Code == "42501":
		return "no right to"
	case pgErr.Code == "57014" || pgErr.Code == "55P03":
		return "it took too long"
	}
	return "the server refused it (SQLSTATE " + pgErr.Code + ")"
}

// tagOf is the tag of a class, under the heads by which policies group them.
func tagOf(c mask.Class) string {
	switch c {
	case mask.Secret, mask.Labelled:
		return string(c)
	case mask.Card:
		return "pci." + string(c)
	case mask.Health:
		return "phi." + string(c)
	}
	return "pii." + string(c)
}
