package driver_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
)

// nd is a table of documents that nobody labelled, with members whose keys say what they are.
var nd = []string{
	"create table nd (id int primary key, profile jsonb, js json, title text, other text)",
	`insert into nd values (1, '{"n": 1, "phone": "+49 30 1234567", "salary": 5000, "latitude": 52.5, "vip": {"diagnosis": ["x", 5]}, "user": {"diagnosis": "flu", "hiv_positive": true}}',
		'{"phone": "+49 30 1234567", "salary": 5000}', 't', 'salary'), (2, '{"n": 2}', '{"n": 2}', 't', 'n')`,
}

func profileOf(t *testing.T, db *sql.DB) string {
	t.Helper()
	return fmt.Sprint(table(t, db, "select profile::text, js::text from nd where id = 1"))
}

// A text that was taken out of a document comes back as the token, which is refused wherever it goes.
func TestTextsOfMembersAreTokens(t *testing.T) {
	f := setup(t, nil, nd...)
	before := profileOf(t, f.plain)
	for _, read := range []string{
		"profile->'phone'", "profile['phone']", "profile#>'{phone}'", "jsonb_path_query_first(profile, '$.phone')", "jsonb_extract_path(profile, 'phone')", "js->'phone'",
		"js#>'{phone}'", "profile->'user'->'diagnosis'",
	} {
		var got []byte
		require.NoError(t, f.governed.QueryRow("select "+read+" from nd where id = 1").Scan(&got), read)
		require.JSONEq(t, `"[masked]"`, string(got), read)
		for _, write := range []string{
			"profile = jsonb_set(profile, '{phone}', $1)", "profile = jsonb_set_lax(profile, '{phone}', $1)", "profile['phone'] = $1",
			"profile = jsonb_set(profile, '{user,diagnosis}', $1)", "profile['user']['diagnosis'] = $1", "profile = profile || jsonb_build_object('phone', $1::jsonb)",
			"js = json_build_object('phone', $1::json)", "profile = $1",
		} {
			_, err := f.governed.Exec("update nd set "+write+" where id = 1", got)
			masked(t, err, "%s %s", read, write)
		}
	}
	require.Equal(t, before, profileOf(t, f.plain))
	// Nothing else was hidden: a program may well say that there is no telephone.
	_, err := f.governed.Exec(`update nd set profile = jsonb_set(profile, '{phone}', 'null') where id = 2`)
	require.NoError(t, err)
}

// What else a member was shown as is refused where it would become that member, in whatever way.
func TestBlanksOfMembersAreNotWritten(t *testing.T) {
	for name, c := range map[string]struct {
		reads []string
		key   string
		kind  string // of the blank
	}{
		"number alone":          {[]string{"profile->'salary'"}, "salary", "null"},
		"by brackets":           {[]string{"profile['salary']"}, "salary", "null"},
		"by a path":             {[]string{"profile#>'{salary}'"}, "salary", "null"},
		"by an SQL path":        {[]string{"jsonb_path_query_first(profile, '$.salary')"}, "salary", "null"},
		"of json":               {[]string{"to_json(profile)->'salary'"}, "salary", "null"},
		"cast":                  {[]string{"(profile->>'salary')::numeric"}, "salary", "0"},
		"cast to a number":      {[]string{"(profile->'salary')::int"}, "salary", "0"},
		"in the document":       {[]string{"profile"}, "salary", "0"},
		"location, in it":       {[]string{"profile"}, "latitude", "0"},
		"boolean, in it":        {[]string{"profile->'user'", "profile"}, "hiv_positive", "null"},
		"by a key of a column":  {[]string{"profile->other"}, "salary", "0"},
		"with the keys beside":  {[]string{"(select value from jsonb_each(profile) where key = 'salary')"}, "salary", "0"},
		"an object":             {[]string{"profile->'vip'->'diagnosis'"}, "diagnosis", "null"},
		"key as argument":       {[]string{"profile->$1::text"}, "salary", "null"},
		"json in the documents": {[]string{"js"}, "salary", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			f := setup(t, nil, nd...)
			target := "profile"
			if name == "json in the documents" {
				target = "js"
			}
			before := profileOf(t, f.plain)
			for _, read := range c.reads {
				var args []any
				if strings.Contains(read, "$1") {
					args = append(args, c.key)
				}
				_ = fetch(t, f.governed, "select "+read+" from nd where id = 1", args)
			}
			attempts(t, f, target, c.key, c.kind, true)
			require.Equal(t, before, profileOf(t, f.plain))
			if c.kind == "null" && target == "profile" && !strings.Contains(name, "in it") {
				_, err := f.governed.Exec("update nd set profile = $1 where id = 1", "null")
				masked(t, err)
			}
			_, err := f.governed.Exec("update nd set profile = null where id = 2")
			require.NoError(t, err)
			attempts(t, f, target, "other", c.kind, name == "by a key of a column" || name == "with the keys beside")
			attempts(t, f, target, c.key, "17", false)
		})
	}
	t.Run("nothing was shown", func(t *testing.T) {
		f := setup(t, nil, nd...)
		for _, kind := range []string{"null", "0"} {
			attempts(t, f, "profile", "salary", kind, false)
			attempts(t, f, "profile", "phone", kind, false)
		}
	})
}

