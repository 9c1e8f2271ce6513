package otelexport

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/governedsql/governed/lineage"
)

// The attributes that the semantic conventions have no name for.
const (
	EventKey          = attribute.Key("governed.event")             // statement, connect, reset, close, begin, commit, rollback
	ProfileKey        = attribute.Key("governed.profile")           // standard, strict, migration, observe
	DecisionKey       = attribute.Key("governed.decision")          // allow, warn, hold, deny
	RuleKey           = attribute.Key("governed.rule.id")           // the deciding rule
	RulesKey          = attribute.Key("governed.rule.ids")          // all that hit, the deciding one first
	PolicyKey         = attribute.Key("governed.policy.sha256")     //
	IdentityKindKey   = attribute.Key("governed.identity.kind")     // human, service, agent, anonymous
	IdentityActorKey  = attribute.Key("governed.identity.actor")    // who acts for the subject
	IdentityActorsKey = attribute.Key("governed.identity.actors")   // all who do, where there are several, that one first
	IdentityIssuerKey = attribute.Key("governed.identity.issuer")   // who vouches for the subject
	IdentityTokenKey  = attribute.Key("governed.identity.token_id") // the id of the token that the caller came with
	IdentityKeyKey    = attribute.Key("governed.identity.key_id")   // the key that signed it
	IdentityProvenKey = attribute.Key("governed.identity.verified") //
	InputsKey         = attribute.Key("governed.lineage.inputs")    // datasets read, as OpenLineage names them
	OutputsKey        = attribute.Key("governed.lineage.outputs")   // datasets written
	ColumnsKey        = attribute.Key("governed.lineage.columns")   // output<-schema.table.column, one of each source
	JobKey            = attribute.Key("governed.job")               // namespace/name
	RunKey            = attribute.Key("governed.run_id")
	ModelKey          = attribute.Key("governed.model")
	PurposeKey        = attribute.Key("governed.purpose")
	RowsKey           = attribute.Key("governed.rows")
	MaskedKey         = attribute.Key("governed.masked_columns")  // output:schema.table.column:treatment
	ClearedKey        = attribute.Key("governed.cleared_columns") // sensitive columns that a grant showed
	ClearedCellsKey   = attribute.Key("governed.cleared_cells")   // how many cells of them were read
	ShowKey           = attribute.Key("governed.clear")           // the key that would show the masked columns
	MismatchKey       = attribute.Key("governed.mismatch")        // analysis and server disagreed
	LedgerIndexKey    = attribute.Key("governed.audit.index")
)

// facts are what depends on the statement and its connector alone; they are made once and kept with the statement.
type facts struct {
	name    string
	options []trace.SpanStartOption
}

func factsOf(rec *lineage.Record) *facts {
	if f, ok := rec.Statement.Memo.Load().(*facts); ok {
		return f
	}
	st := rec.Statement
	f := &facts{name: st.Summary}
	if f.name == "" {
		f.name = st.Command
	}
	attrs := connection(rec)
	if f.name == "" {
		f.name = "postgresql"
	} else {
		attrs = append(attrs, semconv.DBQuerySummary(f.name))
	}
	attrs = appendText(attrs, semconv.DBQueryTextKey, st.Normalized)
	attrs = append(attrs, EventKey.String(string(rec.Event)), ProfileKey.String(rec.Profile))
	inputs, outputs := datasets(rec)
	attrs = appendList(attrs, InputsKey, inputs)
	attrs = appendList(attrs, OutputsKey, outputs)
	attrs = appendList(attrs, ColumnsKey, columnFlow(st))
	f.options = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...)}
	st.Memo.Store(f)
	return f
}

// connection describes where the statement goes.
func connection(rec *lineage.Record) []attribute.KeyValue {
	attrs := []attribute.KeyValue{semconv.DBSystemNamePostgreSQL}
	if rec.Host != "" {
		attrs = append(attrs, semconv.ServerAddress(rec.Host))
		if rec.Port != 0 && rec.Port != 5432 {
			attrs = append(attrs, semconv.ServerPort(int(rec.Port)))
		}
	}
	switch {
	case rec.Database != "" && rec.Schema != "":
		attrs = append(attrs, semconv.DBNamespace(rec.Database+"|"+rec.Schema))
	case rec.Database != "":
		attrs = append(attrs, semconv.DBNamespace(rec.Database))
	}
	return attrs
}

// datasets names the relations read and written as OpenLineage does: postgres://host:port/database.schema.table.
func datasets(rec *lineage.Record) (inputs, outputs []string) {
	prefix := Namespace(rec.Host, rec.Port) + "/" + rec.Database + "."
	for i := range rec.Statement.Relations {
		use := &rec.Statement.Relations[i]
		name := prefix + use.Relation.Name.String()
		if use.Access&lineage.Reads != 0 && !slices.Contains(inputs, name) {
			inputs = append(inputs, name)
		}
		if use.Access&lineage.Writes != 0 && !slices.Contains(outputs, name) {
			outputs = append(outputs, name)
		}
	}
	return inputs, outputs
}

// Namespace is OpenLineage's name of a PostgreSQL server. A socket's directory stands for this host.
func Namespace(host string, port uint16) string {
	if host == "" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") {
		host = "localhost"
	}
	if port == 0 {
		port = 5432
	}
	return "postgres://" + net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// maxColumns bounds the column flow of one span.
