package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/term"

	governed "github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

var scanCommand = &command{
	name: "scan", line: "which columns of a database are sensitive, and why",
	help: `
  governed scan -dsn postgres://owner@db/shop
  governed scan -dsn postgres://owner@db/shop -schema public -table 'customer*' -sample 2000
  governed scan -dsn postgres://owner@db/shop -policy >> policy.yaml
  governed scan -dsn postgres://owner@db/shop -write

Says of each column of each table what class of data it holds: by its label, its name, its type and the server's statistics, as
the driver does, and by a sample of its values, which the driver does not take. Values are looked at in memory and are printed nowhere. It reads in
read-only transactions with a timeout; only -write changes anything: the comments of columns.

  -dsn DSN         the database; the role should own the tables, or at least read them
  -schema NAME     one schema; all but the system's unless set
  -table PATTERN   tables whose name, or schema.name, is like this: *, ? and [a-z] as in file names
  -sample N        how many rows of each table; 500 unless set, 0 = none, and no statistics
  -policy          print a datasets: block for a policy file
  -write           store what was found in the comments of columns, as [governed: class]; the rest of a comment stays
  -json            for machines

Confidence is certain for labels; high where name and values agree, or values prove it: nine in ten, and five to twenty of them or
more, by their class; medium for a name or values alone; low for a name that no value bears out. -policy and -write leave out what
is low.

Exit code 1, but of -policy: a column is sensitive by its values alone, so that no more than the server's statistics tell the driver,
where there are any, or a label could not be written.`,
}

func init() { scanCommand.run = runScan }

// The bounds of what a scan asks of a server that others use.
const (
	scanTimeout  = 10 * time.Second // for a sample
	lockTimeout  = 2 * time.Second  // to wait for somebody else's lock
	scanTogether = 40               // relations that are read from the catalog at once
	valueBytes   = 1000             // of a value that are looked at
)

// scan is one run of the command.
type scan struct {
	dsn, schema, table          string
	sample                      int
	policy, write, json         bool
	px                          *pgx.ConnConfig
	db                          *sql.DB
	relations                   []*scanned
	sensitive, alone, unwritten int
}

// scanned is a relation and what was found in it.
type scanned struct {
	Schema  string        `json:"schema"`
	Name    string        `json:"relation"`
	Rows    int           `json:"rows"`            // that were looked at
	Error   string        `json:"error,omitempty"` // why none were
	Columns []*scanColumn `json:"columns"`
	pages   int64         // of the table
}

func (r *scanned) name() string { return lineage.Name{Schema: r.Schema, Name: r.Name}.String() }

func (r *scanned) quoted() string { return pgx.Identifier{r.Schema, r.Name}.Sanitize() }

func runScan(t *terminal, args []string) int {
	s := &scan{}
	f := t.flags(scanCommand)
	f.StringVar(&s.dsn, "dsn", "", "")
	f.StringVar(&s.schema, "schema", "", "")
	f.StringVar(&s.table, "table", "", "")
	f.IntVar(&s.sample, "sample", 500, "")
	f.BoolVar(&s.policy, "policy", false, "")
	f.BoolVar(&s.write, "write", false, "")
	f.BoolVar(&s.json, "json", false, "")
	if code, done := t.parse(scanCommand, f, args); done {
		return code
	}
	switch {
	case f.NArg() > 0 || s.dsn == "":
		return t.fail("want -dsn and nothing behind the flags; %s help says more", t.path)
	case s.sample < 0 || s.sample > 1_000_000:
		return t.fail("-sample: want between 0 and 1,000,000 rows")
	case s.policy && (s.write || s.json):
		return t.fail("-policy goes without -write and -json: it prints a part of a file")
	}
	if _, err := path.Match(s.table, ""); err != nil {
		return t.fail("-table: %v", err)
	}
	if err := s.run(t); err != nil {
		return t.fail("%v", err)
	}
	switch {
	case s.json:
		if code := t.json(s.relations); code != ok {
			return code
		}
	case s.policy:
		t.printf("%s", block(s.datasets()))
		return ok
	default:
		t.scan(s)
	}
	if s.alone > 0 || s.unwritten > 0 {
		return no
	}
	return ok
}

