package lineage

import "slices"

// Class is the class of a statement, as pgAudit classifies statements.
type Class string

// The classes. The zero value is no class: the statement was not analysed.
const (
	Read         Class = "READ"
	Write        Class = "WRITE"
	DDL          Class = "DDL"
	Role         Class = "ROLE"
	Misc         Class = "MISC"
	FunctionCall Class = "FUNCTION"
)

// Statement is everything that is known of one SQL statement before it runs: what it is, what it reads and writes, what
// it returns and where that comes from, what else it does. It is a value made by [Analyze]; nobody changes it afterwards,
// and caches share it.
type Statement struct {
	SQL         string // the text of this statement alone
	Offset      int    // where it begins in the string that was sent, in bytes
	Normalized  string // the text with every literal replaced by $n; fit for spans and records
	Fingerprint string // the same for all texts that differ in values and white space only; 16 hex digits
	Summary     string // db.query.summary of the OpenTelemetry conventions: "SELECT users orders"
	Command     string // the command tag without counts: SELECT, INSERT, CREATE TABLE, EXPLAIN ...
	Class       Class
	Params      int // the highest parameter number: 3 where $3 is used

	Relations []RelationUse
	Functions []FunctionUse
	Settings  []SettingUse
	Effects   []Effect
	Outputs   []Output
	Assigns   []Assign
	// Shows says what the columns of a view that the statement creates are made of. Nothing is copied: who reads the view
	// is shown what its tables then hold.
	Shows    []Assign
	Indirect []Influence
	Strings  []Literal // string constants anywhere in the text
	// Defines are the relations that the statement creates, as far as its text says; they have no OID.
	Defines []*Relation
	makes   []*Function // functions that it creates
	// Shape is how the queries of the statement make their rows and how many of them.
	Shape Shape
	// NoTransaction means that the server refuses the statement inside a transaction block: VACUUM, CREATE INDEX
	// CONCURRENTLY, CREATE DATABASE.
	NoTransaction bool
	// Hinted means that a comment at the head of the statement is a directive to an extension: /*+ SeqScan(t) */.
	Hinted bool

	// Unresolved lists what could not be resolved, each with its reason. A statement with an entry here must not run,
	// and nothing that it returns may be shown.
	Unresolved []Unresolved
	// Needs lists objects that the catalog had not loaded. While it is not empty the other fields are provisional.
	Needs []Need

	// Bodies is by which keys the opened bodies of functions take values out of documents, whatever becomes of them.
	Bodies Taken
	taken  *Taken // by which keys its own text does

	// Memo is for those who compute something from the facts alone and want to keep it with them (span attributes, a
	// static verdict).
	Memo Memo
}

// Access says how a relation is used.
type Access uint8

// The accesses are a set.
const (
	Reads Access = 1 << iota
	Writes
	Locks // FOR UPDATE, FOR SHARE, LOCK TABLE
)

// Inside says in what a part of a statement stands. The values are a set; 0 is the statement's own top level.
type Inside uint16

// What a part of a statement can stand in.
const (
	InCTE           Inside = 1 << iota // the body of a WITH query
	InSubquery                         // a subquery or sublink
	InExplain                          // EXPLAIN without ANALYZE: it is planned and not run
	InExplainRun                       // EXPLAIN ANALYZE: it runs
	InPrepare                          // PREPARE ... AS
	InCursor                           // DECLARE CURSOR
	InCopy                             // COPY (query)
	InDefinition                       // a definition that is stored: view, rule, function, default, policy
	InFunction                         // the opened body of a function that the statement calls
	InView                             // the opened definition of a view
	InDo                               // a DO block
	InTrigger                          // code that runs because the target has a trigger or rule
	InMergeArm                         // WHEN ... THEN of MERGE
	InCreateTableAs                    // CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED VIEW
)

// RelationUse is one relation that a statement touches. A relation read and written stands twice.
type RelationUse struct {
	Relation Relation // without Columns and Definition where only the name is known
	Known    bool     // the catalog has it
	Access   Access
	Command  string   // of a write: INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY ...
	Columns  []string // those read or written, sorted; nil = not known by column
	Inside   Inside
	Pos      int // byte offset in SQL, -1 where the text does not name it
}

