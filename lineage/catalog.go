package lineage

import "github.com/sqlc-dev/oliphant/ast"

// Found says what a [Catalog] knows of a name.
type Found uint8

const (
	// NotLoaded means that nobody has asked the server yet. The zero value, so that a forgotten answer is a question.
	NotLoaded Found = iota
	// Absent means that the server was asked and has no such object.
	Absent
	// Present means that the object is known.
	Present
)

// Catalog is what the analyser may know of a database. It is a value: the same question always has the same answer.
// An object that nobody loaded yet is [NotLoaded]; the analyser then lists it in [Statement.Needs], the caller loads it
// and analyses again.
type Catalog interface {
	// SearchPath lists the effective schemas in the order in which PostgreSQL looks names up: what
	// current_schemas(true) says, pg_temp under its real name and only if it exists. Where the path names pg_temp first it
	// stands twice, or behind pg_catalog: new objects go there.
	SearchPath() []string
	// Relation looks up a relation (table, view, sequence, composite type ...) by its exact schema and name.
	Relation(schema, name string) (*Relation, Found)
	// Functions lists the functions, procedures and aggregates of that exact schema and name.
	Functions(schema, name string) ([]*Function, Found)
	// Operators lists the operators of that name outside pg_catalog, in any schema.
	Operators(name string) ([]*Operator, Found)
	// Type looks up a type by its exact schema and name.
	Type(schema, name string) (*Type, Found)
}

// NeedKind is the kind of object that a [Need] asks for.
type NeedKind uint8

// The kinds of objects that a catalog loads.
const (
	NeedRelation NeedKind = iota + 1
	NeedFunction
	NeedOperator
	NeedType
)

// Need is an object that the analysis asked for and the catalog had not loaded.
type Need struct {
	Kind NeedKind
	Name Name
}

// RelKind is pg_class.relkind: what sort of relation it is.
type RelKind byte

// The relation kinds, as in pg_class.relkind.
const (
	Table            RelKind = 'r'
	PartitionedTable RelKind = 'p'
	View             RelKind = 'v'
	MaterializedView RelKind = 'm'
	ForeignTable     RelKind = 'f'
	Sequence         RelKind = 'S'
	Index            RelKind = 'i'
	PartitionedIndex RelKind = 'I'
	CompositeType    RelKind = 'c'
	ToastTable       RelKind = 't'
)

// Relation is one row of pg_class with its columns.
type Relation struct {
	Name
	OID         uint32
	Kind        RelKind
	Temporary   bool // of a session's own temporary schema
	Columns     []Column
	Definition  string    // of a view or materialised view: its query, as pg_get_viewdef prints it
	Comment     string    // obj_description; labels live in comments
	Rows        float32   // pg_class.reltuples; -1 = never analysed
	Analyzed    int64     // how often it and its family were analysed, as far as the server counts it; no part of Version
	RowSecurity bool      // row-level security is enabled
	Triggers    []string  // names of the functions that its triggers call, schema-qualified
	Codes       []string  // constants of five capitals and digits in the source of those functions: SQLSTATEs that they raise
	Rules       bool      // it has rewrite rules other than a view's own
	Calls       bool      // its defaults, generated columns, constraints or indexes call what is not known to be harmless
	PolicyCalls bool      // and so do its policies, where row-level security is enabled
	Children    bool      // other tables inherit from it or are its partitions
	Parents     []Name    // the tables that it inherits from or is a partition of, and theirs
	Constraints []string  // names of its constraints and unique indexes
	Checks      []string  // the validated CHECK constraints, as pg_get_expr prints them
	Version     string    // digest of the xmin of the rows this was read from; empty where the source has none
	query       *ast.Node // of a view that the same text makes
}

// Column finds a column by name; system columns are not in Columns.
func (r *Relation) Column(name string) (*Column, bool) {
	for i := range r.Columns {
		if r.Columns[i].Name == name {
			return &r.Columns[i], true
		}
	}
	return nil, false
}

