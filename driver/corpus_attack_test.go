package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"golang.org/x/tools/txtar"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
)

// The corpus of attacks: testdata/attacks holds a family a file, an attack a line, over tables with planted values. Whatever
// an attack brings back, nothing of those values may stand in it, in no common encoding. Beside them stand ordinary
// statements with the values that they have to give.

// linesOf are those of a section that are not empty.
func linesOf(t *testing.T, file, section string) (out []string) {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "attacks", file+".txtar"))
	require.NoError(t, err)
	for _, f := range archive.Files {
		if f.Name != section {
			continue
		}
		for line := range strings.SplitSeq(string(f.Data), "\n") {
			if line != "" {
				out = append(out, line)
			}
		}
	}
	require.NotEmpty(t, out, section)
	return out
}

// plantTraces are what is looked for: pieces of planted values in the encodings that anybody would try.
type plantTraces map[string]string

// piece is how long a piece of a value is that counts as some of it. Digits make pieces by chance: theirs are longer.
const (
	piece       = 5
	digitsPiece = 7
)

func tracesOf(plants []string) plantTraces {
	out := plantTraces{}
	for _, plant := range plants {
		size := piece
		if strings.Trim(plant, "0123456789-.") == "" {
			size = min(digitsPiece, len(plant))
		}
		for i := 0; i+size <= len(plant); i++ {
			part := plant[i : i+size]
			for _, form := range encodings(part) {
				out[strings.ToLower(form)] = plant
			}
		}
		for _, form := range windows(plant) {
			out[strings.ToLower(form)] = plant
		}
	}
	return out
}

// encodings are what a piece of text becomes letter by letter.
func encodings(s string) []string {
	reversed, rot, percent, unicode, octal := []byte(s), []byte(s), "", "", ""
	var codes []string
	for i := range len(s) {
		reversed[len(s)-1-i] = s[i]
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
			rot[i] = 'a' + (c-'a'+13)%26
		case 'A' <= c && c <= 'Z':
			rot[i] = 'A' + (c-'A'+13)%26
		}
		percent += fmt.Sprintf("%%%02x", s[i])
		unicode += fmt.Sprintf(`\u%04x`, s[i])
		octal += fmt.Sprintf(`\%03o`, s[i])
		codes = append(codes, strconv.Itoa(int(s[i])))
	}
	return []string{
		s, string(reversed), string(rot), hex.EncodeToString([]byte(s)), hex.EncodeToString(reversed), percent, unicode, octal,
		strings.Join(codes, ","), strings.Join(codes, ", "), strings.Join(codes, " "), strings.Join(strings.Split(s, ""), ","),
	}
}

// windows are what pieces of a text become in base64, whatever stands before them.
func windows(s string) (out []string) {
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + s))
		if encoded = strings.TrimRight(encoded, "="); len(encoded) > 14 {
			out = append(out, encoded[4:12])
		}
	}
	return out
}

// in gives the value of which something stands in a text; "" = none.
func (tr plantTraces) in(text string) string {
	text = strings.ToLower(text)
	for form, plant := range tr {
		if strings.Contains(text, form) {
			return plant + " as " + form
		}
	}
	return ""
}

// arena is the fixture of the corpus.
type arena struct {
	dsn, clerk string
	plain      *sql.DB
	heard      *strings.Builder // notices on plain
	marks      plantTraces
}

func newArena(t *testing.T) *arena {
	t.Helper()
	a := &arena{dsn: pgtest.New(t, linesOf(t, "schema", "schema")...), marks: tracesOf(linesOf(t, "schema", "plants"))}
	a.clerk = pgtest.Role(t, a.dsn, "clerk")
	a.plain, a.heard = a.listen(t, a.dsn)
	address, err := url.Parse(a.clerk)
	require.NoError(t, err)
	for _, what := range []string{"all on all tables in schema public", "all on schema public", "all on all functions in schema public", "temporary on database " + strings.TrimPrefix(address.Path, "/")} {
		_, err := a.plain.Exec("grant " + what + " to " + address.User.Username())
		require.NoError(t, err)
	}
	return a
}