// attempts writes a value below a key in all spellings.
func attempts(t *testing.T, f *fixture, target, key, value string, refused bool) {
	t.Helper()
	check := func(text string, args ...any) {
		t.Helper()
		tx, err := f.governed.Begin()
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		_, err = tx.Exec(text, args...)
		var denied *guard.DeniedError
		assert.Equal(t, refused, errors.As(err, &denied) && denied.Rule == "DM16", "%s %v %v", text, args, err)
		if !refused {
			assert.NoError(t, err, "%s %v", text, args)
		}
	}
	if target == "js" {
		check("update nd set js = $1 where id = 1", fmt.Sprintf(`{"phone": "x", %q: %s}`, key, value))
		check("update nd set js = json_build_object($2::text, $1::json) where id = 1", value, key)
		check("update nd set js = json_build_object('" + key + "', '" + value + "'::json) where id = 1")
		return
	}
	for _, set := range []string{
		"jsonb_set(profile, '{" + key + "}', %s)", "jsonb_set_lax(profile, array['" + key + "'], %s)", "jsonb_insert(profile - '" + key + "', '{" + key + "}', %s)",
		"profile || jsonb_build_object('" + key + "', %s)", "jsonb_set(profile, '{x}', jsonb_build_object('" + key + "', %s))",
	} {
		check("update nd set profile = "+fmt.Sprintf(set, "$1::jsonb")+" where id = 1", value)
		check("update nd set profile = "+fmt.Sprintf(set, "$1::jsonb")+" where id = 1", []byte(value))
		check("update nd set profile = " + fmt.Sprintf(set, "'"+value+"'::jsonb") + " where id = 1")
		check("update nd set profile = "+fmt.Sprintf(set, "v")+" from (values ($1::jsonb)) s(v) where id = 1", value)
		if value != "null" {
			check("update nd set profile = " + fmt.Sprintf(set, "to_jsonb("+value+")") + " where id = 1")
			check("update nd set profile = "+fmt.Sprintf(set, "to_jsonb($1::int)")+" where id = 1", map[string]int{"0": 0, "17": 17}[value])
		} else {
			check("update nd set profile = "+fmt.Sprintf(set, "coalesce(to_jsonb($1::int), 'null')")+" where id = 1", nil)
		}
	}
	check("update nd set profile['"+key+"'] = $1 where id = 1", value)
	check("update nd set profile['" + key + "'] = '" + value + "' where id = 1")
	check("update nd set profile[$2] = $1 where id = 1", value, key)
	check("update nd set profile = jsonb_set(profile, $2::text[], $1) where id = 1", value, []string{key})
	check("update nd set profile = jsonb_set(profile, $2::text[], $1) where id = 1", value, "{"+key+"}")
	check("update nd set profile = jsonb_set(profile, array[$2], $1) where id = 1", value, key)
	document := fmt.Sprintf(`{"n": 1, %q: %s}`, key, value)
	check("update nd set profile = profile || $1 where id = 1", document)
	check("update nd set profile = profile || '" + document + "' where id = 1")
	check("update nd set profile = $1 where id = 1", document)
	check("update nd set profile = $1 where id = 1", []byte(document))
	check("update nd set profile = $1 where id = 1", map[string]any{"n": 1, key: map[string]any{"null": nil, "0": 0, "17": 17}[value]})
	check("insert into nd (id, profile) values (1, $1) on conflict (id) do update set profile = excluded.profile", document)
	check("insert into nd (id, profile) values (1, $1) on conflict (id) do update set profile = nd.profile || excluded.profile", document)
}

