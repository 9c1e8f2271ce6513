package guard

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// catalogueIDs are the rules that the guard ships with, by the number of each family.
const catalogueIDs = `
	TX01 TX02 TX03 TX04 TX05 TX06 TX07 TX08 TX09 TX10
	DM01 DM02 DM03 DM04 DM05 DM06 DM07 DM08 DM09 DM10 DM11 DM12 DM13 DM14 DM15 DM16
	DD01 DD02 DD03 DD04 DD05 DD06 DD07 DD08 DD09 DD10 DD11 DD12 DD13 DD14 DD15 DD16 DD17 DD18 DD19 DD20 DD21 DD22 DD23 DD24 DD25 DD26
	DD27 DD28 DD29 DD30 DD31
	IO01 IO02 IO03 IO04 IO05 IO06 IO07 IO08 IO09 IO10 IO11 IO12 IO13 IO14 IO15
	PR01 PR02 PR03 PR04 PR05 PR06 PR07 PR08 PR09 PR10 PR11 PR12 PR13 PR14 PR15 PR16 PR17
	RD01 RD02 RD03 RD04 RD05 RD06 RD07 RD08 RD09 RD10 RD11 RD12 RD13 RD14 RD15 RD16 RD17 RD18`

// enforcedElsewhere are the entries without a match: the parser, the driver and the masks enforce them.
var enforcedElsewhere = wordSet("TX01", "TX05", "TX06", "DM07", "DM13", "DM16", "IO16", "RD04", "RD10", "RD11", "RD12", "RD16")

func TestCatalogueIsComplete(t *testing.T) {
	want := strings.Fields(catalogueIDs)
	require.Len(t, want, 107)
	seen := map[string]bool{}
	for _, r := range Rules() {
		require.Falsef(t, seen[r.ID], "%s stands twice", r.ID)
		seen[r.ID] = true
		require.NotEmpty(t, r.Title, r.ID)
		require.NotEmpty(t, r.Why, r.ID)
		require.Containsf(t, "BAW", r.Severity.String(), r.ID)
		if slices.Contains(want, r.ID) || r.ID == "IO16" {
			require.Equalf(t, enforcedElsewhere[r.ID], r.match == nil, "%s", r.ID)
		}
	}
	for _, id := range want {
		require.Truef(t, seen[id], "%s is missing", id)
	}
}

// verdictOf decides a text under a policy made for the test.
func verdictOf(t *testing.T, c Config, sql string, in Input) Verdict {
	t.Helper()
	p, err := NewPolicy(c)
	require.NoError(t, err)
	list, err := lineage.AnalyzeText(sql, shop())
	require.NoError(t, err, sql)
	require.Len(t, list, 1, sql)
	in.Caller = VerifiedCaller
	return p.Decide(list[0], in)
}

func hasRule(v Verdict, id string) bool { return slices.Contains(strings.Split(rules(v), ","), id) }