func (s *scan) run(t *terminal) error {
	if err := s.open(); err != nil {
		return err
	}
	defer s.db.Close()
	ctx := context.Background()
	if err := s.list(ctx); err != nil {
		return err
	}
	if err := s.classify(ctx); err != nil {
		return err
	}
	for i, r := range s.relations {
		t.progress("%d of %s", i, many(len(s.relations), "relation"))
		s.look(ctx, r)
	}
	t.progress("")
	if !s.write {
		return nil
	}
	for _, r := range s.relations {
		s.label(ctx, r)
	}
	return nil
}

// open connects. The name of the data source is not in its errors: it may hold a password.
func (s *scan) open() error {
	px, err := pgx.ParseConfig(s.dsn)
	if err != nil {
		return fmt.Errorf("-dsn: it is not a PostgreSQL URL and no list of key=value pairs")
	}
	for key := range px.RuntimeParams {
		if strings.HasPrefix(key, "governed.") {
			delete(px.RuntimeParams, key) // of the driver's, which an operator's tool is not
		}
	}
	s.px, s.db = px, stdlib.OpenDB(*px)
	s.db.SetMaxOpenConns(1)
	return nil
}

// list finds the tables. Those of extensions hold no data of the application's, and a partition is looked at with its
// table.
func (s *scan) list(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, scanTimeout)
	defer cancel()
	rows, err := s.db.QueryContext(ctx, `select n.nspname, c.relname, c.relpages from pg_catalog.pg_class c
		join pg_catalog.pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p', 'm') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
		and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
		order by 1, 2`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r := &scanned{}
		if err := rows.Scan(&r.Schema, &r.Name, &r.pages); err != nil {
			return err
		}
		if s.wants(r) {
			s.relations = append(s.relations, r)
		}
	}
	return rows.Err()
}

func (s *scan) wants(r *scanned) bool {
	if s.schema != "" && r.Schema != s.schema {
		return false
	}
	if s.table == "" {
		return true
	}
	byName, _ := path.Match(s.table, r.Name)
	byBoth, _ := path.Match(s.table, r.Schema+"."+r.Name)
	return byName || byBoth
}

