package pgparse_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgparse"
)

func TestParseCounts(t *testing.T) {
	nested := strings.Repeat("(", 400) + "1" + strings.Repeat(")", 400)
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"empty", "", 0},
		{"semicolons", ";;;", 0},
		{"comment only", "-- nothing", 0},
		{"one with tail", "select 1;; -- done", 1},
		{"quoted semicolon", "select 'a; b'", 1},
		{"dollar quotes", "select $$; drop table t$$", 1},
		{"backslash ends no string", `select 'a\'; drop table t; --'`, 2},
		{"escape string", `select E'a\'; drop table t; --'`, 1},
		{"carriage return ends a comment", "select 1 --x\r; drop table t", 2},
		{"vertical tab does not", "select 1 --x\v; drop table t", 1},
		{"line separator does not", "select 1 --x\u2028; drop table t", 1},
		{"comments nest", "select 1 /* /* */ ; drop table t; /* */ */", 1},
		{"version comment is a comment", "select 1 /*!50000 ; drop table t */", 1},
		{"smart quotes are names", "select ‘a’; drop table t", 2},
		{"function body", "create function f() returns int language sql begin atomic select 1; select 2; end", 1},
		{"nesting below the limit", "select " + nested, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := pgparse.Parse(c.text, 0)
			require.NoError(t, err)
			require.Len(t, got, c.want)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kind       error
	}{
		{"NUL", "select 1\x00; drop table t", pgparse.ErrInput},
		{"NUL in a string", "select '\x00'", pgparse.ErrInput},
		{"overlong quote", "select '\xc0\x27'", pgparse.ErrInput},
		{"truncated sequence", "select '\xe2\x82", pgparse.ErrInput},
		{"surrogate", "select '\xed\xa0\x80'", pgparse.ErrInput},
		{"too long", "select '" + strings.Repeat("a", pgparse.DefaultMaxBytes) + "'", pgparse.ErrInput},
		{"parentheses", "select " + strings.Repeat("(", 100000), pgparse.ErrInput},
		{"brackets", "select a" + strings.Repeat("[", 100000), pgparse.ErrInput},
		{"deep sum", "select 1" + strings.Repeat("+1", 50000), pgparse.ErrInput},
		{"deep cast", "select 1" + strings.Repeat("::int", 20000), pgparse.ErrInput},
		{"deep union", "select 1" + strings.Repeat(" union select 1", 10000), pgparse.ErrInput},
		{"byte order mark", "\ufeffselect 1", pgparse.ErrSyntax},
		{"control character", "\x01select 1", pgparse.ErrSyntax},
		{"open quote", "select 'a", pgparse.ErrSyntax},
		{"open comment", "select 1 /* a", pgparse.ErrSyntax},
		{"open dollar quote", "select $a$ x", pgparse.ErrSyntax},
		{"backticks", "select `a`", pgparse.ErrSyntax},
		{"limit with comma", "select 1 limit 1,2", pgparse.ErrSyntax},
		{"fullwidth semicolon", "select 1；drop table t x y", pgparse.ErrSyntax},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := pgparse.Parse(c.text, 0)
			require.ErrorIs(t, err, c.kind)
		})
	}
}

func TestParseCutsStatements(t *testing.T) {
	got, err := pgparse.Parse("  /* a /* b */ */ select 1 ; -- c\n delete from t where x = 'é';", 0)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, "select 1", got[0].SQL)
	require.Equal(t, "delete from t where x = 'é'", got[1].SQL)
	require.Equal(t, 18, got[0].Pos)
	require.Equal(t, 35, got[1].Pos)
}

func TestErrorPositionsAreBytes(t *testing.T) {
	_, err := pgparse.Parse("select 'éé' frm t where", 0)
	var perr *pgparse.Error
	require.ErrorAs(t, err, &perr)
	require.Equal(t, 18, perr.Pos)
}