// listen opens a plain connection that keeps the notices.
func (a *arena) listen(t *testing.T, dsn string) (*sql.DB, *strings.Builder) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	heard := &strings.Builder{}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { fmt.Fprintln(heard, *n) }
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = db.Close() })
	return db, heard
}

// open gives a governed connection that keeps its notices.
func (a *arena) open(t *testing.T, dsn string, config driver.Config) (*sql.DB, *strings.Builder) {
	t.Helper()
	heard := &strings.Builder{}
	config.Logger = slog.New(slog.NewTextHandler(heard, nil))
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { fmt.Fprintln(heard, *n) }
	connector, err := driver.NewConnector(dsn, &config)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db, heard
}

// The ways in which the corpus sends a statement.
const (
	byQuery    = "query"
	byPrepared = "prepared"
	byExec     = "exec"
	byCopy     = "copy"
)

// waysOf are those that bring back something else in a family.
var waysOf = map[string][]string{
	"direct": {byQuery, byCopy}, "derived": {byQuery, byCopy}, "copies": {byQuery, byCopy}, "members": {byQuery, byCopy},
	"channels": {byQuery, byPrepared, byExec, byCopy},
}

// attackBy sends the statements of an attack in a transaction that is rolled back, and gives all that came back.
func attackBy(ctx context.Context, db *sql.DB, attack, way string) string {
	var out strings.Builder
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return describe(err)
	}
	defer func() { _ = tx.Rollback() }()
	list := strings.Split(attack, " ;; ")
	for i, text := range list {
		how := way
		if i < len(list)-1 && way == byCopy {
			how = byQuery
		}
		if err := sendBy(ctx, tx, text, how, &out); err != nil {
			out.WriteString(describe(err))
			break
		}
	}
	return out.String()
}

