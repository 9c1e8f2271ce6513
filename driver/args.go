package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ArgumentError says that an argument is of a type that could change what is sent, and so is not accepted. It names the
// type and never the value.
type ArgumentError struct {
	Ordinal int // from 1
	Type    string
	Reason  string
}

func (e *ArgumentError) Error() string {
	return fmt.Sprintf("governed: argument $%d of type %s is not accepted: %s", e.Ordinal, e.Type, e.Reason)
}

// ErrorType is the value of error.type in spans.
func (e *ArgumentError) ErrorType() string { return "governed.argument" }

// encodingPrefix begins what pgx says of an argument that it cannot encode.
const encodingPrefix = "failed to encode args["

// encodingError says which argument does not fit its parameter; pgx's own text quotes the value.
func encodingError(err error, args []any) error {
	n := 0
	if _, scan := fmt.Sscanf(err.Error(), encodingPrefix+"%d]", &n); scan != nil || n >= len(args) {
		return &ArgumentError{Type: "unknown", Reason: "it cannot be encoded for its parameter"}
	}
	return &ArgumentError{Ordinal: n + 1, Type: fmt.Sprintf("%T", args[n]), Reason: "it cannot be encoded as the type of its parameter"}
}

// checkArgument is the allow-list of argument types. pgx reads options and even another SQL text off its first
// arguments, so a value is data only if it is of a kind that pgx can do nothing with but encode it.
func checkArgument(ordinal int, v any) error {
	refuse := func(reason string) error {
		return &ArgumentError{Ordinal: ordinal, Type: fmt.Sprintf("%T", v), Reason: reason}
	}
	switch v.(type) {
	case nil, string, int64, int, int32, bool, []byte, float64, time.Time:
		return nil
	case pgx.QueryRewriter:
		return refuse("it rewrites the statement; only NamedArgs and StrictNamedArgs are resolved, as the only argument")
	case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
		return refuse("it is an option that changes how the statement is sent (GORM: set postgres.Config.DriverName to governed-postgres)")
	case sql.Out, *sql.Out:
		return refuse("PostgreSQL has no output arguments")
	case sql.NamedArg, *sql.NamedArg:
		return refuse("the name would be dropped and the value passed by position; use pgx.NamedArgs")
	case driver.Valuer:
		return nil
	}
	if reason := refusedType(reflect.TypeOf(v), 0); reason != "" {
		return refuse(reason)
	}
	return nil
}

const ownModule = "github.com/governedsql/governed"

// refusedType says why a type is not data, "" where it is. Structs and maps are data: pgx writes them as JSON.
func refusedType(t reflect.Type, depth int) string {
	if depth > 8 {
		return "it is nested too deeply"
	}
	if path := t.PkgPath(); path == "github.com/jackc/pgx/v5" || path == ownModule || strings.HasPrefix(path, ownModule+"/") {
		return "types of that package are options, not data"
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Struct, reflect.Map,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return ""
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return refusedType(t.Elem(), depth+1)
	case reflect.Interface:
		return "" // elements of []any: pgx encodes them one by one, as data
	default: // Chan, Func, Complex, Uintptr, UnsafePointer, and what Go may add
		return "it cannot be encoded"
	}
}

// request is a statement as it will be sent: nothing after this point changes its text or its arguments.
type request struct {
	text string
	args []any
	// options are pgx's own options before the arguments; observe passes them on, every other profile refuses them.
	options []any
	// prepared means that database/sql holds a prepared statement for the text.
	prepared bool
	// fresh means that nothing known of the text from an earlier execution holds: it is sent as text and described anew.
	fresh bool
	// preamble and epilogue are the driver's own statements that travel before and behind it.
	preamble, epilogue []preamble
	// begins means that the preamble begins a transaction, which the driver has to end.
	begins bool
}

// resolve turns what the caller passed into what will be sent. Query rewriters are applied here, so that the text that
// is analysed is the text that is sent.
func (s *session) resolve(ctx context.Context, text string, named []driver.NamedValue) (request, error) {
	args := make([]any, len(named))
	for i, nv := range named {
		args[i] = nv.Value
	}
	if s.g.observing() {
		return observedRequest(ctx, s.conn.pgx, text, args)
	}
	if len(args) == 1 {
		switch rw := args[0].(type) {
		case pgx.NamedArgs, pgx.StrictNamedArgs:
			sql, rest, err := rw.(pgx.QueryRewriter).RewriteQuery(ctx, nil, text, nil)
			if err != nil {
				return request{}, fmt.Errorf("governed: resolving named arguments: %w", err)
			}
			text, args = sql, rest
		}
	}
	// database/sql has asked CheckNamedValue already; callers of Conn.Raw have not, and named arguments may hold anything.
	for i, a := range args {
		if err := checkArgument(i+1, a); err != nil {
			return request{}, err
		}
		answer, ok := answered(a)
		if !ok {
			return request{}, &ArgumentError{Ordinal: i + 1, Type: fmt.Sprintf("%T", a), Reason: "it cannot be encoded as the type of its parameter"}
		}
		args[i] = answer
	}
	return request{text: text, args: args}, nil
}

// observedRequest accepts all that pgx accepts, and resolves rewriters so that the text sent is the text recorded.
func observedRequest(ctx context.Context, conn *pgx.Conn, text string, args []any) (request, error) {
	r := request{text: text, args: args}
	for len(r.args) > 0 {
		switch a := r.args[0].(type) {
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
			r.options = append(r.options, a)
			r.args = r.args[1:]
		case pgx.QueryRewriter:
			sql, rest, err := a.RewriteQuery(ctx, conn, r.text, r.args[1:])
			if err != nil {
				return r, fmt.Errorf("rewrite query failed: %w", err)
			}
			r.text, r.args = sql, rest
			return r, nil // pgx looks for no further options behind a rewriter
		default:
			return r, nil
		}
	}
	return r, nil
}