func TestTenants(t *testing.T) {
	c := Config{Tenants: map[lineage.Name]string{public("t"): "u_id"}}
	for _, sql := range []string{
		"DELETE FROM t WHERE id = $1", "UPDATE t SET a = 'x' WHERE id = $1 AND (u_id = $2 OR a = 'y')", "UPDATE t SET a = 'x' WHERE u_id <> $1",
		"UPDATE t SET a = 'x' WHERE u_id > $1 AND id = 1", "DELETE FROM t USING u WHERE t.u_id = u.u_id AND u.a = 'x'",
		"DELETE FROM public.\"t\" WHERE U&\"\\0069d\" = 1", "INSERT INTO t (id, a) VALUES ($1, $2)", "INSERT INTO t DEFAULT VALUES", "INSERT INTO t VALUES (1)",
		"WITH d AS (DELETE FROM t WHERE id = $1 RETURNING id) SELECT id FROM d", "COPY t (id, a) FROM STDIN", "DELETE FROM v WHERE id = $1",
		"MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.gone = 'x' THEN DELETE", "SELECT purge_later()", "DO $$BEGIN DELETE FROM t WHERE id = 1; END$$",
		"MERGE INTO t USING s ON t.id = s.id AND t.u_id = $1 WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)", "EXPLAIN ANALYZE DELETE FROM t WHERE id = 1",
		"INSERT INTO t (id, u_id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET u_id = excluded.u_id", "DELETE FROM t WHERE u_id = random()::text AND id = 1",
		"UPDATE t SET a = 'x' WHERE u_id = t.u_id AND id = 1", "DELETE FROM t WHERE u_id = (SELECT u_id FROM u WHERE id = 1) AND id = 4",
		"INSERT INTO t (id, u_id, a) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET a = excluded.a", "INSERT INTO t (id, u_id) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT t_pkey DO UPDATE SET a = 'x'",
		"INSERT INTO t (id, u_id) VALUES (1, $2) ON CONFLICT (id) DO UPDATE SET a = 'x' WHERE excluded.u_id = 'y'", "INSERT INTO t (id, u_id) VALUES (1, $2) ON CONFLICT (id) DO UPDATE SET a = 'x' WHERE excluded.u_id = $2",
		"INSERT INTO t (id, u_id) VALUES (1, $2) ON CONFLICT (id) DO UPDATE SET a = 'x' WHERE t.u_id <> excluded.u_id", "INSERT INTO t (id, u_id) VALUES (1, $2) ON CONFLICT (id) DO UPDATE SET a = 'x' WHERE t.u_id = excluded.a",
		"INSERT INTO t (id, u_id) VALUES (1, $2) ON CONFLICT (id) DO UPDATE SET a = 'x' WHERE t.u_id = excluded.u_id OR t.id = 1", "INSERT INTO t (id, u_id) VALUES (1, $2) ON CONFLICT (id) DO UPDATE SET u_id = 'y' WHERE t.u_id = $2",
		"INSERT INTO t (id, u_id) VALUES (1, $2) ON CONFLICT (u_id, id) DO UPDATE SET u_id = 'y'", "INSERT INTO t (id, u_id) VALUES (1, $2) ON CONFLICT (id) DO UPDATE SET u_id = excluded.u_id WHERE t.u_id = $3",
		"INSERT INTO t (id, u_id) VALUES (1, $2) ON CONFLICT (lower(u_id), id) DO UPDATE SET a = 'x'",
		"UPDATE t SET u_id = 'y' WHERE u_id = 'x'", "UPDATE t SET u_id = $2 WHERE u_id = $1 AND id = 1", "UPDATE t SET u_id = $1 || 'x' WHERE u_id = $1 AND id = 1", "UPDATE t SET u_id = $1 WHERE u_id IN ($1, $2) AND id = 1",
		"UPDATE t SET (a, u_id) = ROW ('x', 'y') WHERE u_id = $1", "UPDATE t SET u_id = NULL WHERE u_id = $1", "UPDATE t SET u_id = DEFAULT WHERE u_id = $1", "UPDATE t SET u_id = u.a FROM u WHERE t.u_id = $1 AND u.id = t.id",
		"MERGE INTO t USING s ON t.id = s.id AND t.u_id = $1 WHEN MATCHED THEN UPDATE SET u_id = 'y'", "MERGE INTO t USING s ON t.id = s.id AND t.u_id = $1 WHEN NOT MATCHED BY SOURCE THEN DELETE",
	} {
		v := verdictOf(t, c, sql, Input{})
		require.Truef(t, hasRule(v, "DM08"), "%s: %s", sql, rules(v))
		require.Falsef(t, v.Allowed(), "%s", sql)
	}
	for _, sql := range []string{
		"DELETE FROM t WHERE id = $1 AND u_id = $2", "UPDATE t SET a = 'x' WHERE $1 = u_id", "DELETE FROM t WHERE (u_id, id) = ($1, $2)", "DELETE FROM t WHERE u_id IN ($1, $2)",
		"DELETE FROM t WHERE u_id = ANY ($1) AND id = 4", "DELETE FROM t USING u WHERE t.u_id = u.u_id AND u.u_id = $1", "INSERT INTO t (id, u_id) VALUES ($1, $2)",
		"DELETE FROM t WHERE u_id = current_setting('app.tenant') AND id = 1", "DELETE FROM u WHERE id = $1", "EXPLAIN DELETE FROM t WHERE id = 1", "SELECT id FROM t WHERE id = $1",
		"INSERT INTO t (id, u_id, a) VALUES ($1, $2, $3) ON CONFLICT (u_id, id) DO UPDATE SET a = excluded.a", "INSERT INTO t (id, u_id, a) VALUES ($1, $2, $3) ON CONFLICT (u_id, id) DO UPDATE SET a = excluded.a, u_id = excluded.u_id, id = excluded.id",
		"INSERT INTO t AS x (id, u_id) VALUES ($1, $2), ($3, $4) ON CONFLICT (id) DO UPDATE SET a = excluded.a WHERE x.u_id = excluded.u_id", "INSERT INTO t (id, u_id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET a = 'x', u_id = $2 WHERE t.u_id = $2",
		"INSERT INTO t (id, u_id) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", "UPDATE t SET u_id = $1, a = 'x' WHERE u_id = $1 AND id = 1", "UPDATE t SET u_id = 'x' WHERE u_id = 'x' AND id = 1", "UPDATE t SET u_id = u_id, a = $2 WHERE u_id = $1",
		"UPDATE t SET u_id = u.u_id FROM u WHERE t.u_id = u.u_id AND u.u_id = $1", "MERGE INTO t USING s ON t.id = s.id AND t.u_id = $1 WHEN NOT MATCHED BY SOURCE AND t.u_id = $1 THEN DELETE",
		"UPDATE t x SET a = 'x' FROM u WHERE x.id = u.id AND x.u_id = $1",
		"MERGE INTO t USING s ON t.id = s.id AND t.u_id = $1 WHEN MATCHED AND s.gone = 'x' THEN DELETE WHEN NOT MATCHED THEN INSERT (id, u_id) VALUES (s.id, $1)",
	} {
		v := verdictOf(t, c, sql, Input{})
		require.Falsef(t, hasRule(v, "DM08"), "%s: %s", sql, rules(v))
	}
}