const maxColumns = 128

func columnFlow(st *lineage.Statement) []string {
	var out []string
	add := func(name string, sources []lineage.Source) {
		for _, s := range sources {
			if flow := name + "<-" + s.Column.String(); len(out) < maxColumns && !slices.Contains(out, flow) {
				out = append(out, flow)
			}
		}
	}
	for _, o := range st.Outputs {
		add(o.Name, o.Base)
	}
	for _, a := range st.Assigns {
		add(a.Target.String(), a.Sources)
	}
	return out
}

// usual is how many attributes most statements have at the end.
const usual = 6

// anonymous says that nobody told who it is.
var anonymous = IdentityKindKey.String("anonymous")

// attributes are what is known at the end and was not said at the beginning, as an event's decision and caller mostly were.
func attributes(rec *lineage.Record) []attribute.KeyValue {
	var a []attribute.KeyValue
	statement := rec.Event == lineage.StatementEvent
	if statement {
		a = make([]attribute.KeyValue, 0, usual)
	}
	if statement || rec.Decision != lineage.Allow {
		a = append(a, DecisionKey.String(string(rec.Decision)))
	}
	if statement || !rec.Caller.IsAnonymous() {
		a = appendIdentity(a, rec)
	}
	a = appendText(a, JobKey, jobName(rec.Job))
	a = appendText(a, RunKey, rec.Job.RunID)
	a = appendText(a, ModelKey, rec.Job.Model)
	a = appendText(a, PurposeKey, rec.Purpose)
	a = appendText(a, PolicyKey, rec.Policy)
	if len(rec.Reasons) > 0 {
		a = append(a, RuleKey.String(rec.Reasons[0].Rule), RulesKey.StringSlice(ruleIDs(rec.Reasons)))
	}
	if rec.Event == lineage.StatementEvent && !rec.Refused() {
		a = append(a, RowsKey.Int64(rec.Rows))
	}
	if len(rec.Masked) > 0 {
		a = append(a, MaskedKey.StringSlice(maskNames(rec.Masked)))
		a = appendText(a, ShowKey, showKey(rec.Masked))
	}
	if len(rec.Cleared) > 0 {
		a = append(a, ClearedKey.StringSlice(maskNames(rec.Cleared)))
		if rec.ClearedCells > 0 {
			a = append(a, ClearedCellsKey.Int64(rec.ClearedCells))
		}
	}
	if rec.Mismatch {
		a = append(a, MismatchKey.Bool(true))
	}
	if rec.Index >= 0 {
		a = append(a, LedgerIndexKey.Int64(rec.Index))
	}
	if rec.SQLState != "" {
		a = append(a, semconv.DBResponseStatusCode(rec.SQLState))
	}
	if rec.ErrorType != "" {
		a = append(a, semconv.ErrorTypeKey.String(rec.ErrorType))
	}
	return a
}

func appendText(a []attribute.KeyValue, key attribute.Key, value string) []attribute.KeyValue {
	if value == "" {
		return a
	}
	return append(a, key.String(value))
}

func appendList(a []attribute.KeyValue, key attribute.Key, list []string) []attribute.KeyValue {
	if len(list) == 0 {
		return a
	}
	return append(a, key.StringSlice(list))
}

func appendIdentity(a []attribute.KeyValue, rec *lineage.Record) []attribute.KeyValue {
	c := rec.Caller
	if c.IsAnonymous() {
		return append(a, anonymous)
	}
	a = append(a, IdentityKindKey.String(string(c.Kind())), semconv.UserID(c.Subject()), IdentityProvenKey.Bool(c.Verified(rec.Start)))
	if roles := c.Roles(); len(roles) > 0 {
		a = append(a, semconv.UserRoles(roles...))
	}
	a = appendText(a, IdentityActorKey, c.Actor())
	if actors := c.Actors(); len(actors) > 1 {
		a = append(a, IdentityActorsKey.StringSlice(actors))
	}
	a = appendText(a, IdentityIssuerKey, c.Issuer())
	return appendText(appendText(a, IdentityTokenKey, c.TokenID()), IdentityKeyKey, c.KeyID())
}

func jobName(j lineage.Job) string {
	if j.Namespace == "" {
		return j.Name
	}
	return j.Namespace + "/" + j.Name
}

func ruleIDs(reasons []lineage.Reason) []string {
	var out []string
	for _, r := range reasons {
		if !slices.Contains(out, r.Rule) {
			out = append(out, r.Rule)
		}
	}
	return out
}

func maskNames(masks []lineage.ColumnMask) []string {
	out := make([]string, len(masks))
	for i, m := range masks {
		out[i] = m.Output + ":" + m.Column.String() + ":" + m.Treatment
	}
	return out
}

// showKey is the DSN key that would show the masked columns; "" where there is none.
func showKey(masks []lineage.ColumnMask) string {
	var names []string
	for _, m := range masks {
		if m.Column == (lineage.ColumnID{}) {
			continue // it was found in a value that is of no column: a setting, what a function gave
		}
		if name := m.Column.Quoted(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if names == nil {
		return ""
	}
	return "governed.clear=" + strings.Join(names, ",")
}