// A document that is masked as a whole, because somebody labelled it, is one too, and so is one that a view shows.
func TestBlanksOfMembersElsewhere(t *testing.T) {
	for name, c := range map[string]struct{ setup, read, table string }{
		"read through a view":   {"create view ndv as select id, profile from nd", "select profile from ndv where id = 1", "nd"},
		"stored through a view": {"create view ndv as select id, profile from nd", "select profile from ndv where id = 1", "ndv"},
		"a member through one":  {"create view ndv as select id, profile from nd", "select (profile->'salary')::int from ndv where id = 1", "ndv"},
	} {
		t.Run(name, func(t *testing.T) {
			f := setup(t, nil, append(nd, c.setup)...)
			before := profileOf(t, f.plain)
			_ = fetch(t, f.governed, c.read, nil)
			for _, set := range []string{"jsonb_set(profile, '{salary}', $1)", "profile || jsonb_build_object('salary', $1::jsonb)"} {
				_, err := f.governed.Exec("update "+c.table+" set profile = "+set+" where id = 1", "0")
				masked(t, err, set)
			}
			require.Equal(t, before, profileOf(t, f.plain))
			_, err := f.governed.Exec("update "+c.table+" set profile = jsonb_set(profile, '{salary}', $1) where id = 1", "6000")
			require.NoError(t, err)
			_, err = f.governed.Exec("update " + c.table + " set profile = jsonb_set(profile, '{count}', '0') where id = 1")
			require.NoError(t, err)
		})
	}
	f := setup(t, nil, append(nd, "comment on column nd.profile is '[governed: address]'")...)
	before := profileOf(t, f.plain)
	_, err := f.governed.Exec("update nd set profile = $1 where id = 2", `{"n": null, "salary": 0}`)
	require.NoError(t, err, "nothing was shown")
	_ = fetch(t, f.governed, "select profile->'n' from nd where id = 1", nil)
	_, err = f.governed.Exec("update nd set profile = $1 where id = 1", `{"n": null, "salary": 5}`)
	masked(t, err, "alone")
	_, err = f.governed.Exec("update nd set profile = $1 where id = 2", `{"n": 2, "salary": 0}`)
	require.NoError(t, err, "another member")
	_ = fetch(t, f.governed, "select profile from nd where id = 1", nil)
	_, err = f.governed.Exec("update nd set profile = $1 where id = 1", `{"n": 2, "salary": 0}`)
	masked(t, err, "in the document")
	_, err = f.governed.Exec("update nd set profile = $1 where id = 2", `{"n": 2, "salary": 5, "count": 0}`)
	require.NoError(t, err, "other values")
	require.Equal(t, before, profileOf(t, f.plain))
}

// A stream would store a member that stood alone as nothing, and a new row is one as well.
func TestBlanksOfMembersInNewRows(t *testing.T) {
	f := setup(t, nil, nd...)
	copied := func(document string) error {
		_, err := f.governed.Exec("copy nd (id, profile) from stdin (format csv, quote '''')", driver.CopyFrom(strings.NewReader("7,'"+document+"'\n")))
		return err
	}
	require.NoError(t, copied(`{"salary": null, "n": 1}`), "nothing was shown")
	_ = fetch(t, f.governed, "select profile->'salary' from nd where id = 1", nil)
	masked(t, copied(`{"salary": null, "n": 1}`))
	_, err := f.governed.Exec("insert into nd (id, profile) values (8, $1)", `{"salary": null}`)
	masked(t, err)
	for i, document := range []string{`{"salary": 5}`, `{"n": null}`, `{"salary": 0}`} {
		_, err := f.governed.Exec("insert into nd (id, profile) values ($2, $1)", document, 20+i)
		require.NoError(t, err, document)
	}
	require.Equal(t, 1, f.count("select count(*) from nd where id = 7"))
}

