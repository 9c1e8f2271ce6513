// Package governed is the book of a library that governs what Go programs send to PostgreSQL. The code is in its
// packages; this page says what they do together, what they stop, and what they cannot.
//
// # What it is
//
// Importing [github.com/governedsql/governed/driver] registers a database/sql driver named governed-postgres. A program
// changes one word in sql.Open, and from then on every statement belongs to a caller, is read with PostgreSQL's own
// grammar, is allowed, held or denied before the server sees it, comes back masked, and is recorded:
//
//	import _ "github.com/governedsql/governed/driver"
//
//	db, err := sql.Open("governed-postgres", "postgres://app@db/shop")
//
// It is a library and not a proxy: there is nothing to run, and the cost of a statement whose analysis is cached is
// microseconds.
//
// # The path of a statement
//
// The architecture is one path, and driver/govern.go shows it in these words:
//
//		SQL text -> parse -> analyse -> decide -> record intent -> (consume approval) -> execute -> mask -> record outcome
//
//	  - parse: checks for texts that a parser and the server would read differently (NUL, invalid UTF-8), or that would cost
//	    the parser more than milliseconds; then PostgreSQL's grammar (internal/pgparse).
//	  - analyse: what the statement is, reads, writes and returns, column by column, by the names that the server's catalog
//	    resolves ([github.com/governedsql/governed/lineage]). The catalog is read lazily and cached.
//	  - decide: rules over those facts give allow, warn, hold or deny, each with a reason, a position in the text and a safe
//	    alternative ([github.com/governedsql/governed/guard]).
//	  - record intent: recorders are told before anything is sent; one that fails refuses the statement.
//	  - consume approval: a held statement asks the configured approver.
//	  - execute: by the extended protocol, one statement a message, on pgx.
//	  - mask: personal data and secrets are replaced, by where a column comes from and not by what it is called
//	    ([github.com/governedsql/governed/mask]). The analysis and the server's description of each execution must agree.
//	  - record outcome: rows, SQLSTATE, masked columns, the state of the transaction
//	    ([github.com/governedsql/governed/otelexport] makes spans of it).
//
// Everything fails closed: what is not parsed, not resolved or not recordable is not run and not shown.
//
// # Profiles
//
//	standard   applications (the default): what destroys data, opens a door or leaves a connection changed is denied
//	strict     agents: callers must be verified, and what standard warns of is denied
//	migration  schema changes: data definition is warned of, scripts are split, each statement decided before any is sent
//	observe    nothing is refused or masked; what standard would have said is recorded
//
// # Data source names
//
// Keys with the prefix governed. may stand in either form of a PostgreSQL data source name and never reach the server:
//
//	governed.profile      standard, strict, migration or observe
//	governed.mask         on or off; on unless the profile is observe
//	governed.clear        columns read in clear, comma-separated: schema.table.column, table.column, schema.table.*
//	governed.environment  where this is; unset means production
//	governed.policy       a policy file; needs the blank import of guard/policyfile
//	governed.claims       on or off; off unless set: PostgreSQL is told whom each statement belongs to
//	governed.report       a directory for reports of what was sent and what became of it
//	governed.mask_key     a file of keys for pseudonyms, the first in force; else they change with each process
//	governed.scan         on or off; on unless the profile is observe: values that nobody labelled are looked at
//	governed.sample       on or off; on unless masks are off: columns are classified by the server's sample of their values
//	governed.ledger       the directory of a ledger: nothing is sent that is not written down first
//
// An unknown governed key is an error. So are server settings that would undo what the guard relies on, such as
// replication, role, standard_conforming_strings or client_encoding.
//
// # Who, for what
//
// The context of a call says who sends it and what for. It is recorded with every statement:
//
//	ctx = lineage.WithCaller(ctx, lineage.Agent("feature-builder", lineage.Human("ada")))
//	ctx = lineage.WithJob(ctx, lineage.Job{Namespace: "ml", Name: "churn-train", RunID: id, Model: "churn@7"})
//	ctx = lineage.WithPurpose(ctx, "model-training")
//
// Human, Service and Agent are what the program says; they are marked unverified, and strict refuses them. Verified callers
// are made of signed tokens by [github.com/governedsql/governed/guard/oidc], and by nothing else. With governed.claims=on,
// PostgreSQL is told of the caller in the same round trip, so that row-level security sees the person behind the pool.
//
// # The ledger
//
// With governed.ledger, or driver.Config.Ledger, the intent of each statement is durable before it is sent, and its outcome
// follows. What cannot be written down is not sent. The log holds no values; package lineage/ledger says what it holds, the
// command governed verifies it, proves records of it and answers from it who did what to which data.
//
// # Masks on day one
//
// A service that reads its own customers' data notices masks and does not suffer them. Each masked column is warned of
// once, with the key that would show it. A pseudonymous e-mail address ends in .invalid. A masked value that comes back as
// an argument, a literal or in the data of COPY FROM is refused, also as a member of a document, so that an ORM's full-row
// UPDATE destroys nothing.
//
// # Threat model
//
// What it stops: statements that a program, a library or an agent sends through database/sql, in any spelling, by any of
// its methods, as any role; the values of recognised columns in results, in error texts and in notices.
//
// What it cannot stop, and what to do about it:
//
//   - Code in the same process can open another connection or reach into memory with package unsafe. Keep a fence in the
//     database: a role with only the grants it needs, row-level security, and pgAudit to compare with.
//   - Functions, triggers and rules run on the server. Bodies that can be read are analysed; what cannot is denied where a
//     statement calls it, and only recorded where a trigger runs it.
//   - Between two looks at the catalog, at most a second apart on a busy statement, another session can rename a table. The
//     server's description of each result still names the columns that are really read; where it disagrees with the
//     analysis the stricter reading masks. A view that is replaced in that second keeps its own columns, and the description
//     names no more than those: its new definition is known at the next look. A transaction with the isolation level
//     REPEATABLE READ or SERIALIZABLE sees the catalog as it was when the transaction began.
//   - A label in a comment is as good as those who may write it past the driver, and a read may miss for a second one that
//     was just written; what makes, changes or describes a relation looks at once. Copies by other tools carry none, nor do
//     those of connections on which masks are off. Comments of columns, of attributes and of domains are read, those of
//     other types are not.
//   - Functions of operator classes run when rows are sorted, grouped or compared; only a superuser makes such a class, and
//     nobody opens them.
//   - Column defaults, check constraints of tables, index expressions, row-level security policies and defaults of function
//     parameters run functions as triggers do: who may define them can have code run by an ordinary read or write, and no
//     statement is held for it. What such code sets or locks on its session stays there for the next user of the connection;
//     what triggers do is swept away. Casts, operators, aggregates and constraints of domains are opened like a call.
//   - What predicates, ordering, counts and lookups reveal (inference) is warned of and not stopped by standard, not even
//     where one statement compares a masked column with a table of guesses; strict denies it. Of a document that nobody labelled,
//     strict and agents may ask members by constant or bound keys that say nothing sensitive, and which keys there are; its text,
//     its order, what is computed of all of it, and members by keys that nobody knows they may not (label it [governed: not_sensitive]
//     or grant it). The standard does not warn of those. What is not seen: a pattern over the text of an object under a key that names
//     no container, and one over the text of a composite value with a document in it.
//   - What pg_notify sends to listeners nobody looks at: texts of columns that nobody labelled are no argument of it (IO16), but for
//     triggers, whose authors are trusted with what they send.
//   - A mask that looks like a value (the year of a birth date, the network of an address, a number) is recognised when it is
//     written back in the same process; another process does not know that it was one, and what a program has calculated from it is
//     like any other value. Tokens are recognised anywhere.
//   - Values of columns whose names say nothing are looked at, and what is detected is replaced: texts, bytes that are
//     texts, JSON, XML, hstore, text search vectors, and what stands in arrays, records and ranges; in results, in what COPY
//     TO streams, in settings, in errors and notices. That is the second net: it sees what
//     reverse and encode make of a value, and does not see one that was changed in another way, cut in two or written in
//     words; it takes digits in one piece for a number of somebody's only where a checksum says so.
//     Numbers of 14 to 16 digits are taken for those of a card where a column is none of keys, counts, amounts or times,
//     unless it shows twice as many that are none: alone, one arbitrary number in twenty-five of that length becomes 0, and one
//     in ten of those that begin with a 4. Who can write rows can add such others. A name such as customer_id is believed
//     until a result shows two cards under it and no other number of that length; keys and generated columns always are.
//     Texts that are a number as a whole are judged in the same way, by the others of their column: five for each that passes
//     for a card or for a national number, four for each that is written as a telephone; the first rows of a column of
//     references have none beside them. Four numbers with dots are no address under a name or a key for versions, and the
//     digits behind a decimal point are nobody's. Once the table was analysed and the sample holds numbers of things or
//     identifiers, all of them are shown, also in what is made of them. What is made of columns without texts is looked at for
//     the numbers of cards in it, as those columns are, and for nothing else.
//     Numbers that somebody calculated with (a card and one, the next of a sequence) and those in points are not found. COPY
//     TO in the binary format is denied where a column that nobody labelled is of a type that is not read there (arrays,
//     records, numeric, types of extensions).
//   - What the server's sample says of a column counts from the moment that a process asks for it: a table that was never
//     analysed has none, and a process of which no role may see it (row security, rights) decides without. Whoever may write
//     rows and have them analysed can make an ordinary column look sensitive, and, with more than one row in ten that is
//     none, keep one from it; results are scanned then. A label is for good, and the same for all.
//   - What a function returns is known column by column where its body is one query, or PL/pgSQL with RETURN QUERY alone, and
//     the column is one of a table as it stands, a constant, or a count. Anything else that comes out of a body which reads a
//     masked column is hidden. Of a composite with one sensitive attribute all attributes are hidden, and so is all that is
//     made of a whole row. The year of a birth date that a view computes is hidden, too.
//   - The ledger covers what goes through the driver. Who can write its directory and has its key can write another history;
//     the checkpoints that were published contradict it. Statements of the driver's own (the catalog, EXPLAIN for a cost
//     limit, the parsing of a text that is prepared) are not in it.
//   - Members of JSON, hstore and XML documents that nobody labelled are hidden by their keys and names: in the document, in
//     texts that are documents, and where a constant key takes them out of it, in any syntax and through views, subqueries,
//     copies and bodies of functions. Of a member whose key is not known before (a key that is computed, a wildcard, a string
//     function over the document's text) texts and numbers are hidden, and what is made of it; a key that is an argument decides
//     at each execution, and a value with its key beside it (jsonb_each) row by row. Label a document [governed: not_sensitive]
//     or grant it to read it by any key, [governed: pii] to hide it whole. What is not seen: a part that a string function cuts
//     out of a column of type text that holds a document, or out of the text of an object under a key that names no container;
//     the text of all elements below one that XMLTABLE gives; an object under an unknown key shows what its own keys do not
//     hide. A bare name is a person's below a relation, a column or a key that is a word for people, and beside an address for
//     mail, a date of birth or a national number; a copy into a new table is labelled [governed: of_people] where those
//     words are lost. Where it is taken by itself out of another document, such as a copy in a table that was there before, it is
//     shown. So is the value of a pair ({"key": "ssn", "value": ...}) there, which the document hides.
//     Booleans in documents are shown but under keys of health, belief and the like, and so are numbers that count or
//     identify beside an address, those under the key of an address for mail or a name.
//   - Budgets of rows and bytes count in one process; several processes have one each.
//   - What PostgreSQL is told of a caller it believes of everybody who is logged in as the same role: governed.claims is a
//     setting, and a plain connection can write into it what it likes. So can triggers and functions, whose authors are
//     trusted with the tables anyway. Code whose rows depend on it needs that fence of the database all the more.
//
// # Errors
//
//	var denied *guard.DeniedError              // errors.Is(err, guard.ErrDenied): rule, object, byte position, reason, safe alternative
//	var pending *guard.ApprovalRequiredError   // request, expiry, who may approve
//	var server *pgconn.PgError                 // the server's error; its text is withheld where it could carry masked values
//
// A text that does not parse is both a DeniedError (rule TX05) and a PgError with code 42601, as the server would say.
package governed