func TestNormalize(t *testing.T) {
	for text, want := range map[string]string{
		"select * from t where a = 'x' and b = $1":      "select * from t where a = ? and b = $1",
		"select 1 -- ada@example.com":                   "select ?",
		"select /* card 4111 */ 1.5, E'a\\'b', $q$x$q$": "select  ?, ?, ?",
		"insert into t values (B'01', X'ff', -3)":       "insert into t values (?, ?, -?)",
		"select 'not closed":                            "",
		`select "Weird name" from "T"`:                  `select "Weird name" from "T"`,

		// A word is a value where a setting is set.
		"set myapp.token = s3cr3t":                                       "set myapp.token = ?",
		"SET LOCAL myapp.token TO s3cr3t":                                "SET LOCAL myapp.token TO ?",
		`set session "a b".c to "s3cr3t"`:                                `set session "a b".c to ?`,
		"set search_path = s3cr3t, 'x', -1, \"y\", on":                   "set search_path = ?, ?, -?, ?, ?",
		"set /* a */ x.y /* b */ = /* c */ s3cr3t":                       "set  x.y  =  ?",
		"set x = default":                                                "set x = default",
		"set x from current":                                             "set x from current",
		"set time zone s3cr3t":                                           "set time zone ?",
		"set local time zone interval '1' hour to minute":                "set local time zone interval ? hour to minute",
		"set time zone local":                                            "set time zone local",
		"set role admin":                                                 "set role admin",
		"set session authorization admin":                                "set session authorization admin",
		"set transaction isolation level serializable":                   "set transaction isolation level serializable",
		"set constraints all deferred":                                   "set constraints all deferred",
		"select 1; set a.b = s3cr3t; select c from d":                    "select ?; set a.b = ?; select c from d",
		"alter role r set a.b = s3cr3t":                                  "alter role r set a.b = ?",
		"alter role all in database d set a.b to s3cr3t, u":              "alter role all in database d set a.b to ?, ?",
		"alter user r set time zone s3cr3t":                              "alter user r set time zone ?",
		"alter database d set a.b to s3cr3t":                             "alter database d set a.b to ?",
		"alter database d set tablespace t":                              "alter database d set tablespace t",
		"alter system set a.b = s3cr3t":                                  "alter system set a.b = ?",
		"alter function f(int) set a.b = s3cr3t set c to u, v stable":    "alter function f(int) set a.b = ? set c to ?, ? stable",
		"create function f() returns int set a.b = s3cr3t as 'x' stable": "create function f() returns int set a.b = ? as ? stable",
		"create or replace procedure f() set a.b to s3cr3t language sql begin atomic update t set a = b; end": "create or replace procedure f() set a.b to ? language sql begin atomic update t set a = b; end",
		"update t set a = b where c = d":                               "update t set a = b where c = d",
		"insert into t values (1) on conflict (a) do update set a = b": "insert into t values (?) on conflict (a) do update set a = b",
		"alter table t set schema s":                                   "alter table t set schema s",
		"alter table t alter c set default d":                          "alter table t alter c set default d",
		"set":                                                          "set",
		"set time.x = s3cr3t":                                          "set time.x = ?",
		"set x.time to s3cr3t":                                         "set x.time to ?",
		"create function f() returns bool set a from current return b = c": "create function f() returns bool set a from current return b = c",
		"set a.":    "set a.",
		"set a =":   "set a =",
		"set a = +": "set a = +",
	} {
		require.Equal(t, want, pgparse.Normalize(text), text)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"select 1; select 2", "select 'a\\'; drop table t; --'", "with a as (select 1) delete from t", "/* /* */",
		"create function f() returns int language sql begin atomic select 1; end", "select $a$ $b$ $a$", "\x00", "é'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := pgparse.Parse(text, 4096)
		if err != nil {
			return
		}
		for _, s := range got {
			require.LessOrEqual(t, s.Pos+len(s.SQL), len(text))
			require.Equal(t, s.SQL, text[s.Pos:s.Pos+len(s.SQL)])
			again, err := pgparse.Parse(s.SQL, 4096)
			require.NoError(t, err, "a statement cut out of a text parses by itself: %q", s.SQL)
			require.Len(t, again, 1)
			pgparse.Texts(s.SQL, pgparse.Names)
			pgparse.Texts(s.SQL, pgparse.Names|pgparse.Literals)
		}
	})
}
