package driver_test

import (
	"database/sql"
	"log/slog"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
)

// ready are tables of values of every kind that a text can hide in.
var ready = []string{
	"create extension if not exists hstore", "create extension if not exists citext",
	"create domain words as text", "create domain wordlist as text[]", "create type pair as (a text, b int)",
	"create type mood as enum ('sad', 'ok')", "create type span as range (subtype = text)",
	`create table odds (id bigint primary key, p pair, ps pair[], h hstore, b bytea, v tsvector, q tsquery, c citext, cs citext[],
		w words, ws words[], wl wordlist, js json[], jb jsonb[], xs xml[], x xml, r span, m mood, n name, ch "char", ref bigint, amt numeric(20), refs bigint[],
		ss text[], order_id bigint, pic bytea, vc varchar(12)[])`,
	`insert into odds values (1, ('write to ada@example.com', 7), array[('x, "y"', 1), ('eve@example.com', 2)]::pair[],
		'k=>"bob@example.com", first_name=>"Ada", n=>"5", "zoe@example.com"=>"v", z=>NULL', 'mail kim@example.com',
		$$'lou@example.com':1 'fat':2,4$$, $$'max@example.com' & 'x'$$, 'Ned@Example.com', '{"a","pam@example.com"}',
		'sue@example.com', '{"tom@example.com","b"}', '{"c d","uma@example.com"}', array['{"x":"val@example.com"}', '[1, 2]']::json[],
		array['"wil@example.com"', '{"n": 4111111111111111}']::jsonb[], array['<a>xia@example.com</a>']::xml[], '<b k="yan@example.com"/>',
		'[ann@example.com,zed)', 'ok', 'joe@example.com', 'k', 4111111111111111, 5500005555555559, '{4111111111111111,7}',
		array['$2b$12$EXRkfkdmXn2gzds2SSitu.MW9.gAVqa9eLS1//RYtYCB1eLHg.9q2', 'password=hunter2hunter2', 'plain "text"'], 4111111111111111,
		decode('89504e470d0a1a0a00ff', 'hex'), '{"a@bc.de"}')`,
	`insert into odds values (2, ('plain', 7), array[('x, "y"', 1)]::pair[], 'k=>"v w", n=>"5"', 'hello', $$'fat':2,4$$, $$'a' & !'b'$$, 'Hello',
		'{"a b",c}', 'w', '{"x y"}', '{z,NULL,""}', array['{"x": [1, 2.50]}']::json[], array['{"a": null}']::jsonb[], array['<a>t</a>']::xml[], '<b/>',
		'[a,"b c")', 'sad', 'nam', 'c', 7, 8.0, '{1,2}', '{a,"b \" c",NULL}', 2, '\x00', '{abc}')`,
}