func TestAfterAccessExclusive(t *testing.T) {
	held := Input{AccessExclusive: true, InTransaction: true}
	for _, sql := range []string{"SELECT id FROM t WHERE id = $1", "UPDATE t SET a = 'x' WHERE id = 1", "CREATE TABLE fresh (id bigint)"} {
		v := verdictOf(t, Config{}, sql, held)
		require.Truef(t, hasRule(v, "DD17") && v.Allowed(), "%s: %s %s", sql, v.Decision, rules(v))
		require.Falsef(t, hasRule(verdictOf(t, Config{}, sql, Input{InTransaction: true}), "DD17"), sql)
		require.Falsef(t, verdictOf(t, Config{Profile: Strict}, sql, held).Allowed(), sql)
		require.Equalf(t, lineage.Hold, verdictOf(t, Config{Approvals: true}, sql, held).Decision, sql)
		require.Truef(t, verdictOf(t, Config{Profile: Migration, Approvals: true}, sql, held).Allowed(), sql)
	}
	for _, sql := range []string{"SAVEPOINT sp", "ROLLBACK TO sp", "SET LOCAL lock_timeout = '2s'", "SHOW lock_timeout"} {
		require.Falsef(t, hasRule(verdictOf(t, Config{}, sql, held), "DD17"), sql)
	}
}

func TestLocksAreNamed(t *testing.T) {
	v := verdictOf(t, Config{}, "ALTER TABLE big ALTER COLUMN i TYPE bigint", Input{})
	require.Contains(t, v.Reasons[0].Message, "ACCESS EXCLUSIVE on public.big, about 1200000 rows, is rewritten")
	v = verdictOf(t, Config{}, "CREATE INDEX ON big (a)", Input{})
	require.Contains(t, v.Reasons[0].Message, "SHARE on public.big, about 1200000 rows, is read in full")
}

// TestCreatedTablesKeepNobodyWaiting: what the transaction has made itself nobody else sees.
func TestCreatedTablesKeepNobodyWaiting(t *testing.T) {
	mine := Input{Created: func(n lineage.Name) bool { return n == public("t") }}
	for _, c := range []struct{ sql, rule string }{
		{"ALTER TABLE t ALTER COLUMN a TYPE bigint USING a::bigint", "DD06"},
		{"ALTER TABLE t ADD COLUMN z uuid DEFAULT gen_random_uuid()", "DD07"},
		{"ALTER TABLE t ADD COLUMN n bigserial", "DD08"},
		{"ALTER TABLE t ALTER COLUMN a SET NOT NULL", "DD09"},
		{"ALTER TABLE t ADD FOREIGN KEY (u_id) REFERENCES u (id)", "DD10"},
		{"ALTER TABLE t ADD CHECK (id > 0)", "DD11"},
		{"ALTER TABLE t ADD UNIQUE (a)", "DD12"},
		{"CREATE INDEX ON t (a)", "DD13"},
		{"ALTER TABLE t ADD COLUMN z integer", "DD16"},
	} {
		require.Truef(t, hasRule(verdictOf(t, Config{}, c.sql, Input{}), c.rule), c.sql)
		v := verdictOf(t, Config{}, c.sql, mine)
		require.Falsef(t, hasRule(v, c.rule), "%s: %s", c.sql, rules(v))
		require.Truef(t, v.Allowed(), "%s: %s", c.sql, rules(v))
		require.Falsef(t, verdictOf(t, Config{Profile: Strict}, c.sql, mine).Allowed(), c.sql)
	}
}

