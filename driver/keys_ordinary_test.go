package driver_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is asked about a member, and carries nothing of what is in it, comes back right: whether it is there, how many have
// it, of which type it is.
func TestQuestionsAboutMembers(t *testing.T) {
	f := setup(t, nil, "create table files (id int primary key, d jsonb, j json)",
		`insert into files values
			(1, '{"ssn": "s1x2y3z4", "note": "plain", "n": 7, "emails": ["a@b.example", "c@d.example"]}', '{"ssn": "s1x2y3z4"}'),
			(2, '{"note": "other"}', '{}'), (3, null, null)`)
	for _, text := range []string{
		"select count(d->>'ssn') from files",
		"select count(d->'ssn') from files",
		"select count(j->>'ssn') from files",
		"select (d->>'ssn') is null from files order by id",
		"select (d->'ssn') is not null from files order by id",
		"select (d #>> '{ssn}') is null from files order by id",
		"select count(*) filter (where d->>'ssn' is not null) from files",
		"select case when d->>'ssn' is null then 'no' else 'yes' end from files order by id",
		"select bool_or(d->>'ssn' is not null) from files",
		"select jsonb_typeof(d->'ssn') from files order by id",
		"select id from files where d->>'ssn' is not null",
		"select d ? 'ssn' from files order by id",
		"select d ?| array['ssn', 'email'] from files order by id",
		"select d ?& array['ssn', 'email'] from files order by id",
		"select jsonb_exists(d, 'ssn') from files order by id",
		"select count(*) filter (where d ? 'ssn') from files",
		"select bool_or(d ? 'ssn') from files",
		"select exists (select from files where d->>'ssn' is not null)",
		"select d->>'note', (d->>'n')::int from files order by id",
		"select d - 'ssn' - 'emails' from files order by id",
		"select coalesce(d->>'note', 'none') from files order by id",
	} {
		require.Equal(t, printedRows(fetch(t, f.plain, text, nil)), printedRows(fetch(t, f.governed, text, nil)), text)
	}
}

func printedRows(rows [][]any) (out []string) {
	for _, row := range rows {
		for i, v := range row {
			if b, ok := v.([]byte); ok {
				row[i] = string(b)
			}
		}
		out = append(out, fmt.Sprint(row...))
	}
	return out
}
