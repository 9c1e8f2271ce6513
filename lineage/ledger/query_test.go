package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/lineage/ledger"
)

// Each filter finds what it asks for and nothing else, however alike the names are.
func TestFilters(t *testing.T) {
	dir := newDir(t)
	l := open(t, ledger.Config{Dir: dir})
	relation := func(schema, name string, access lineage.Access, columns ...string) lineage.RelationUse {
		return lineage.RelationUse{Relation: lineage.Relation{Name: lineage.Name{Schema: schema, Name: name}}, Access: access, Columns: columns}
	}
	read := statement("read")
	read.Statement.Relations = []lineage.RelationUse{relation("public", "orders", lineage.Reads, "id", "email")}
	read.Job = lineage.Job{Namespace: "ml", Name: "train", RunID: "r1", Model: "churn@7"}
	read.Purpose = "support"
	run(t, l, read)
	write := statement("write")
	write.Caller = lineage.Service(`o"brien`)
	write.Command = "UPDATE"
	write.Statement.Relations = []lineage.RelationUse{relation("old", "orders", lineage.Writes, "email2"), relation("public", "more_orders", lineage.Reads, "x")}
	write.Job = lineage.Job{Name: "train"}
	write.Cleared = []lineage.ColumnMask{{Output: "a", Column: lineage.ColumnID{Schema: "old", Relation: "orders", Column: "email2"}}}
	run(t, l, write)
	drop := statement("drop")
	drop.Decision, drop.Command = lineage.Deny, "DROP TABLE"
	drop.Statement.Effects = []lineage.Effect{{Command: "DROP TABLE", Object: lineage.Name{Schema: "public", Name: "orders"}}}
	drop.Reasons = []lineage.Reason{{Rule: "DD01", Applied: true}, {Rule: "DM01"}}
	run(t, l, drop)
	spaced := statement("spaced")
	spaced.Caller, spaced.Job = lineage.Caller{}, lineage.Job{Namespace: "ns", Name: "etl/daily"}
	spaced.Statement.Relations = []lineage.RelationUse{relation("public", "my table", lineage.Reads, "a.b"), relation("s.t", "Odd", lineage.Reads, `q"c`)}
	run(t, l, spaced)
	script := statement("")
	script.Caller, script.Job = lineage.Caller{}, lineage.Job{Name: "etl/daily"}
	script.Statement, script.Command = nil, ""
	script.Script = []*lineage.Statement{
		{Normalized: "make", Class: lineage.DDL, Command: "CREATE TABLE", Effects: []lineage.Effect{{Command: "CREATE TABLE", Object: lineage.Name{Schema: "public", Name: "made"}}}},
		{Normalized: "fill", Class: lineage.Write, Command: "INSERT", Relations: []lineage.RelationUse{relation("public", "made", lineage.Writes)}},
	}
	run(t, l, script)
	save := statement("save")
	save.Caller, save.Command, save.Statement.Class = lineage.Caller{}, "SAVEPOINT", lineage.Misc
	save.Statement.Effects = []lineage.Effect{{Command: "SAVEPOINT", Object: lineage.Name{Name: "sp"}}}
	run(t, l, save)
	system := statement("system")
	system.Caller, system.Command, system.Statement.Class = lineage.Caller{}, "ALTER SYSTEM", lineage.DDL
	run(t, l, system)
	lost := statement("lost")
	lost.Caller = lineage.Caller{}
	_, err := l.Begin(context.Background(), lost)
	require.NoError(t, err)
	before := time.Now()
	require.NoError(t, l.Close())

	for name, c := range map[string]struct {
		filter ledger.Filter
		want   string
	}{
		"all":                    {ledger.Filter{}, "read write drop spaced make; fill save system lost"},
		"subject":                {ledger.Filter{Caller: "ada"}, "read drop"},
		"subject with a quote":   {ledger.Filter{Caller: `o"brien`}, "write"},
		"part of a subject":      {ledger.Filter{Caller: "ad"}, ""},
		"actor as caller":        {ledger.Filter{Caller: "bot"}, "read drop"},
		"agent":                  {ledger.Filter{Agent: "bot"}, "read drop"},
		"subject as agent":       {ledger.Filter{Agent: "ada"}, ""},
		"table":                  {ledger.Filter{Dataset: "orders"}, "read write drop"},
		"qualified":              {ledger.Filter{Dataset: "public.orders"}, "read drop"},
		"end of a name":          {ledger.Filter{Dataset: "rders"}, ""},
		"column":                 {ledger.Filter{Column: "email"}, "read"},
		"qualified column":       {ledger.Filter{Column: "old.orders.email2"}, "write"},
		"rule":                   {ledger.Filter{Rule: "DD01"}, "drop"},
		"rule that hit as well":  {ledger.Filter{Rule: "DM01"}, "drop"},
		"decision":               {ledger.Filter{Decision: "deny"}, "drop"},
		"job":                    {ledger.Filter{Job: "train"}, "read write"},
		"job with its namespace": {ledger.Filter{Job: "ml/train"}, "read"},
		"run":                    {ledger.Filter{Run: "r1"}, "read"},
		"model":                  {ledger.Filter{Model: "churn@7"}, "read"},
		"another model":          {ledger.Filter{Model: "churn@"}, ""},
		"purpose":                {ledger.Filter{Purpose: "support"}, "read"},
		"command":                {ledger.Filter{Command: "UPDATE"}, "write"},
		"writes":                 {ledger.Filter{Writes: true}, "write drop make; fill system"},
		"command of a script":    {ledger.Filter{Command: "INSERT"}, "make; fill"},
		"another of it":          {ledger.Filter{Command: "CREATE TABLE"}, "make; fill"},
		"part of a command":      {ledger.Filter{Command: "CREATE"}, ""},
		"job with a slash":       {ledger.Filter{Job: "etl/daily"}, "spaced make; fill"},
		"job behind its space":   {ledger.Filter{Job: "ns/etl/daily"}, "spaced"},
		"end of a job":           {ledger.Filter{Job: "daily"}, ""},
		"word of a name":         {ledger.Filter{Dataset: "table"}, ""},
		"name with a space":      {ledger.Filter{Dataset: "my table"}, "spaced"},
		"and its schema":         {ledger.Filter{Dataset: `public."my table"`}, "spaced"},
		"without quotes":         {ledger.Filter{Dataset: "public.my table"}, "spaced"},
		"dot in a column":        {ledger.Filter{Column: `"a.b"`}, "spaced"},
		"end of that":            {ledger.Filter{Column: "b"}, ""},
		"dot in a schema":        {ledger.Filter{Dataset: `"s.t"."Odd"`}, "spaced"},
		"end of a schema":        {ledger.Filter{Dataset: `t."Odd"`}, ""},
		"quote in a column":      {ledger.Filter{Column: `"Odd"."q""c"`}, "spaced"},
		"no other case":          {ledger.Filter{Dataset: "odd"}, ""},
		"a command's word":       {ledger.Filter{Dataset: "TABLE public.made"}, ""},
		"what a command makes":   {ledger.Filter{Dataset: "public.made"}, "make; fill"},
		"dots alone":             {ledger.Filter{Dataset: ".."}, ""},

		"cleared":        {ledger.Filter{Cleared: true}, "write"},
		"unknown":        {ledger.Filter{Unknown: true}, "lost"},
		"several":        {ledger.Filter{Dataset: "orders", Caller: "ada", Command: "SELECT"}, "read"},
		"newest":         {ledger.Filter{Newest: 2}, "system lost"},
		"newest of some": {ledger.Filter{Newest: 1, Dataset: "orders"}, "drop"},
		"since":          {ledger.Filter{Since: before}, ""},
		"until":          {ledger.Filter{Until: before}, "read write drop spaced make; fill save system lost"},
	} {
		var got []string
		require.NoError(t, ledger.Query(context.Background(), dir, c.filter, func(s *ledger.Story) error {
			got = append(got, s.Text)
			return nil
		}))
		require.Equal(t, c.want, strings.Join(got, " "), name)
	}
	stop := errors.New("stop")
	require.ErrorIs(t, ledger.Query(context.Background(), dir, ledger.Filter{}, func(*ledger.Story) error { return stop }), stop)
}