func TestTakesAccessExclusive(t *testing.T) {
	for sql, want := range map[string]bool{
		"ALTER TABLE t ADD COLUMN z integer": true, "DROP TABLE t": true, "TRUNCATE t": true, "LOCK TABLE t": true, "VACUUM FULL t": true, "CLUSTER t": true,
		"REINDEX TABLE t": true, "DROP INDEX idx": true, "REFRESH MATERIALIZED VIEW mv": true, "ALTER TABLE t RENAME TO z": true, "DROP TRIGGER x ON t": true,
		"CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING": true, "DO $$BEGIN ALTER TABLE t ADD COLUMN z integer; END$$": true,
		"CREATE TABLE p1 PARTITION OF t FOR VALUES IN (1)": true, "ALTER TABLE t DETACH PARTITION u": true, "CREATE OR REPLACE VIEW v AS SELECT id, a FROM t": true,
		"LOCK TABLE t IN SHARE MODE": false, "CREATE INDEX ON t (a)": false, "CREATE INDEX CONCURRENTLY ON t (a)": false, "DROP INDEX CONCURRENTLY idx": false,
		"ALTER TABLE t VALIDATE CONSTRAINT c": false, "ALTER TABLE t SET (fillfactor = 50)": false, "ALTER TABLE t ADD FOREIGN KEY (u_id) REFERENCES u (id) NOT VALID": false,
		"VACUUM t": false, "ANALYZE t": false, "DELETE FROM t WHERE id = 1": false, "SELECT 1": false, "CREATE TABLE z (id bigint)": false, "DROP TABLE tmp": false,
		"EXPLAIN ANALYZE SELECT 1": false, "REFRESH MATERIALIZED VIEW CONCURRENTLY mv": false, "ALTER TABLE t DETACH PARTITION u CONCURRENTLY": false,
		"ALTER TABLE t ATTACH PARTITION u FOR VALUES IN (1)": false, "COMMENT ON TABLE t IS 'x'": false,
	} {
		list, err := lineage.AnalyzeText(sql, shop())
		require.NoError(t, err, sql)
		require.Equalf(t, want, TakesAccessExclusive(list[0]), sql)
	}
}

// TestAdviceOnSensitiveColumns: these rules need to be told what is sensitive.
func TestAdviceOnSensitiveColumns(t *testing.T) {
	in := Input{Sensitive: func(c lineage.ColumnID) bool { return c.Column == "email" }}
	for sql, rule := range map[string]string{
		"SELECT state, count(email) FROM users GROUP BY state": "RD13", "SELECT max(id) FROM users WHERE email = $1": "RD13",
		"EXPLAIN SELECT id FROM users WHERE email > $1": "RD14", "EXPLAIN SELECT u.id FROM users u JOIN t ON t.email = u.email": "RD14",
		"EXPLAIN (COSTS off) SELECT id FROM users ORDER BY email": "RD14",
	} {
		require.Truef(t, hasRule(verdictOf(t, Config{}, sql, in), rule), sql)
		require.Falsef(t, hasRule(verdictOf(t, Config{}, sql, Input{}), rule), sql)
	}
	for sql, rule := range map[string]string{
		"SELECT state, count(email) FROM users GROUP BY state HAVING count(*) > 5": "RD13", "SELECT count(*) FROM users WHERE state = $1": "RD13",
		"EXPLAIN SELECT id FROM users WHERE id = $1": "RD14", "SELECT id FROM users WHERE email = $1": "RD14",
	} {
		require.Falsef(t, hasRule(verdictOf(t, Config{}, sql, in), rule), sql)
	}
}

func TestLimitsByArgument(t *testing.T) {
	const sql = "SELECT id FROM t LIMIT $1"
	for _, c := range []struct {
		arg  any
		want bool
	}{{int64(50), false}, {int64(1_000_000), true}, {"20000", true}, {nil, true}} {
		require.Equalf(t, c.want, hasRule(verdictOf(t, Config{}, sql, args(c.arg)), "RD06"), "%v", c.arg)
	}
	require.False(t, hasRule(verdictOf(t, Config{}, "SELECT id FROM t OFFSET $1", args(nil)), "RD06"))
}