// FunctionUse is one call of a function, also through an operator, a cast or a trigger.
type FunctionUse struct {
	Name       Name        // resolved schema where it is known
	Candidates []*Function // those the call can mean; empty = the catalog has none
	Args       []Arg
	InFrom     bool // it stands in FROM
	Once       bool // nothing makes it run more than once: no FROM, no WITH, no body around it
	Opened     bool // the bodies of all candidates were read in full: what they do is among the facts, as InFunction
	Loops      bool // the body of a candidate has a loop that is not over a query, or calls itself
	Inside     Inside
	Pos        int
	plain      bool // each argument is one constant or one parameter, casts aside
}

// Arg is one argument of a function call.
type Arg struct {
	Name    string   // of name => value; "" = by position
	Const   *string  // a constant, as text; nil = not a constant
	Null    bool     // the constant NULL
	Params  []int    // the parameters that it is made of
	Given   bool     // it is, as it is, an argument of the function of SQL that the statement calls and in whose body the call stands
	Sources []Source // the columns that it is made of
	Base    []Source // the same with views opened down to their tables
	// Taking is as in [Output].
	Taking
}

// SettingUse is one use of a configuration parameter.
type SettingUse struct {
	Name    string // lower case; "" = not known before it runs
	Action  string // SET, RESET, RESET ALL, SHOW, SHOW ALL, DISCARD
	Local   bool   // until the end of the transaction
	Value   string // the constant value, as text
	Dynamic bool   // the value is not a constant
	Param   int    // the value is this parameter alone; 0 = it is not
	Default bool   // SET ... TO DEFAULT
	// Via is SET, RESET, SHOW, set_config, ALTER ROLE, ALTER DATABASE, ALTER SYSTEM, ALTER FUNCTION, CREATE FUNCTION,
	// SET TRANSACTION, SET SESSION CHARACTERISTICS or BEGIN, the last three for the modes of transactions.
	Via    string
	Inside Inside
	Pos    int
}

// Effect is one thing that a statement does beyond reading. A DROP of three tables has three effects, an ALTER TABLE one
// for each of its actions.
type Effect struct {
	// Command is PostgreSQL's command tag: DELETE, DROP TABLE, ALTER TABLE, COPY, DO ...
	Command string
	// Action is the part of a compound command, in PostgreSQL's words: DROP COLUMN, DISABLE TRIGGER, TO PROGRAM.
	Action string
	Object Name
	// Relation is the resolved relation, where the object is one and the catalog has it.
	Relation *Relation
	Columns  []string
	// Options are the words of the command that matter, in capitals, with a value where there is one:
	// CASCADE, TEMPORARY, SECURITY DEFINER, LANGUAGE=plpython3u.
	Options []string
	// Lock is the strongest lock that the command takes on an object that is there, in PostgreSQL's words; "" = none, or
	// none stronger than reading and writing rows takes.
	Lock string
	// Work is what the server does with the rows that are there while it holds the lock.
	Work Work
	// Where is what bounds a DELETE, an UPDATE or an arm of a MERGE; nil = nothing bounds it.
	Where *Predicate
	// Fixed are the columns of the target that Where, whatever else it asks, compares by = with a value that is the same
	// for every row: a constant, an argument, one of a list of them. Sorted. Of ON CONFLICT DO UPDATE also those that have
	// the value that the proposed row has for them.
	Fixed []string
	// Kept are the columns that the statement sets to the value with which Where compares them.
	Kept []string
	// BySubquery means that Where asks a query for the rows.
	BySubquery bool
	Inside     Inside
	Pos        int
}

// NamedByValue reports whether the command names what it acts on by a string: that is a value, and stands in no record.
func (e *Effect) NamedByValue() bool {
	switch e.Command {
	case "LOAD", "PREPARE TRANSACTION", "COMMIT PREPARED", "ROLLBACK PREPARED":
		return true
	}
	return false
}

// Work is what a command does with the rows of a table.
type Work string

// The works. The zero value is none: the command changes the catalog alone.
const (
	Scans    Work = "scan"    // every row is read
	Rewrites Work = "rewrite" // every row is written again
)

// AccessExclusive is the lock that not even a reader gets past.
const AccessExclusive = "ACCESS EXCLUSIVE"

// Has reports whether the effect has that option.
func (e *Effect) Has(option string) bool { return slices.Contains(e.Options, option) }

