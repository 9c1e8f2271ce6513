// Package ledger keeps a log of what was sent to a database that a stranger can verify: an intent is durable before a
// statement is sent, its outcome follows, and everything stands in one Merkle tree whose head is signed with every write.
//
// A [Ledger] is a recorder of the driver. It is opened with [Open], or by the driver itself for the key governed.ledger
// of a data source name. [Verify] checks a log with nothing but its files and the public key, [Prove] makes a proof of
// one record that can be checked without the log, [Query] answers who did what.
//
// # What a log is
//
// A log is a directory of files of lines. A record is one line of JSON, its fields in a fixed order; the bytes of the line
// without its end are a leaf of the tree (RFC 6962, SHA-256). Each group of records that is written ends with a line that
// holds a checkpoint: a signed note (C2SP tlog-checkpoint, Ed25519) of the tree's size and root. A file begins with a
// line that says where in the log it stands. Nothing in a log is ever changed; whatever is changed, removed, swapped or
// added contradicts a hash or a signature.
//
// What the tree alone cannot show is that the newest groups were cut off: for that a checkpoint has to be kept elsewhere.
// The ledger publishes one every ten seconds or thousand records, and when it is closed, to a file beside the directory
// and to [Config.Publish]. That interval is the window in which a cut can go unnoticed.
//
// # What a record holds
//
// Who (and on whose behalf, with which evidence), when, from where; the statement without its literals, its fingerprint
// and a keyed digest of its exact text; the types and keyed digests of its arguments; the tables and columns that it
// reads and writes; the decision, its rules and the digest of the policy; the columns that came masked or in clear; rows,
// bytes, SQLSTATE; job, run, model and trace. It holds no value of an argument or a result, and no secret. Names are quoted as
// in SQL unless they are plain. The lists of columns and of what flows where are bounded, and cut_lists names those that were
// cut; tables are always all there. The keys of
// the digests belong to a month each and are kept outside the log: destroying one ends what could be linked by them,
// and leaves every proof valid.
//
// These are the elements of an audit record that NIST SP 800-53 AU-3 names: what type of event (event, command, class,
// fingerprint), when (time, AU-8), where (server, database role, backend, the start record's host and process), the source
// (process, service), the outcome (decision, rule, status, sqlstate, rows) and the identity (who, with issuer and token id).
// The deadline and the gap record support AU-5, audit AU-6, tree and checkpoints AU-9 and, with verified callers, AU-10.
//
// # When it cannot be written
//
// A statement whose intent is not durable within [Config.Deadline] is refused and not sent. A write that failed is tried
// again with the very same bytes until it succeeds; meanwhile statements are refused at once. With [Config.FailOpen] they
// are sent, and a gap record says afterwards how many went unrecorded, and when.
package ledger