func sendBy(ctx context.Context, tx *sql.Tx, text, way string, out *strings.Builder) error {
	head := strings.ToLower(strings.TrimSpace(text))
	copies := strings.HasPrefix(head, "copy ")
	switch {
	case copies || way == byCopy && (strings.HasPrefix(head, "select") || strings.HasPrefix(head, "with") || strings.HasPrefix(head, "values") || strings.HasPrefix(head, "table")):
		if !copies {
			text = "copy (" + text + ") to stdout"
		}
		var sink bytes.Buffer
		_, err := tx.ExecContext(ctx, text, driver.CopyTo(&sink))
		out.WriteString(strings.ReplaceAll(sink.String(), `\\`, `\`))
		return err
	case way == byExec:
		_, err := tx.ExecContext(ctx, text)
		return err
	case way == byPrepared:
		st, err := tx.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		defer st.Close()
		rows, err := st.QueryContext(ctx)
		return drainRows(rows, err, out)
	}
	rows, err := tx.QueryContext(ctx, text)
	return drainRows(rows, err, out)
}

// drainRows writes down names and cells, as the driver gives them.
func drainRows(rows *sql.Rows, err error, out *strings.Builder) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	fmt.Fprintln(out, names)
	for rows.Next() {
		row, into := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range row {
			if i > 0 {
				out.WriteByte('|')
			}
			if b, is := v.([]byte); is {
				v = string(b)
			}
			fmt.Fprint(out, v)
		}
		out.WriteByte('\n')
	}
	return rows.Err()
}

// describe is all that an error tells.
func describe(err error) string {
	out := fmt.Sprintf("%v %+v", err, err)
	var server *pgconn.PgError
	if errors.As(err, &server) {
		out += fmt.Sprintf(" %+v", *server)
	}
	var denied *guard.DeniedError
	if errors.As(err, &denied) {
		out += fmt.Sprintf(" %+v", *denied)
	}
	return out
}

// writtenOf is what the records and spans of a run hold.
func writtenOf(list []lineage.Record, exporter *tracetest.InMemoryExporter) string {
	var out strings.Builder
	for i := range list {
		r := &list[i]
		fmt.Fprintln(&out, r.Error, r.ErrorType, r.Reasons, r.Masked, r.WouldMask, r.Cleared)
		if r.Statement != nil {
			fmt.Fprintln(&out, r.Statement.Normalized, r.Statement.Summary)
		}
	}
	for _, s := range exporter.GetSpans() {
		fmt.Fprintln(&out, s.Name, s.Attributes, s.Events, s.Status)
	}
	exporter.Reset()
	return out.String()
}

// collectSpans sends all spans of the process to memory.
func collectSpans(t *testing.T) *tracetest.InMemoryExporter {
	exporter, before := tracetest.NewInMemoryExporter(), otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	return exporter
}

// works reports whether an attack brings something back where nobody governs it: one that does not tests nothing.
func (a *arena) works(attack string) bool {
	for _, way := range []string{byQuery, byExec} {
		if strings.HasPrefix(attack, "copy ") {
			return plainCopy(a.dsn, attack, a)
		}
		a.heard.Reset()
		if got := attackBy(context.Background(), a.plain, attack, way); a.marks.in(got+a.heard.String()) != "" {
			return true
		}
	}
	return false
}

func plainCopy(dsn, text string, a *arena) bool {
	pc, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		return false
	}
	defer pc.Close(context.Background())
	var sink bytes.Buffer
	_, err = pc.CopyTo(context.Background(), &sink, text)
	return err == nil && a.marks.in(sink.String()) != ""
}

func TestAttacks(t *testing.T) {
	a := newArena(t)
	for _, family := range []string{"direct", "derived", "copies", "channels", "members"} {
		t.Run(family, func(t *testing.T) {
			attacks, working := linesOf(t, family, "attacks"), 0
			for _, attack := range attacks {
				if a.works(attack) {
					working++
				} else if testing.Verbose() {
					t.Log("brings nothing back: ", attack)
				}
			}
			// Some try what PostgreSQL itself does not tell, and some what only an old version told.
			require.Greater(t, working*10, len(attacks)*7, "%d of %d attacks bring something back where nobody governs them", working, len(attacks))
			exporter := collectSpans(t)
			for _, role := range []string{a.dsn, a.clerk} {
				records := &recorder{}
				db, heard := a.open(t, role, driver.Config{Recorders: []driver.Recorder{records}})
				for _, attack := range attacks {
					for _, way := range waysOf[family] {
						got := attackBy(t.Context(), db, attack, way) + heard.String() + writtenOf(records.list, exporter)
						heard.Reset()
						records.list = nil
						if plant := a.marks.in(got); plant != "" {
							t.Errorf("%s by %s as %s gives %s", attack, way, userOf(role), plant)
						}
					}
				}
				for _, line := range linesOf(t, family, "ordinary") {
					a.ordinary(t, db, line)
				}
			}
		})
	}
}

func userOf(dsn string) string {
	address, err := url.Parse(dsn)
	if err != nil || address.User == nil {
		return ""
	}
	return address.User.Username()
}

// ordinary runs a statement that has to give what stands behind the arrow.
func (a *arena) ordinary(t *testing.T, db *sql.DB, line string) {
	t.Helper()
	text, want, found := strings.Cut(line, " => ")
	require.True(t, found, line)
	for _, way := range []string{byQuery, byPrepared} {
		got := attackBy(t.Context(), db, text, way)
		rest := strings.SplitN(got, "\n", 2)
		if copied, is := strings.CutPrefix(want, "<copy>"); is {
			if !strings.Contains(got, copied) {
				t.Errorf("%s by %s: %s", text, way, got)
			}
			continue
		}
		list := strings.Split(strings.TrimSuffix(got, "\n"), "[")
		last := strings.SplitN(list[len(list)-1], "\n", 3)
		switch {
		case len(rest) < 2 || len(last) < 2:
			t.Errorf("%s by %s: %s", text, way, got)
		case want != "<any>" && last[1] != want:
			t.Errorf("%s by %s: %q instead of %q", text, way, last[1], want)
		}
	}
}

// An agent asks a thousand questions where a program asks one: it is refused each of them, or answered by masks alone.
func TestAttacksByInference(t *testing.T) {
	a := newArena(t)
	ctx := lineage.WithCaller(t.Context(), lineage.Agent("bot", lineage.Human("ada")))
	for _, role := range []string{a.dsn, a.clerk} {
		records := &recorder{}
		db, _ := a.open(t, role, driver.Config{Recorders: []driver.Recorder{records}})
		for _, attack := range linesOf(t, "inference", "attacks") {
			records.list = nil
			rows, err := db.QueryContext(ctx, attack)
			if err == nil {
				_ = rows.Close()
				list := records.of(lineage.StatementEvent)
				if len(list) > 0 && len(list[0].Masked) > 0 && len(list[0].Masked) == len(list[0].Statement.Outputs) {
					continue // nothing is said, and no row more or less
				}
			}
			if !errors.Is(err, guard.ErrDenied) {
				t.Errorf("%s as %s: %v", attack, userOf(role), err)
			}
		}
		for _, line := range linesOf(t, "inference", "ordinary") {
			a.ordinary(t, db, line)
		}
	}
}

// mole is a Scan target that keeps whatever it is given.
type mole struct{ seen *strings.Builder }

func (s mole) Scan(v any) error {
	if b, is := v.([]byte); is {
		v = string(b)
	}
	fmt.Fprintln(s.seen, v)
	return nil
}

// goPaths are the ways in which a Go program may come by a result.
var goPaths = map[string]func(ctx context.Context, db *sql.DB, text string, out *strings.Builder) error{
	"scan into any type": func(ctx context.Context, db *sql.DB, text string, out *strings.Builder) error {
		for _, target := range []func() any{
			func() any { return new(string) }, func() any { return new([]byte) }, func() any { return new(sql.RawBytes) }, func() any { return new(sql.NullString) },
			func() any { return new(any) }, func() any { return mole{out} }, func() any { return new(*string) }, func() any { return new(sql.Null[string]) },
			func() any { return new(int64) }, func() any { return new(float64) }, func() any { return new(bool) },
		} {
			rows, err := db.QueryContext(ctx, text)
			if err != nil {
				return err
			}
			names, _ := rows.Columns()
			for rows.Next() {
				into := make([]any, len(names))
				for i := range into {
					into[i] = target()
				}
				if err := rows.Scan(into...); err != nil {
					out.WriteString(describe(err))
				}
				for _, v := range into {
					switch v := v.(type) {
					case *string:
						out.WriteString(*v)
					case *[]byte:
						out.Write(*v)
					case *sql.RawBytes:
						out.Write(*v)
					case **string:
						if *v != nil {
							out.WriteString(**v)
						}
					case *any:
						fmt.Fprint(out, *v)
					case *sql.NullString:
						out.WriteString(v.String)
					case *sql.Null[string]:
						out.WriteString(v.V)
					}
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		return nil
	},
	"column types": func(ctx context.Context, db *sql.DB, text string, out *strings.Builder) error {
		rows, err := db.QueryContext(ctx, text)
		if err != nil {
			return err
		}
		defer rows.Close()
		types, err := rows.ColumnTypes()
		for _, c := range types {
			fmt.Fprintln(out, c.Name(), c.DatabaseTypeName(), c.ScanType())
		}
		for rows.NextResultSet() {
			if err := drainRows(rows, nil, out); err != nil {
				return err
			}
		}
		return err
	},
	"query row": func(ctx context.Context, db *sql.DB, text string, out *strings.Builder) error {
		return db.QueryRowContext(ctx, text).Scan(mole{out})
	},
	"prepared, twice": func(ctx context.Context, db *sql.DB, text string, out *strings.Builder) error {
		st, err := db.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		defer st.Close()
		for range 2 {
			rows, err := st.QueryContext(ctx)
			if err := drainRows(rows, err, out); err != nil {
				return err
			}
			if err := st.QueryRowContext(ctx).Scan(mole{out}); err != nil {
				out.WriteString(describe(err))
			}
		}
		return nil
	},
	"options of pgx": func(ctx context.Context, db *sql.DB, text string, out *strings.Builder) error {
		for _, option := range []any{
			pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeCacheDescribe,
			pgx.QueryResultFormats{1},
			pgx.QueryResultFormats{0},
			pgx.QueryResultFormatsByOID{25: 1, 3802: 1, 1700: 1},
			pgx.NamedArgs{},
			rewriter{text},
		} {
			rows, err := db.QueryContext(ctx, text, option)
			if err := drainRows(rows, err, out); err != nil {
				out.WriteString(describe(err))
			}
		}
		return nil
	},
	"the driver's own connection": func(ctx context.Context, db *sql.DB, text string, out *strings.Builder) error {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		return conn.Raw(func(c any) error {
			if std, is := c.(*stdlib.Conn); is {
				out.WriteString("qzvkxwjb@ an ungoverned connection" + std.Conn().Config().Database)
			}
			if q, is := c.(interface {
				Query(string, []sqldriver.Value) (sqldriver.Rows, error)
			}); is {
				rows, err := q.Query(text, nil)
				if err == nil {
					pullRows(rows, out)
				}
			}
			q, is := c.(sqldriver.QueryerContext)
			if !is {
				return nil
			}
			rows, err := q.QueryContext(ctx, text, nil)
			if err == nil {
				pullRows(rows, out)
			}
			return err
		})
	},
	"a transaction that reads only": func(ctx context.Context, db *sql.DB, text string, out *strings.Builder) error {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelSerializable})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		rows, err := tx.QueryContext(ctx, text)
		return drainRows(rows, err, out)
	},
	"several statements": func(ctx context.Context, db *sql.DB, text string, out *strings.Builder) error {
		rows, err := db.QueryContext(ctx, "select 1; "+text)
		return drainRows(rows, err, out)
	},
}

func pullRows(rows sqldriver.Rows, out *strings.Builder) {
	defer rows.Close()
	dest := make([]sqldriver.Value, len(rows.Columns()))
	for rows.Next(dest) == nil {
		for _, v := range dest {
			_ = mole{out}.Scan(v)
		}
	}
}

func TestAttacksByGoPaths(t *testing.T) {
	a := newArena(t)
	for _, mode := range []string{"", "exec", "describe_exec", "cache_describe", "simple_protocol"} {
		for _, role := range []string{a.dsn, a.clerk} {
			dsn := role
			if mode != "" {
				address, err := url.Parse(role)
				require.NoError(t, err)
				q := address.Query()
				q.Set("default_query_exec_mode", mode)
				address.RawQuery = q.Encode()
				dsn = address.String()
			}
			records := &recorder{}
			db, heard := a.open(t, dsn, driver.Config{Recorders: []driver.Recorder{records}})
			for _, attack := range linesOf(t, "go-paths", "attacks") {
				for name, path := range goPaths {
					var out strings.Builder
					if err := path(t.Context(), db, attack, &out); err != nil {
						out.WriteString(describe(err))
					}
					out.WriteString(heard.String())
					heard.Reset()
					if plant := a.marks.in(out.String()); plant != "" {
						t.Errorf("%s by %s in mode %q as %s gives %s", attack, name, mode, userOf(role), plant)
					}
				}
			}
			for _, line := range linesOf(t, "go-paths", "ordinary") {
				a.ordinary(t, db, line)
			}
		}
	}
}