// clients have columns that are masked as a whole.
var clients = []string{
	`create table clients (id int primary key, phone text, birth_date date, born timestamptz, salary numeric, latitude float8, iban text, card_number text, ip inet,
		bonus int, balance money, emails text[], tags int[])`,
	`comment on column clients.born is '[governed: birth_date]'`,
	`insert into clients values (1, '+49 30 1231346', '1973-05-06', '1973-05-06 11:00Z', 5000.50, 52.5, 'DE89370400440532013000', '4111 1111 1111 1111', '203.0.113.7', 7, '$5.00', '{a@b.c}', '{5}')`,
}

// COPY FROM stores nothing that INSERT refuses, in any format.
func TestShownValuesInCopy(t *testing.T) {
	columns := []string{"phone", "birth_date", "born", "salary", "latitude", "iban", "card_number", "ip"}
	f := setup(t, nil, clients...)
	before := table(t, f.plain, "select * from clients")
	row := fetch(t, f.governed, "select "+strings.Join(columns, ", ")+" from clients where id = 1", nil)[0]
	open(t, "pgx", f.dsn)
	for i, column := range columns {
		text := printed(row[i])
		if at, ok := row[i].(time.Time); ok {
			text = at.Format(time.DateOnly)
		}
		_, err := f.governed.Exec("insert into clients (id, "+column+") values (9, $1)", row[i])
		masked(t, err, column)
		for _, c := range []struct{ options, data string }{
			{"", "9\t" + text + "\n"},
			{"", "9\t" + text},
			{"(format csv)", "9,\"" + text + "\"\r\n"},
			{"(delimiter '|')", "8|\\N\n9|" + text + "\n"},
			{"(format csv, header)", "id,x\n9," + text},
		} {
			_, err := f.governed.Exec("copy clients (id, "+column+") from stdin "+c.options, driver.CopyFrom(strings.NewReader(c.data)))
			masked(t, err, "%s %s %q", column, c.options, c.data)
		}
		_, err = f.governed.Exec("copy clients (id, "+column+") from stdin (format binary)", driver.CopyFrom(binaryCopy(t, f, column, text)))
		masked(t, err, "%s binary", column)
	}
	require.Equal(t, before, table(t, f.plain, "select * from clients"))
	// Other values of the same columns pass.
	fine := []string{"+49 30 9999", "1973-05-06", "1973-01-01 12:00Z", "5000", "51.5", "DE02120300000000202051", "5555 5555 5555 4444", "203.0.113.9"}
	_, err := f.governed.Exec("copy clients (id, "+strings.Join(columns, ", ")+") from stdin", driver.CopyFrom(strings.NewReader(
		"20\t"+strings.Join(fine, "\t")+"\n21"+strings.Repeat("\t\\N", len(columns))+"\n")))
	require.NoError(t, err)
	for i, column := range columns {
		_, err := f.governed.Exec("copy clients (id, "+column+") from stdin (format binary)", driver.CopyFrom(binaryCopy(t, f, column, fine[i], 30+i)))
		require.NoError(t, err, column)
	}
	require.Equal(t, 1, f.count("select count(*) from clients where id = 20 and salary = 5000 and latitude = 51.5 and ip = '203.0.113.9'"))
}

// binaryCopy is a stream in the binary format as the server writes it for a row with one value.
func binaryCopy(t *testing.T, f *fixture, column, text string, id ...int) *bytes.Buffer {
	t.Helper()
	n := 9
	if id != nil {
		n = id[0]
	}
	types := map[string]string{"birth_date": "date", "born": "timestamptz", "salary": "numeric", "latitude": "float8", "ip": "inet"}
	typ, ok := types[column]
	if !ok {
		typ = "text"
	}
	other := f.open(nil)
	var out bytes.Buffer
	_, err := other.Exec(fmt.Sprintf("copy (select %d, '%s'::%s) to stdout (format binary)", n, text, typ), driver.CopyTo(&out))
	require.NoError(t, err)
	return &out
}

