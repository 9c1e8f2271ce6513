package guard

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// Constants of a statement are values: reasons go into spans, records and reports, which hold none.
func TestReasonsHoldNoConstant(t *testing.T) {
	const word, number = "Fribbleosis", "918273"
	seen := map[string]bool{}
	for _, sql := range []string{
		"PREPARE TRANSACTION '$w'", "COMMIT PREPARED '$w'", "ROLLBACK PREPARED '$w'", "LOAD '$w'", "LOAD '/tmp/$w.so'",
		"SELECT 1 LIMIT $n", "SELECT id FROM t OFFSET $n", "SELECT 1 LIMIT '$n'", "SELECT 1 FETCH FIRST $n ROWS ONLY", "SELECT 1 LIMIT 9e$n",
		"SELECT set_config('$w', 'x', false)", "SELECT set_config('$w.x', '$w', false)", "SELECT set_config('x.y', '$w', false)", "SELECT set_config('log_$w', 'x', false)",
		"SELECT set_config('governed.$w', 'x', false)", "SELECT set_config('pgaudit.$w', 'x', true)", "SELECT set_config('enable_$w', 'x', true)",
		"SELECT set_config('search_path', '$w', false)", "SELECT set_config('statement_timeout', '$n', false)", "SELECT set_config('timezone', '$w', false)",
		"SET search_path = '$w'", "SET work_mem = '$n'", "SET ROLE '$w'", "SET SESSION AUTHORIZATION '$w'", "SET a.b = '$w'", "SET TRANSACTION SNAPSHOT '$w'", "SET TIME ZONE '$w'",
		"SET client_encoding = '$w'", "SET NAMES '$w'", "ALTER SYSTEM SET work_mem = '$w'", "ALTER ROLE r SET a.b = '$w'", "ALTER DATABASE d SET a.b = '$w'",
		"CREATE ROLE r PASSWORD '$w'", "ALTER ROLE r PASSWORD '$w'", "ALTER ROLE r VALID UNTIL '$w'", "ALTER ROLE r CONNECTION LIMIT $n",
		"COPY t FROM '/tmp/$w'", "COPY t TO '/tmp/$w'", "COPY t FROM PROGRAM '$w'", "COPY t TO PROGRAM '$w'", "COPY t FROM STDIN (DELIMITER '$w')", "COPY (SELECT '$w') TO '/tmp/$w'",
		"NOTIFY c, '$w'", "SELECT pg_notify('$w', '$w')", "SELECT pg_sleep($n)", "SELECT pg_sleep_for('$n s')", "SELECT pg_read_file('$w')", "SELECT pg_ls_dir('$w')", "SELECT lo_import('$w')",
		"SELECT lo_unlink($n)", "SELECT pg_terminate_backend($n)", "SELECT pg_advisory_lock($n)", "SELECT setval('big', $n)", "SELECT nextval('$w')", "SELECT nextval('$w'::regclass)",
		"SELECT currval('$w')", "SELECT '$w'::regclass", "SELECT '$w'::regprocedure", "SELECT '$w'::regrole", "SELECT query_to_xml('SELECT $w FROM t', true, true, '')",
		"SELECT query_to_xml('$w', true, true, '')", "SELECT table_to_xml('$w', true, true, '')", "SELECT dblink('$w')", "SELECT * FROM dblink('$w', '$w') AS x (a text)",
		"SELECT has_table_privilege('$w', 'select')", "SELECT pg_get_viewdef('$w')", "SELECT xpath('/$w', '<a/>')", "SELECT ts_stat('SELECT $w')", "SELECT pg_column_size('$w')",
		"COMMENT ON TABLE t IS '$w'", "COMMENT ON COLUMN t.a IS '$w'", "COMMENT ON COLUMN t.a IS '[governed: $w]'", "COMMENT ON COLUMN t.a IS '[governed: email $w]'",
		"COMMENT ON LARGE OBJECT $n IS 'x'", "ALTER LARGE OBJECT $n OWNER TO r", "GRANT SELECT ON LARGE OBJECT $n TO r", "SECURITY LABEL ON COLUMN t.a IS '$w'", "SECURITY LABEL FOR '$w' ON TABLE t IS '$w'",
		"SECURITY LABEL ON LARGE OBJECT $n IS 'x'",
		"CREATE EXTENSION hstore VERSION '$w'", "ALTER EXTENSION hstore UPDATE TO '$w'", "CREATE TABLESPACE s LOCATION '/$w'", "CREATE SUBSCRIPTION s CONNECTION '$w' PUBLICATION p",
		"ALTER SUBSCRIPTION s CONNECTION '$w'", "ALTER SUBSCRIPTION s SKIP (lsn = '$w')", "CREATE SERVER s TYPE '$w' VERSION '$w' FOREIGN DATA WRAPPER w OPTIONS (a '$w')",
		"CREATE USER MAPPING FOR r SERVER s OPTIONS (password '$w')", "IMPORT FOREIGN SCHEMA x FROM SERVER s INTO y OPTIONS (a '$w')", "CREATE FOREIGN TABLE f (a text OPTIONS (b '$w')) SERVER s OPTIONS (c '$w')",
		"CREATE FUNCTION f() RETURNS text LANGUAGE sql AS '$w'", "CREATE FUNCTION f() RETURNS text LANGUAGE '$w' AS 'x'", "CREATE FUNCTION f() RETURNS text LANGUAGE c AS '$w', '$w'",
		"CREATE FUNCTION f() RETURNS text LANGUAGE sql SET search_path = '$w' AS 'SELECT 1'", "CREATE FUNCTION f(a text DEFAULT '$w') RETURNS text LANGUAGE sql AS 'SELECT ''$w'''",
		"CREATE FUNCTION f() RETURNS int COST $n LANGUAGE sql AS 'SELECT $n'",
		"DO '$w'", "DO $$BEGIN RAISE '$w'; END$$", "DO $$BEGIN EXECUTE '$w'; END$$", "DO $$BEGIN EXECUTE 'LOAD ''$w'''; END$$", "DO $$BEGIN PERFORM set_config('$w.x', 'y', false); END$$",
		"DO $$BEGIN EXECUTE 'SELECT 1 LIMIT $n'; END$$", "DO LANGUAGE '$w' 'x'",
		"CREATE TYPE e AS ENUM ('$w')", "ALTER TYPE e ADD VALUE '$w'", "ALTER TYPE e ADD VALUE 'x' BEFORE '$w'", "ALTER TYPE e RENAME VALUE '$w' TO 'y'", "ALTER TYPE e RENAME VALUE 'y' TO '$w'",
		"CREATE COLLATION c (locale = '$w')", "CREATE DATABASE d TEMPLATE x LOCALE '$w'", "CREATE DATABASE d CONNECTION LIMIT $n", "CREATE CONVERSION c FOR '$w' TO '$w' FROM f",
		"CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f('$w')", "CREATE EVENT TRIGGER g ON ddl_command_start WHEN tag IN ('$w') EXECUTE FUNCTION f()", "CREATE AGGREGATE a (text) (sfunc = f, stype = text, initcond = '$w')",
		"CREATE TABLE n (a text DEFAULT '$w')", "CREATE TABLE n (a text CHECK (a <> '$w'))", "CREATE TABLE n PARTITION OF t FOR VALUES IN ('$w')", "ALTER TABLE t ATTACH PARTITION n FOR VALUES FROM ('$w') TO ('x')",
		"CREATE INDEX ON t (a) WHERE a = '$w'", "CREATE VIEW n AS SELECT '$w' AS a", "CREATE TABLE n AS SELECT '$w' AS a FROM t", "CREATE POLICY p ON t USING (a = '$w')", "CREATE RULE r AS ON INSERT TO t DO NOTIFY c, '$w'",
		"ALTER SEQUENCE s RESTART $n", "CREATE SEQUENCE s START $n", "ALTER TABLE t ALTER COLUMN a SET STATISTICS $n", "ALTER TABLE t ALTER COLUMN a SET DEFAULT '$w'", "ALTER TABLE t SET (fillfactor = $n)",
		"ALTER TABLE t ADD COLUMN z text DEFAULT '$w' || random()", "CREATE DOMAIN d AS text CHECK (value <> '$w')", "CREATE STATISTICS s ON (a || '$w'), id FROM t", "CREATE PUBLICATION p FOR TABLE t WHERE (a = '$w')",
		"DELETE FROM t WHERE '$w' = '$w'", "UPDATE t SET a = '$w'", "INSERT INTO t (a) VALUES ('$w')", "DELETE FROM t WHERE a <> '$w'", "SELECT a FROM big WHERE a LIKE '%$w'", "SELECT id FROM t WHERE a = '$w' OR true",
		"SELECT a AS x FROM t GROUP BY a HAVING count(*) > $n", "EXPLAIN ANALYZE DELETE FROM t WHERE a = '$w'", "PREPARE p AS SELECT '$w'", "EXECUTE p ('$w')", "DECLARE c CURSOR WITH HOLD FOR SELECT '$w'", "FETCH $n FROM c", "MOVE FORWARD $n FROM c",
		"CALL settle('$w')", "SELECT unknown_function('$w')", "SELECT a -> '$w' FROM nowhere", "SELECT '$w'::nowhere", "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r WHERE '$w' <> ''",
		"CLUSTER t", "REINDEX TABLE t", "VACUUM (PARALLEL $n) t", "DROP OWNED BY r", "GRANT r TO s", "MERGE INTO t USING s ON t.a = '$w' WHEN MATCHED THEN DELETE",
		"SELECT * FROM jsonb_to_record('$w') AS x (a text)", "SELECT * FROM json_table('{}', '$.$w' COLUMNS (a text PATH '$.$w'))", "SELECT xmltable.* FROM xmltable('/$w' PASSING '<a/>' COLUMNS a text PATH '$w')",
		"SELECT current_setting('$w.$w')", "SHOW ALL", "SELECT pg_reload_conf(), '$w'", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r",
	} {
		sql = strings.NewReplacer("$w", word, "$n", number).Replace(sql)
		list, err := lineage.AnalyzeText(sql, shop())
		require.NoError(t, err, sql)
		for _, c := range literalPolicies() {
			p, err := NewPolicy(c)
			require.NoError(t, err)
			v := p.Decide(list[0], Input{})
			for _, r := range v.Reasons {
				seen[r.Rule] = true
				said := strings.ToLower(fmt.Sprint(r.Object, " ", r.Message, " ", r.Safe))
				assert.NotContainsf(t, said, strings.ToLower(word), "%s: %s", sql, r.Rule)
				assert.NotContainsf(t, said, number, "%s: %s", sql, r.Rule)
			}
		}
	}
	for _, rule := range []string{"TX04", "IO01", "RD06", "PR09", "PR10", "DD28", "DM03", ClassDDL, ClassFunction, RuleUnresolved, ruleDefault, ruleAllowList, "mine"} {
		require.Truef(t, seen[rule], "%s is not among the reasons", rule)
	}
}

// literalPolicies are such as that every part of a statement comes up in a reason.
func literalPolicies() []Config {
	list := []Config{{}, {Profile: Strict}, {Profile: Migration}, {Profile: Observe}, {Approvals: true}, {DefaultDeny: true}, {AllowList: &AllowList{}}}
	for _, kind := range Kinds() {
		list = append(list, Config{Rules: []PolicyRule{{ID: "mine", When: Condition{Effects: []string{kind}}, Then: Outcome{Decision: lineage.Deny}}}})
	}
	return list
}