// Number finds a column by attribute number.
func (r *Relation) Number(num int16) (*Column, bool) {
	if i := int(num) - 1; i >= 0 && i < len(r.Columns) && r.Columns[i].Num == num {
		return &r.Columns[i], true // no column before it was dropped
	}
	for i := range r.Columns {
		if r.Columns[i].Num == num {
			return &r.Columns[i], true
		}
	}
	return nil, false
}

// Column is one live column of a relation, in attribute order. Dropped columns are left out.
type Column struct {
	Name    string
	Num     int16  // pg_attribute.attnum
	Type    string // format_type: "character varying(20)", "integer[]", "public.mood"
	TypeOID uint32
	// Base is the OID of the type below domains and arrays: text for a domain over text[]. 0 = as TypeOID.
	Base      uint32
	NotNull   bool
	Key       bool      // part of the primary key or of a unique index of one column
	Generated bool      // GENERATED ALWAYS AS ... or an identity column
	Code      *TypeCode // of its type; nil = none
	// Expression is what a generated column is computed by, as pg_get_expr prints it; "" for any other.
	Expression string
	// Fields are the attributes of a composite type, those of composites below it included; also through domains and
	// arrays. FieldsOf is the name of the type, or of the table whose row type it is.
	Fields   []Column
	FieldsOf Name
	Comment  string // col_description; see [Labels]
	// Related are the comments with labels that the column has in tables that this one inherits from, or that inherit from
	// it: their rows are read by either name; and those of the domains that its type is made of.
	Related []string
	// Security are its security labels, "provider: label".
	Security []string
	// Was are the names that it had before the statements of the same text that rename it.
	Was []string
	// Held is what its values look like, as far as somebody who may see some of them says so. The zero value: nothing.
	Held Held
}

// Held is what the values of a column look like, and how that is known. It holds no value.
type Held struct {
	Class            string // of data; "" = they say nothing
	Values, Matching int    // how many different values were looked at, and how many are of the class
	// References says that they are numbers of things, as those of orders are: what looks like a number of somebody's among
	// them does so by chance.
	References bool
}

// Function is one row of pg_proc.
type Function struct {
	Name
	OID             uint32
	Kind            byte     // pg_proc.prokind: f function, p procedure, a aggregate, w window
	Args            []string // argument types, format_type
	ArgNames        []string // names of all arguments, outputs included; may be shorter than ArgModes
	ArgModes        []string // i, o, b, v, t for all arguments; nil = all "i"
	Defaults        int      // how many input arguments have a default
	ArgDefaults     string   // those defaults, the last ones of the input arguments, as pg_get_expr prints them
	Variadic        bool
	Returns         string // result type, format_type
	ReturnsRelation Name   // the table or composite type of that name, if the result is a row of it
	ReturnsSet      bool
	Volatility      byte // i immutable, s stable, v volatile
	SecurityDefiner bool
	PublicExecute   bool      // PUBLIC may execute it
	Language        string    // sql, plpgsql, c, internal ...
	Body            string    // prosrc, or pg_get_function_sqlbody for BEGIN ATOMIC
	Extension       string    // the extension that owns it, or ""
	Config          []string  // its SET clauses: name=value
	Parts           []Name    // of an aggregate: the functions that it is made of, but immutable ones of PostgreSQL's own
	Code            *TypeCode // of the types of its arguments and its result; nil = none
	Version         string
	defaults        []*ast.Node
	atomic          *ast.Node // the body of one that the same text makes, where it is part of its grammar
}

// Operator is a row of pg_operator that PostgreSQL does not bring.
type Operator struct {
	Name
	Function Name
	// Own says of the left and the right operand that it is of a type of a user's to which no value of another type is cast
	// by itself.
	Own [2]bool
}

// Type is a row of pg_type.
type Type struct {
	Name
	OID      uint32
	Kind     byte     // pg_type.typtype: b base, c composite, d domain, e enum, p pseudo, r range, m multirange
	Category byte     // pg_type.typcategory
	Columns  []Column // of a composite type
	Base     string   // of a domain: the type below
	// Code is what values of the type call; nil = nothing. The type "any" of pg_catalog stands for the casts between types
	// of PostgreSQL's own that were added to it.
	Code *TypeCode
}