// Nothing that was never shown is refused.
func TestCopyOfWhatWasNotShown(t *testing.T) {
	f := setup(t, nil, clients...)
	_, err := f.governed.Exec("copy clients (id, birth_date, salary, latitude, ip) from stdin", driver.CopyFrom(strings.NewReader("9\t1973-01-01\t0\t0\t203.0.113.0\n")))
	require.NoError(t, err)
}

// A value is refused in whatever notation and through whatever function that only repeats it.
func TestShownValuesInOtherNotations(t *testing.T) {
	f := setup(t, nil, append(clients, "create extension hstore")...)
	row := fetch(t, f.governed, "select phone, birth_date, born, salary, latitude, ip from clients where id = 1", nil)[0]
	before := table(t, f.plain, "select * from clients")
	phone := row[0].(string)
	for _, c := range []struct {
		set     string
		refused [][]any
		fine    [][]any
	}{
		{"phone = (xpath('/a/text()', $1::xml))[1]::text", [][]any{{"<a>" + phone + "</a>"}}, [][]any{{"<a>+49 30 5</a>"}, {"<a>5 &lt; *</a>"}}},
		{"phone = ($1::text)::hstore->'k'", [][]any{{`"k"=>"` + phone + `"`}, {`"a"=>NULL, "k"=>"` + phone + `"`}}, [][]any{{`"k"=>"+49 30 5"`}}},
		{"phone = $1::jsonb->>0", [][]any{{`["` + phone + `"]`}}, [][]any{{`["+49 30 5"]`}}},
		{
			"birth_date = $1",
			[][]any{
				{"Jan 1 1973"},
				{"January 1, 1973"},
				{"1 Jan 1973"},
				{"1973-001"},
				{"1973001"},
				{"19730101"},
				{"1973-Jan-01"},
				{"Mon Jan 01 1973"},
				{"1973-01-01 12:30"},
				{time.Date(1973, 1, 1, 12, 30, 0, 0, time.UTC)},
				{"1973-01-01T23:59:59.5+02"},
				{pgtype.Date{Time: time.Date(1973, 1, 1, 0, 0, 0, 0, time.UTC), Valid: true}},
			},
			[][]any{{"Jan 2 1973"}, {"1973-002"}, {"Feb 1 1973"}, {"Jan 1 1974"}, {time.Date(1973, 1, 2, 12, 30, 0, 0, time.UTC)}, {nil}},
		},
		{"born = $1", [][]any{{"Jan 1 1973"}, {"1973-01-01 00:00Z"}}, [][]any{{"Jan 1 1973 12:30"}, {time.Date(1973, 1, 1, 12, 30, 0, 0, time.UTC)}}},
		{"birth_date = make_date(1973, 1, 1)", [][]any{nil}, nil},
		{"birth_date = make_date($1, $2, 1)", [][]any{{1973, 1}}, [][]any{{1973, 2}, {1974, 1}}},
		{"birth_date = make_date(1973, 1, 2)", nil, [][]any{nil}},
		{"birth_date = to_date('1973', 'YYYY')", [][]any{nil}, nil},
		{"birth_date = to_date($1, 'YYYY')", [][]any{{"1973"}}, [][]any{{"1974"}}},
		{"birth_date = '1973-001'", [][]any{nil}, nil},
		{"birth_date = timestamp '1973-01-01'", [][]any{nil}, nil},
		{"birth_date = timestamp '1973-01-02'", nil, [][]any{nil}},
		{"latitude = '-0'", [][]any{nil}, nil},
		{"latitude = '0e0'", [][]any{nil}, nil},
		{"latitude = '51.50'", nil, [][]any{nil}},
		{"salary = '+0.00'", [][]any{nil}, nil},
	} {
		check := func(args []any, refused bool) {
			tx, err := f.governed.Begin()
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }()
			_, err = tx.Exec("update clients set "+c.set+" where id = 1", args...)
			var denied *guard.DeniedError
			assert.Equal(t, refused, errors.As(err, &denied) && denied.Rule == "DM16", "%s %v %v", c.set, args, err)
			if !refused {
				assert.NoError(t, err, "%s %v", c.set, args)
			}
		}
		for _, args := range c.refused {
			check(args, true)
		}
		for _, args := range c.fine {
			check(args, false)
		}
	}
	require.Equal(t, before, table(t, f.plain, "select * from clients"))
}