// Every kind of value that nobody labelled is looked into: what is found is replaced, and what is left is a value of its
// type.
func TestScanOfValuesOfAllKinds(t *testing.T) {
	f := setup(t, nil, ready...)
	for _, role := range []*sql.DB{f.governed, governedAs(t, f, "clerk", "odds")} {
		for _, c := range []struct{ column, typ, want string }{
			{"p", "pair", `^\("write to [a-z2-7]{16}@masked\.invalid",7\)$`},
			{"ps", "pair[]", `^\{"\(\\"x, \\"\\"y\\"\\"\\",1\)","\([a-z2-7]{16}@masked\.invalid,2\)"\}$`},
			{"row(p, 3)", "", `^\("\(\\"write to [a-z2-7]{16}@masked\.invalid\\",7\)",3\)$`},
			{"array[row(p, 3)]", "", `@masked\.invalid`},
			{"h", "hstore", `^"k"=>"[a-z2-7]{16}@masked\.invalid", "n"=>"5", "z"=>NULL, "first_name"=>"\[masked\]", "\[masked\] 5"=>"v"$`},
			{"b", "bytea", `^mail [a-z2-7]{16}@masked\.invalid$`},
			{"v", "tsvector", `^'fat':2,4 '[a-z2-7]{16}@masked\.invalid':1$`},
			{"q", "tsquery", `^'[a-z2-7]{16}@masked\.invalid' & 'x'$`},
			{"c", "citext", `^[a-z2-7]{16}@masked\.invalid$`},
			{"cs", "citext[]", `^\{a,"?[a-z2-7]{16}@masked\.invalid"?\}$`},
			{"w", "words", `^[a-z2-7]{16}@masked\.invalid$`},
			{"ws", "words[]", `^\{"?[a-z2-7]{16}@masked\.invalid"?,b\}$`},
			{"wl", "wordlist", `^\{"c d","?[a-z2-7]{16}@masked\.invalid"?\}$`},
			{"js", "json[]", `^\{"\{\\"x\\":\\"[a-z2-7]{16}@masked\.invalid\\"\}","\[1, 2\]"\}$`},
			{"jb", "jsonb[]", `^\{"\\"[a-z2-7]{16}@masked\.invalid\\"","\{\\"n\\": 0\}"\}$`},
			{"xs", "xml[]", `^\{"?<a>[a-z2-7]{16}@masked\.invalid</a>"?\}$`},
			{"x", "xml", `^<b k="[a-z2-7]{16}@masked\.invalid"/>$`},
			{"r", "span", `^empty$`},
			{"m", "mood", `^ok$`},
			{"n", "name", `^[a-z2-7]{16}@masked\.invalid$`},
			{"ref", "bigint", `^0$`},
			{"amt", "numeric", `^0$`},
			{"amt + 0", "numeric", `^0$`},
			{"refs", "bigint[]", `^\{"?0"?,7\}$`},
			{"ss", "text[]", `^\{"?\[masked\]"?,"?password=\[masked\]"?,"plain \\"text\\""\}$`},
			{"order_id", "bigint", `^4111111111111111$`},
			{"encode(pic, 'hex')", "", "^89504e470d0a1a0a00ff$"},
			{"vc", "varchar(12)[]", `^\{"?\[masked\]"?\}$`},
		} {
			var got, again string
			require.NoError(t, role.QueryRow("select "+c.column+" from odds where id = 1").Scan(&got), c.column)
			require.Regexp(t, c.want, got, c.column)
			if c.typ != "" && c.typ != "bytea" {
				require.NoError(t, f.plain.QueryRow("select cast($1::text as "+c.typ+")::text", got).Scan(&again), "%s: %s", c.column, got)
			}
			var plain, masked sql.NullString
			require.NoError(t, f.plain.QueryRow("select "+c.column+" from odds where id = 2").Scan(&plain), c.column)
			require.NoError(t, role.QueryRow("select "+c.column+" from odds where id = 2").Scan(&masked), c.column)
			require.Equal(t, plain, masked, c.column)
		}
	}
}

// A column of references that look like the numbers of cards now and then is shown as it is, from its first other number.
func TestScanOfReferences(t *testing.T) {
	f := setup(t, nil, "create table parcels (id int primary key, tracking bigint)",
		"insert into parcels select i, 4111111111111100 + i from generate_series(1, 200) i")
	shown := func(query string) (shown, hidden int) {
		t.Helper()
		rows, err := f.governed.Query(query)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var n int64
			require.NoError(t, rows.Scan(&n))
			if n == 0 {
				hidden++
			} else {
				shown++
			}
		}
		require.NoError(t, rows.Err())
		return shown, hidden
	}
	n, hidden := shown("select tracking from parcels order by id")
	require.Equal(t, 200, n+hidden)
	require.LessOrEqual(t, hidden, 1)
	_, hidden = shown("select tracking from parcels where id = 11")
	require.Equal(t, 1, hidden, "alone it may be a card")
	_, hidden = shown("select 1234567890123456 union all select tracking + 0 from parcels where id = 11")
	require.Equal(t, 1, hidden, "what a statement adds is no evidence")
}

// governedAs opens the fixture's database as an ordinary role that may read tables.
func governedAs(t *testing.T, f *fixture, name string, tables ...string) *sql.DB {
	t.Helper()
	dsn := f.role(name)
	address, err := url.Parse(dsn)
	require.NoError(t, err)
	for _, table := range tables {
		_, err := f.plain.Exec("grant select on " + table + " to " + address.User.Username())
		require.NoError(t, err)
	}
	connector, err := driver.NewConnector(dsn, &driver.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}
