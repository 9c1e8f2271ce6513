package mask

import (
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the server under test

	"github.com/governedsql/governed/internal/pgtest"
)

// What stands in place of a value is a value of the same type: PostgreSQL itself reads it.
func TestServerReadsWhatMasksPutOut(t *testing.T) {
	db, err := sql.Open("pgx", pgtest.New(t))
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.Query(`select oid::int8, format_type(oid, null), typcategory::text from pg_type
		where oid < 10000 and typtype in ('b', 'r', 'm') and typname not in ('pg_node_tree', 'pg_mcv_list', 'pg_dependencies', 'pg_ndistinct',
		'pg_brin_bloom_summary', 'pg_brin_minmax_multi_summary')`)
	require.NoError(t, err)
	defer rows.Close()
	type row struct {
		oid            uint32
		name, category string
	}
	var all []row
	for rows.Next() {
		var r row
		require.NoError(t, rows.Scan(&r.oid, &r.name, &r.category))
		all = append(all, r)
	}
	require.NoError(t, rows.Err())
	require.Greater(t, len(all), 100)

	m := newMasker(t)
	for _, r := range all {
		for _, c := range []Column{{Treatment: Redact, Class: "name"}, {Treatment: Redact, Class: "name", derived: true}} {
			f := Field{TypeOID: r.oid, TypeMod: -1}
			shape := shapeOf(f, "")
			if r.category == "A" {
				assert.NotEqual(t, formNull, shape.form, "an array without a mask: %d %s", r.oid, r.name)
			}
			out := m.Func(c, f)(sampleOf(shape.form))
			if b, ok := out.([]byte); ok && shape.form != formBytes {
				out = string(b)
			}
			if out == nil || shape.form == formBytes {
				continue
			}
			_, err := db.Exec("select $1::"+r.name, out)
			assert.NoError(t, err, "%s: %v", r.name, out)
		}
	}
}

// sampleOf is a value as the driver gives it.
func sampleOf(f form) driver.Value {
	switch f {
	case formInt:
		return int64(1)
	case formFloat:
		return 1.5
	case formTime:
		return day(1990, 5, 6)
	case formJSON:
		return []byte(`{"name": "Ada"}`)
	case formBytes, formXML:
		return []byte("<a/>")
	case formTextArray:
		return "{Ada,NULL}"
	}
	return "1"
}

func TestServerReadsKeptParts(t *testing.T) {
	db, err := sql.Open("pgx", pgtest.New(t, "create table t (a inet, b cidr, c macaddr, d macaddr8, e date, f numeric, g uuid, h text[], i varchar(12), j char(12))"))
	require.NoError(t, err)
	defer db.Close()
	m := newMasker(t)
	for _, c := range []struct {
		column    string
		treatment string
		oid       uint32
		mod       int32
		in        driver.Value
	}{
		{"a", Subnet, 869, -1, "10.1.2.3"},
		{"a", Subnet, 869, -1, "10.1.2.3/8"},
		{"a", Subnet, 869, -1, "2001:db8::5/64"},
		{"a", Subnet, 869, -1, "::ffff:1.2.3.4"},
		{"b", Subnet, 650, -1, "10.1.2.128/25"},
		{"b", Subnet, 650, -1, "2001:db8:1:2::/64"},
		{"b", Subnet, 650, -1, "0.0.0.0/0"},
		{"c", Subnet, 829, -1, "08:00:2b:01:02:03"},
		{"d", Subnet, 774, -1, "08:00:2b:01:02:03:04:05"},
		{"e", Year, 1082, -1, day(1990, 5, 6)},
		{"e", Year, 1082, -1, "infinity"},
		{"f", Partial, 1700, -1, "4930123456789"},
		{"g", Redact, 2950, -1, "6a4b9c1e-2f2d-4c79-9f0e-0c8f3c1f7a11"},
		{"h", Pseudonym, 1009, -1, `{{a,"b c"},{"d\"e",NULL}}`},
		{"h", Redact, 1009, -1, `[5:6]={a,b}`},
		{"h", Partial, 1009, -1, `{030123456789,x}`},
		{"i", Pseudonym, 1043, 4 + 12, "ada@example.com"},
		{"i", Redact, 1043, 4 + 12, "Ada"},
		{"j", Redact, 1042, 4 + 12, "Ada         "},
	} {
		out := m.Func(Column{Treatment: c.treatment, Class: "email"}, Field{TypeOID: c.oid, TypeMod: c.mod})(c.in)
		_, err := db.Exec("insert into t ("+c.column+") values ($1)", out)
		assert.NoError(t, err, "%s: %v", c.column, out)
	}
}
