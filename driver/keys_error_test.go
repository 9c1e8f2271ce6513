package driver_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// An error quotes no part of a document: not the key of an index over a member, not the row that failed, not a text that
// could not be cast. The name of the constraint, and the code, stay.
func TestErrorsOfDocuments(t *testing.T) {
	f := setup(t, nil, "create table many (id int primary key, kind text not null, payload jsonb, raw text)",
		`insert into many select i, 'k', jsonb_build_object('a', repeat('x', 20), 'ssn', 'qjx4w7kvb' || i), '{"status": "on", "password": "hunter2wk"}' from generate_series(1, 5) i`,
		"create unique index many_ssn on many ((payload->>'ssn'))", "create table referring (d jsonb)",
		"create table unique_doc (payload jsonb unique)", `insert into unique_doc values ('{"p": 1, "ssn": "qjx4w7kvb"}')`)
	for _, c := range []struct{ text, code, constraint string }{
		{"insert into many select 3000, 'k', payload, raw from many where id = 1", "23505", "many_ssn"},
		{"update many set payload = (select payload from many where id = 5) where id = 4", "23505", "many_ssn"},
		{"insert into many select 30, null, payload, raw from many where id = 1", "23502", ""},
		{"insert into unique_doc select * from unique_doc", "23505", "unique_doc_payload_key"},
		{"select raw::int from many", "22P02", ""},
		{"select raw::numeric from many", "22P02", ""},
		{"create index on many (((payload->>'ssn')::int))", "22P02", ""},
	} {
		for _, db := range []string{"plain", "governed"} {
			on := f.plain
			if db == "governed" {
				on = f.governed
			}
			_, err := on.Exec(c.text)
			var e *pgconn.PgError
			if db == "governed" && c.code == "22P02" && !errors.As(err, &e) {
				continue // DDL is refused in standard
			}
			require.ErrorAs(t, err, &e, c.text)
			require.Equal(t, c.code, e.Code, c.text)
			all := fmt.Sprintf("%+v %v", *e, err)
			if db == "plain" {
				require.Regexp(t, "qjx4w7kvb|hunter2", all, c.text)
				continue
			}
			require.NotRegexp(t, "qjx4w7kvb|hunter2", all, c.text)
			require.Equal(t, c.constraint, e.ConstraintName, c.text)
		}
	}
}
