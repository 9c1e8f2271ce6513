package lineage_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xwb1989/sqlparser"

	"github.com/governedsql/governed/internal/pgparse"
	"github.com/governedsql/governed/lineage"
)

// anything is a catalog in which every relation exists, so that the table sets alone are compared.
type anything struct{}

func (anything) SearchPath() []string { return []string{"pg_catalog", "public"} }

func (anything) Relation(schema, name string) (*lineage.Relation, lineage.Found) {
	if schema != "public" {
		return nil, lineage.Absent
	}
	r := &lineage.Relation{Name: lineage.Name{Schema: schema, Name: name}, OID: 1, Kind: lineage.Table}
	for i, c := range []string{"id", "a", "b", "c", "d", "name", "total", "user_id"} {
		r.Columns = append(r.Columns, lineage.Column{Name: c, Num: int16(i + 1), Type: "integer", TypeOID: 23})
	}
	return r, lineage.Present
}

func (anything) Functions(schema, name string) ([]*lineage.Function, lineage.Found) {
	return []*lineage.Function{{Name: lineage.Name{Schema: schema, Name: name}, Kind: 'f', Volatility: 'i'}}, lineage.Present
}

func (anything) Operators(string) ([]*lineage.Operator, lineage.Found) { return nil, lineage.Absent }

func (anything) Type(string, string) (*lineage.Type, lineage.Found) { return nil, lineage.Absent }

// common are statements that PostgreSQL's grammar and MySQL's read alike.
var common = []string{
	"select a from t", "select t.a, u.b from t, u where t.id = u.id", "select a from t join u on t.id = u.id left join v on v.id = u.id",
	"select a from (select b as a from u) x", "select a from t where id in (select user_id from u where total > 3)",
	"select a from t where exists (select 1 from u where u.id = t.id)", "select a, (select max(b) from u) from t",
	"select a from t union select b from u", "select a from t union all select b from u order by 1 limit 3",
	"select count(*), a from t group by a having count(*) > 1 order by a limit 10 offset 5", "select distinct a from t",
	"insert into t (a, b) values (1, 2), (3, 4)", "insert into t (a) select b from u where id = 1", "insert into t select * from u",
	"update t set a = 1 where id = 2", "update t set a = (select max(b) from u) where id in (select id from v)",
	"delete from t where id = 1", "delete from t where id in (select user_id from u)", "select case when a = 1 then b else c end from t",
	"select t1.a from t as t1, t as t2 where t1.id = t2.user_id", "select a from t where b between 1 and 2 and c like 'x%'",
	"select coalesce(a, b), concat(a, b) from t", "select a from t for update", "select a from ((t join u on t.id = u.id) join v on v.id = t.id)",
}

var notCommon = regexp.MustCompile("[\"\\\\#]|\\|\\||\\$[0-9]")

// An unrelated parser, of another dialect, must find the same tables read and written in what both understand. It decides
// nothing anywhere else: it reads double quotes as strings and || as OR.
func TestTableSetsAgreeWithAnUnrelatedParser(t *testing.T) {
	for _, text := range common {
		require.False(t, notCommon.MatchString(text), text)
		read, written := mysqlTables(t, text)
		list, err := lineage.AnalyzeText(text, anything{})
		require.NoError(t, err, text)
		ourRead, ourWritten := ourTables(list[0])
		require.Equal(t, read, ourRead, text)
		require.Equal(t, written, ourWritten, text)
	}
}

func ourTables(st *lineage.Statement) (read, written []string) {
	for i := range st.Relations {
		use := &st.Relations[i]
		if use.Access&lineage.Writes != 0 {
			written = append(written, use.Relation.Name.Name)
		}
		// That a write reads its own target is a finer answer than the other parser has.
		if use.Access&lineage.Reads != 0 && !slices.Contains(written, use.Relation.Name.Name) {
			read = append(read, use.Relation.Name.Name)
		}
	}
	return sorted(read), sorted(written)
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func mysqlTables(t *testing.T, text string) (read, written []string) {
	t.Helper()
	stmt, err := sqlparser.ParseStrictDDL(text)
	require.NoError(t, err, text)
	target := map[string]bool{}
	switch s := stmt.(type) {
	case *sqlparser.Insert:
		target[s.Table.Name.String()] = true
	case *sqlparser.Update:
		collect(target, s.TableExprs)
	case *sqlparser.Delete:
		collect(target, s.TableExprs)
	}
	all := map[string]bool{}
	require.NoError(t, sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) {
		if e, ok := n.(*sqlparser.AliasedTableExpr); ok {
			if name, ok := e.Expr.(sqlparser.TableName); ok {
				all[name.Name.String()] = true
			}
		}
		return true, nil
	}, stmt))
	for name := range all {
		if !target[name] {
			read = append(read, strings.ToLower(name))
		}
	}
	for name := range target {
		written = append(written, strings.ToLower(name))
	}
	return sorted(read), sorted(written)
}

func collect(into map[string]bool, list sqlparser.TableExprs) {
	for _, e := range list {
		if a, ok := e.(*sqlparser.AliasedTableExpr); ok {
			into[sqlparser.GetTableName(a.Expr).String()] = true
		}
	}
}

// FuzzTableSets looks for texts that both parsers accept and read differently.
func FuzzTableSets(f *testing.F) {
	for _, text := range common {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if notCommon.MatchString(text) || strings.Contains(text, "/*") || strings.Contains(text, "--") {
			return
		}
		if _, err := sqlparser.ParseStrictDDL(text); err != nil {
			return
		}
		parsed, err := pgparse.Parse(text, 4096)
		if err != nil || len(parsed) != 1 {
			return
		}
		lineage.Analyze(parsed[0], anything{}) // and must not panic; the sets are compared on the corpus
	})
}