func TestNoTransaction(t *testing.T) {
	for sql, want := range map[string]bool{
		"VACUUM t": true, "VACUUM FULL": true, "CREATE INDEX CONCURRENTLY ON t (a)": true, "DROP INDEX CONCURRENTLY idx": true, "REINDEX TABLE CONCURRENTLY t": true,
		"CREATE DATABASE d": true, "DROP DATABASE d": true, "ALTER SYSTEM SET work_mem = '1MB'": true, "REINDEX DATABASE d": true, "CLUSTER": true,
		"CREATE TABLESPACE ts LOCATION '/x'": true, "ALTER TABLE t DETACH PARTITION u CONCURRENTLY": true, "COMMIT PREPARED 'x'": true, "DISCARD ALL": true,
		"ANALYZE t": false, "CREATE INDEX ON t (a)": false, "CLUSTER t": false, "REINDEX TABLE t": false, "ALTER TABLE t ADD COLUMN z integer": false, "SELECT 1": false,
		"REFRESH MATERIALIZED VIEW CONCURRENTLY mv": false, "DO $$BEGIN EXECUTE 'VACUUM t'; END$$": false,
	} {
		list, err := lineage.AnalyzeText(sql, shop())
		require.NoError(t, err, sql)
		require.Equalf(t, want, list[0].NoTransaction, sql)
	}
}

// In strict an aggregate over a sensitive column tells of no group that may be a single person.
func TestLeastGroup(t *testing.T) {
	in := Input{Caller: VerifiedCaller, Sensitive: func(c lineage.ColumnID) bool { return c.Column == "email" }}
	const by = "SELECT state, count(email) FROM users GROUP BY state HAVING "
	for sql, allowed := range map[string]bool{
		"SELECT count(email) FROM users":                           true,
		by + "count(*) >= 5":                                       true,
		by + "count(*) > 4":                                        true,
		by + "5 <= count(*) AND max(id) > 7":                       true,
		by + "count(*) >= 4":                                       false,
		by + "count(*) > 3":                                        false,
		by + "count(*) <= 50":                                      false,
		by + "count(*) >= 5 OR true":                               false,
		by + "NOT count(*) >= 5":                                   false,
		by + "count(*) FILTER (WHERE id > 1) >= 5":                 false,
		by + "count(email) >= 5":                                   false,
		by + "count(*) >= $1":                                      false,
		by + "count(*) >= (SELECT 5)":                              false,
		by + "sum(1) >= 5":                                         false,
		"SELECT state, count(email) FROM users GROUP BY state":     false,
		"SELECT count(email) FROM users WHERE id = 7":              false,
		"SELECT count(email) FILTER (WHERE id = 7) FROM users":     false,
		"SELECT count(CASE WHEN id = 7 THEN email END) FROM users": false,
		"SELECT u.state, count(u.email) FROM users u JOIN t ON t.id < u.id GROUP BY u.state HAVING count(*) >= 5":                  false,
		"SELECT * FROM (SELECT count(email) AS n FROM users WHERE id = 7) x":                                                       false,
		"WITH x AS (SELECT count(email) AS n FROM users WHERE id = 7) SELECT n FROM x":                                             false,
		"SELECT (SELECT count(email) FROM users WHERE id = 7)":                                                                     false,
		"SELECT count(email) FROM users UNION ALL SELECT count(email) FROM users WHERE id = 7":                                     false,
		"SELECT max(id), count(email) OVER (PARTITION BY id) FROM users GROUP BY email, id HAVING count(*) >= 5":                   false,
		"SELECT count(email) FROM users TABLESAMPLE system (1)":                                                                    false,
		"SELECT count(email) FROM (SELECT * FROM users WHERE id = 7) x":                                                            false,
		"SELECT state, count(email), max(id) FROM users WHERE state = $1 GROUP BY state HAVING count(*) >= 10 AND min(id) IS NULL": true,
	} {
		v := verdictOf(t, Config{Profile: Strict}, sql, in)
		denied := false
		for _, r := range v.Reasons {
			denied = denied || r.Rule == "RD13" && r.Applied
		}
		require.Equalf(t, !allowed, denied, "%s: %v", sql, v.Reasons)
		require.Truef(t, hasRule(verdictOf(t, Config{}, sql, in), "RD13") == !allowed, sql)
		require.NotContains(t, string(verdictOf(t, Config{}, sql, in).Decision), "deny", sql)
	}
}
