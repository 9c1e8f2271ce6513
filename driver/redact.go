package driver

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/lineage"
)

// exposure says how much a text of the server may carry.
type exposure struct {
	redact     bool
	scan       func(string) string  // what is left is looked at; nil = it is not
	statements []*lineage.Statement // those whose names may stand in it; nil = none is known
}

// quotesNames are the SQLSTATEs whose messages, as the server itself words them, hold nothing but fixed text and quoted
// names. The names are checked as well: casts to regclass and the like put a value where a name stands.
var quotesNames = map[string]bool{
	"22003": true, "23502": true, "23503": true, "23505": true, "23514": true, "23P01": true,
	"25001": true, "25006": true, "25P02": true, "25P01": true,
	"26000": true, "34000": true,
	"40001": true, "40P01": true,
	"42501": true, "42701": true, "42703": true, "42P01": true, "42P07": true, "428C9": true,
	"55000": true, "55006": true, "55P03": true, "57014": true, "57P01": true, "57P02": true, "57P03": true,
	"53300": true,
}

// keepsMessage reports whether a message may stay. Text out of code that the server ran (Where, InternalQuery) may be made
// of values, whatever its code says.
func keepsMessage(e *pgconn.PgError, list []*lineage.Statement) bool {
	if e.Code == "25P02" && e.Message == failedTransaction {
		return true
	}
	return quotesNames[e.Code] && e.Where == "" && e.InternalQuery == "" && list != nil && onlyNames(e.Message, list)
}

// failedTransaction is what the server says of every statement in a failed transaction.
const failedTransaction = "current transaction is aborted, commands ignored until end of transaction block"

// onlyNames reports whether whatever a message quotes is a name of the statements.
func onlyNames(message string, list []*lineage.Statement) bool {
	parts := strings.Split(message, `"`)
	if len(parts)%2 == 0 {
		return false
	}
	for i := 1; i < len(parts); i += 2 {
		if !isName(parts[i], list) {
			return false
		}
	}
	return true
}

func isName(text string, list []*lineage.Statement) bool {
	for _, st := range list {
		for i := range st.Relations {
			r := &st.Relations[i].Relation
			if _, ok := r.Column(text); ok || text == r.Name.Name || text == r.Schema || slices.Contains(r.Constraints, text) {
				return true
			}
		}
	}
	return false
}

// redacted gives the error that the caller may see: err itself where nothing could leak, else a copy of the server's
// error without what may carry values. The original cannot be reached from it.
func redacted(err error, original *pgconn.PgError, x exposure) error {
	if x.redact {
		return copyOf(original, x)
	}
	if e := scanned(original, x); e != original {
		return e
	}
	return err
}

// scanned is an error or a notice in which nothing is detected: the same where there was nothing.
func scanned(original *pgconn.PgError, x exposure) *pgconn.PgError {
	if x.scan == nil {
		return original
	}
	e := *original
	changed := false
	for _, text := range [...]*string{
		&e.Message, &e.Detail, &e.Hint, &e.Where, &e.InternalQuery, &e.SchemaName, &e.TableName, &e.ColumnName, &e.DataTypeName, &e.ConstraintName,
	} {
		masked := x.scan(*text)
		changed = changed || masked != *text
		*text = masked
	}
	if !changed {
		return original
	}
	return &e
}

// copyOf copies a server's error or notice without what may carry values.
func copyOf(original *pgconn.PgError, x exposure) *pgconn.PgError {
	e := &pgconn.PgError{
		Severity: original.Severity, SeverityUnlocalized: original.SeverityUnlocalized, Code: original.Code,
		Position: original.Position, Line: original.Line, File: original.File, Routine: original.Routine,
		Message: original.Message,
	}
	if !keepsMessage(original, x.statements) {
		e.Message = condition(original.Code)
	}
	keepNames(e, original, x.statements)
	return e
}

// keepNames keeps the name fields that name an object of the statement: RAISE ... USING COLUMN = value fills them too.
func keepNames(e, original *pgconn.PgError, list []*lineage.Statement) {
	for _, st := range list {
		for i := range st.Relations {
			r := &st.Relations[i].Relation
			if r.Schema != original.SchemaName || r.Name.Name != original.TableName {
				continue
			}
			e.SchemaName, e.TableName = r.Schema, r.Name.Name
			if _, ok := r.Column(original.ColumnName); ok {
				e.ColumnName = original.ColumnName
			}
			if slices.Contains(r.Constraints, original.ConstraintName) {
				e.ConstraintName = original.ConstraintName
			}
		}
	}
}

// notice is a notice as the application may see it.
func (g *governance) notice(s *session, n *pgconn.Notice) *pgconn.Notice {
	if g.masker == nil {
		return n
	}
	x := exposure{redact: true}
	if s != nil && s.current != nil {
		x = s.current.exposure()
	}
	original := (*pgconn.PgError)(n)
	if !x.redact {
		return (*pgconn.Notice)(scanned(original, x))
	}
	return (*pgconn.Notice)(copyOf(original, x))
}

