// Command builtin writes down what PostgreSQL itself brings: the relations and functions of pg_catalog and
// information_schema. It boots a private server and reads its catalogs; package internal/builtin embeds the result.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/governedsql/governed/internal/pgtest"
)

// Each query gives one line a row, its fields between tabs, the elements of a list between bars.
var queries = []string{
	`select concat_ws(E'\t', 'V', current_setting('server_version_num'))`,

	`select concat_ws(E'\t', 'R', n.nspname, c.relname, c.oid, c.relkind)
	   || (select string_agg(concat(E'\t', a.attname, '|', a.attnum, '|', format_type(a.atttypid, a.atttypmod), '|', a.atttypid), '' order by a.attnum)
	       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
	 from pg_class c join pg_namespace n on n.oid = c.relnamespace
	 where n.nspname in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'v', 'm')
	 order by n.nspname, c.relname`,

	`select concat_ws(E'\t', 'F', n.nspname, p.proname, p.oid, p.prokind, p.proretset, p.provolatile, p.prosecdef,
	          has_function_privilege('public', p.oid, 'execute'), l.lanname, p.pronargdefaults, p.provariadic <> 0,
	          format_type(p.prorettype, null),
	          coalesce((select rn.nspname || '|' || rc.relname from pg_type t join pg_class rc on rc.oid = t.typrelid
	                    join pg_namespace rn on rn.oid = rc.relnamespace where t.oid = p.prorettype), ''),
	          coalesce((select string_agg(format_type(x, null), '|' order by i)
	                    from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as u(x, i)), ''),
	          coalesce(array_to_string(p.proargmodes, '|'), ''),
	          coalesce(array_to_string(p.proargnames, '|'), ''))
	 from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
	 where n.nspname in ('pg_catalog', 'information_schema')
	 order by n.nspname, p.proname, p.oid`,
}

func main() {
	out := flag.String("out", "builtin.tsv.gz", "the file to write")
	flag.Parse()
	if err := run(context.Background(), *out); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out string) error {
	server, err := pgtest.Start(ctx)
	if err != nil {
		return err
	}
	defer server.Close()
	conn, err := pgx.Connect(ctx, server.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	for _, q := range queries {
		if err := dump(ctx, conn, q, z); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}

// dump writes the rows of a query.
func dump(ctx context.Context, conn *pgx.Conn, query string, z *gzip.Writer) error {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, line := range lines {
		fmt.Fprintln(z, line)
	}
	return nil
}