// classify reads the relations as the driver does: what is said here of names, labels and statistics is what the masks go by.
func (s *scan) classify(ctx context.Context) error {
	connector, err := governed.WrapConnector(stdlib.GetConnector(*s.px), &governed.Config{Profile: governed.Observe, SampleOff: s.sample == 0, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer closeConnector(connector)
	for batch := range slices.Chunk(s.relations, scanTogether) {
		var text strings.Builder
		for _, r := range batch {
			fmt.Fprintf(&text, "TABLE %s;\n", r.quoted())
		}
		e, err := governed.Explain(ctx, connector, text.String())
		if err != nil {
			return err
		}
		for i, r := range batch {
			if i < len(e.Statements) && len(e.Statements[i].Relations) > 0 && e.Statements[i].Relations[0].Known {
				r.know(&e.Statements[i].Relations[0].Relation)
			} else {
				r.Error = "it is gone"
			}
		}
	}
	return nil
}

func (r *scanned) know(rel *lineage.Relation) {
	for i := range rel.Columns {
		c := &rel.Columns[i]
		told := *c // by its values it may be known to the driver, and not to one that sees no statistics
		told.Held = lineage.Held{}
		why := mask.Why(rel, &told)
		of := &scanColumn{
			Name: c.Name, Type: c.Type, of: c, named: mask.Classify(rel, &told), why: why, labelled: strings.Contains(why, "label "),
		}
		if of.named == "" && c.Held.Class != "" {
			of.held, of.heldWhy = mask.Class(c.Held.Class), mask.Why(rel, c)
		}
		r.Columns = append(r.Columns, of)
	}
}

// look samples a relation and concludes.
func (s *scan) look(ctx context.Context, r *scanned) {
	if s.sample > 0 && r.Error == "" {
		if err := s.read(ctx, r); err != nil {
			r.Error = reasonOf(err)
		}
	}
	for _, c := range r.Columns {
		c.conclude()
		if c.Class != "" {
			s.sensitive++
		}
		if c.Alone {
			s.alone++
		}
	}
}

// progress shows on a terminal how far a command is; the empty text takes it away.
func (t *terminal) progress(format string, args ...any) {
	file, is := t.err.(*os.File)
	if !is || !term.IsTerminal(int(file.Fd())) {
		return
	}
	fmt.Fprintf(t.err, "\r\x1b[K"+format, args...)
}

// scan prints for people.
func (t *terminal) scan(s *scan) {
	total := 0
	for _, r := range s.relations {
		total += len(r.Columns)
		t.relation(s, r)
	}
	t.printf("%s in %s: %d sensitive, %d by values alone\n", many(total, "column"), many(len(s.relations), "relation"), s.sensitive, s.alone)
	if s.alone > 0 && !s.write {
		t.printf("The driver knows of those by the server's statistics, where there are any, or only while it scans results. -write stores labels in the\ndatabase, -policy prints them for a policy.\n")
	}
}

func (t *terminal) relation(s *scan, r *scanned) {
	list := slices.DeleteFunc(slices.Clone(r.Columns), func(c *scanColumn) bool { return c.Class == "" && len(c.Evidence) == 0 })
	if len(list) == 0 && r.Error == "" {
		return
	}
	t.printf("%s  %s\n", t.bold(r.name()), t.dim(many(r.Rows, "row")+" looked at"))
	if r.Error != "" {
		t.printf("  %s\n", t.bad("not looked at: "+r.Error))
	}
	var widths [4]int
	cells := make([][4]string, len(list))
	for i, c := range list {
		cells[i] = [4]string{c.Name, c.Type, cmp.Or(string(c.Class), "-"), cmp.Or(c.Confidence, "-")}
		for j, cell := range cells[i] {
			widths[j] = max(widths[j], len(cell))
		}
	}
	for i, c := range list {
		class := painted(fmt.Sprintf("%-*s", widths[2], visible(cells[i][2])))
		if c.Alone {
			class = t.bad(string(class))
		}
		t.printf("  %-*s  %-*s  %s  %-*s  %s\n", widths[0], cells[i][0], widths[1], cells[i][1], class, widths[3], cells[i][3], strings.Join(c.Evidence, "; "))
		if s.write && c.Wrote != "" {
			t.printf("  %-*s  %s\n", widths[0], "", t.good("wrote "+c.Wrote))
		}
		if c.Failed != "" {
			t.printf("  %-*s  %s\n", widths[0], "", t.bad("not written: "+c.Failed))
		}
	}
	t.printf("\n")
}

// datasets is a part of a policy file. In a policy that has datasets already, the entries are appended to them.
func (s *scan) datasets() string {
	var b strings.Builder
	b.WriteString("datasets:\n")
	n := 0
	for _, r := range s.relations {
		first := true
		for _, c := range r.Columns {
			if c.Class == "" || c.Confidence == confidenceLow {
				continue
			}
			if first {
				fmt.Fprintf(&b, "  - match: %s\n    columns:\n", quoteYAML(lineage.QuoteName(r.Schema)+"."+lineage.QuoteName(r.Name)))
				first = false
			}
			fmt.Fprintf(&b, "      %s: %s # %s\n", quoteYAML(lineage.QuoteName(c.Name)), tagOf(c.Class), comment(strings.Join(c.Evidence, "; ")))
			n++
		}
	}
	if n == 0 {
		return "datasets: [] # nothing was found\n"
	}
	return b.String()
}