// Option gives the value of an option such as LANGUAGE=sql, and whether it is there.
func (e *Effect) Option(name string) (string, bool) {
	for _, o := range e.Options {
		if len(o) > len(name) && o[len(name)] == '=' && o[:len(name)] == name {
			return o[len(name)+1:], true
		}
	}
	return "", false
}

// SourceRole says how a source takes part in an output.
type SourceRole uint8

// The roles.
const (
	Value      SourceRole = iota + 1 // flows into the value
	Condition                        // test of CASE, FILTER
	Window                           // PARTITION BY and ORDER BY of OVER
	Extra                            // counted only in the widest set: WHERE of a sublink, body of EXISTS, other side of USING
	Order                            // ORDER BY of an aggregate; ORDER BY and GROUP BY of a sublink
	Subtracted                       // right side of EXCEPT
	Counted                          // argument of count, of which the number tells only whether it is there
)

// SourceKind says what happens to a source on its way.
type SourceKind uint8

// The kinds, weakest change first.
const (
	Identity SourceKind = iota + 1
	Transformation
	Aggregation
)

// Edge is one way by which a source reaches an output.
type Edge struct {
	Role SourceRole
	Kind SourceKind
}

// Source is a column from which an output, an assignment or an argument is made.
type Source struct {
	Column ColumnID
	RelOID uint32 // 0 where the catalog has no OIDs
	Num    int16
	Edges  []Edge
}

// Output is one result column, in order.
type Output struct {
	Name string
	Type string // where it is known
	// Sources are columns of the relations that the statement names, views included.
	Sources []Source
	// Base are the sources with views opened down to their tables. The same slice as Sources where no view is involved.
	Base []Source
	// Origin is the column that the server's RowDescription must name for this output; nil = none, an expression.
	Origin *Source
	// Harmless means that the value carries nothing of its sources: count(*), EXISTS, IS NULL.
	Harmless bool
	// Accounted means that the value is what a function gives whose body was read and says which column of a table that is,
	// or that it carries nothing: that column is among the sources. What any other function's body gives is not.
	Accounted bool
	// Years means that the value is the year of its one source, or its decade, century or millennium.
	Years bool
	// Picked means that the value is the least or the greatest one of its one source, a column of dates.
	Picked bool
	// Member is as in [Assign].
	Member bool
	// Taking says by which keys the value was taken out of documents.
	Taking
	// KeyAt is the number of the output, from 1, that is the key of which this one is the value, row by row: both are the
	// columns of one jsonb_each or the like. 0 = there is none.
	KeyAt int
	// Unresolved is why the sources are not known; "" = they are.
	Unresolved string
}

// Assign is one column that a statement gives a value.
type Assign struct {
	Target   ColumnID
	RelOID   uint32
	Num      int16
	Command  string // INSERT, UPDATE, ON CONFLICT, MERGE INSERT, MERGE UPDATE, COPY, CREATE TABLE AS ..., ALTER COLUMN TYPE
	Sources  []Source
	Base     []Source // Sources with views opened down to their tables
	Params   []int    // the parameters that flow into the value
	Direct   bool     // the value is one parameter or one constant and nothing else, casts aside
	Literals []string // string constants that flow into the value
	Default  bool     // DEFAULT
	// Taking is as in [Output].
	Taking
	// Member means that the value is a member of a document as it stands there, casts aside.
	Member bool
	Inside Inside
	Pos    int
}

// InfluenceKind says how a column decides about rows.
type InfluenceKind string

// The kinds of influence, as OpenLineage names them.
const (
	Filter  InfluenceKind = "FILTER"
	Join    InfluenceKind = "JOIN"
	GroupBy InfluenceKind = "GROUP_BY"
	Sort    InfluenceKind = "SORT"
	Limit   InfluenceKind = "LIMIT"
)

// Influence is a column that decides which rows there are, or their order, without flowing into a value.
type Influence struct {
	Source Source
	Kind   InfluenceKind
	// Equality means a bare comparison column = parameter. In the body of a function it is one with an argument that the
	// statement gives once, as a constant or a parameter.
	Equality bool
	// Taken are the keys by which what decides was taken out of the source.
	Taken
}

// Literal is a string constant of the text.
type Literal struct {
	Value string
	Pos   int
}

// Unresolved is something that the analysis could not resolve.
type Unresolved struct {
	Reason string
	Object string
	Pos    int
}