// conditions are the names of PostgreSQL's SQLSTATEs (its Appendix A), those that applications meet.
var conditions = map[string]string{
	"00000": "successful_completion", "01000": "warning",
	"0A000": "feature_not_supported", "21000": "cardinality_violation",
	"22000": "data_exception", "22001": "string_data_right_truncation", "22003": "numeric_value_out_of_range",
	"22004": "null_value_not_allowed", "22007": "invalid_datetime_format", "22008": "datetime_field_overflow",
	"22011": "substring_error", "22012": "division_by_zero", "22021": "character_not_in_repertoire",
	"22023": "invalid_parameter_value", "22026": "string_data_length_mismatch", "2201B": "invalid_regular_expression",
	"22030": "duplicate_json_object_key_value", "22032": "invalid_json_text", "22P01": "floating_point_exception",
	"22P02": "invalid_text_representation", "22P03": "invalid_binary_representation", "22P04": "bad_copy_file_format",
	"22P05": "untranslatable_character", "2200N": "invalid_xml_content", "2202E": "array_subscript_error",
	"23000": "integrity_constraint_violation", "23001": "restrict_violation", "23502": "not_null_violation",
	"23503": "foreign_key_violation", "23505": "unique_violation", "23514": "check_violation",
	"23P01": "exclusion_violation", "24000": "invalid_cursor_state", "25000": "invalid_transaction_state",
	"25006": "read_only_sql_transaction", "25P02": "in_failed_sql_transaction", "26000": "invalid_sql_statement_name",
	"27000": "triggered_data_change_violation", "28000": "invalid_authorization_specification",
	"28P01": "invalid_password", "2BP01": "dependent_objects_still_exist", "34000": "invalid_cursor_name",
	"38000": "external_routine_exception", "39000": "external_routine_invocation_exception",
	"3D000": "invalid_catalog_name", "3F000": "invalid_schema_name", "40001": "serialization_failure",
	"40P01": "deadlock_detected", "42501": "insufficient_privilege", "42601": "syntax_error",
	"42701": "duplicate_column", "42703": "undefined_column", "42704": "undefined_object", "42710": "duplicate_object",
	"40002": "transaction_integrity_constraint_violation", "40003": "statement_completion_unknown",
	"42602": "invalid_name", "42622": "name_too_long", "42702": "ambiguous_column", "42723": "duplicate_function", "42725": "ambiguous_function",
	"42803": "grouping_error", "42809": "wrong_object_type", "42830": "invalid_foreign_key", "42939": "reserved_name", "428C9": "generated_always",
	"42P02": "undefined_parameter", "42P03": "duplicate_cursor", "42P04": "duplicate_database", "42P05": "duplicate_prepared_statement",
	"42P06": "duplicate_schema", "42P08": "ambiguous_parameter", "42P10": "invalid_column_reference", "42P16": "invalid_table_definition",
	"42P17": "invalid_object_definition", "42P18": "indeterminate_datatype", "42P19": "invalid_recursion", "42P20": "windowing_error",
	"42P21": "collation_mismatch", "42P22": "indeterminate_collation", "3B001": "invalid_savepoint_specification",
	"25001": "active_sql_transaction", "25P01": "no_active_sql_transaction", "55P04": "unsafe_new_enum_value_usage",
	"57P02": "crash_shutdown", "57P03": "cannot_connect_now", "57P05": "idle_session_timeout", "25P03": "idle_in_transaction_session_timeout",
	"42804": "datatype_mismatch", "42846": "cannot_coerce", "42883": "undefined_function", "42P01": "undefined_table",
	"42P07": "duplicate_table", "44000": "with_check_option_violation", "53100": "disk_full", "53200": "out_of_memory",
	"53300": "too_many_connections", "54000": "program_limit_exceeded", "54001": "statement_too_complex",
	"55000": "object_not_in_prerequisite_state", "55006": "object_in_use", "55P03": "lock_not_available",
	"57014": "query_canceled", "57P01": "admin_shutdown", "58030": "io_error", "P0000": "plpgsql_error",
	"P0001": "raise_exception", "P0002": "no_data_found", "P0003": "too_many_rows", "P0004": "assert_failure",
	"XX000": "internal_error", "XX001": "data_corrupted", "XX002": "index_corrupted",
}

// condition is what stands for a message that may carry values.
func condition(code string) string {
	return conditionName(code) + " (text withheld: it may carry values of a masked column)"
}

// conditionName is PostgreSQL's name of a SQLSTATE.
func conditionName(code string) string {
	if name, ok := conditions[code]; ok {
		return name
	}
	return "SQLSTATE " + code
}
