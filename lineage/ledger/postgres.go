package ledger

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The tables of a log in PostgreSQL. A role that writes it needs SELECT and INSERT on them and nothing else; whoever may
// CREATE makes them at the first Open.
const (
	recordTable     = "governed_ledger.records"
	checkpointTable = "governed_ledger.checkpoints"
	createTables    = `create schema if not exists governed_ledger;
create table if not exists governed_ledger.records (index bigint primary key, line text not null);
create table if not exists governed_ledger.checkpoints (size bigint primary key, edge text not null, at text not null, signed text not null);
create table if not exists governed_ledger.keys (line text primary key);
create unique index if not exists one_key on governed_ledger.keys ((true));`
)

// databaseLock keeps writers apart. It is the driver's own number: the bytes of "governed".
const databaseLock = 0x676f7665726e6564

// isDatabase tells the address of a database from a directory.
func isDatabase(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// databaseStore keeps a log in tables, for any number of processes: each group takes its place under a lock.
type databaseStore struct {
	config  *pgx.ConnConfig
	signer  note.Signer
	keys    Keys
	timeout time.Duration
	conn    *pgx.Conn // nil = it has to be opened again
	seen    Checkpoint
	signed  string // the checkpoint that was seen last: it has to stay
	pending *group // it was sealed, and nobody knows whether it is there
}

// openDatabase opens the log of a database for writing, and makes it if there is none.
func openDatabase(ctx context.Context, c *Config) (*databaseStore, error) {
	config, err := pgx.ParseConfig(c.Database)
	if err != nil {
		return nil, errors.New("the address of the ledger's database cannot be read")
	}
	config.RuntimeParams["synchronous_commit"] = "on"
	config.RuntimeParams["application_name"] = "governed ledger"
	s := &databaseStore{config: config, timeout: c.Deadline}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.setUp(ctx, c); err != nil {
		return nil, errors.Join(err, s.close(false))
	}
	return s, nil
}

func (s *databaseStore) connect(ctx context.Context) error {
	if s.conn != nil && !s.conn.IsClosed() {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return fmt.Errorf("connecting to the ledger's database: %w", err)
	}
	s.conn = conn
	return nil
}

// setUp makes the tables if need be, and holds the key against the one of the log.
func (s *databaseStore) setUp(ctx context.Context, c *Config) error {
	var there bool
	err := s.conn.QueryRow(ctx, `select to_regclass('governed_ledger.keys') is not null`).Scan(&there)
	if err != nil {
		return err
	}
	if !there {
		// Two processes may come at once.
		_, err = s.conn.Exec(ctx, fmt.Sprintf("begin; select pg_advisory_xact_lock(%d); %s; commit", int64(databaseLock), createTables))
		if err != nil {
			return fmt.Errorf("making the tables of the ledger: %w", err)
		}
	}
	s.keys, err = databaseKeys(ctx, s.conn)
	if err != nil {
		return err
	}
	exists := len(s.keys.list) > 0
	signer, line, err := privateKey(c, exists)
	if err != nil {
		return err
	}
	s.signer = signer
	if !exists {
		if _, err = s.conn.Exec(ctx, `insert into governed_ledger.keys (line) values ($1) on conflict do nothing`, line); err != nil {
			return err
		}
		if s.keys, err = databaseKeys(ctx, s.conn); err != nil {
			return err
		}
	}
	own, err := ParseKeys(line)
	if err != nil || !s.keys.has(own) || len(s.keys.list) != 1 {
		return fmt.Errorf("governed: %s is not the private key of the ledger in the database", c.KeyFile)
	}
	return nil
}

func databaseKeys(ctx context.Context, conn *pgx.Conn) (Keys, error) {
	rows, err := conn.Query(ctx, `select line from governed_ledger.keys order by line`)
	if err != nil {
		return Keys{}, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(lines) == 0 {
		return Keys{}, err
	}
	keys, err := ParseKeys(strings.Join(lines, "\n"))
	if err != nil {
		return keys, &TamperError{File: "governed_ledger.keys", Index: -1, Reason: err.Error()}
	}
	return keys, nil
}

// append writes the group behind whatever other processes wrote. A commit whose answer was lost may have happened: the
// group that comes again is looked for first.
func (s *databaseStore) append(g *group, now time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), max(s.timeout, publishTimeout))
	defer cancel()
	err := s.transact(ctx, g, now)
	if err != nil && s.conn != nil {
		_ = s.conn.Close(ctx)
		s.conn = nil
	}
	return err
}

func (s *databaseStore) transact(ctx context.Context, g *group, now time.Time) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	h, err := s.locked(ctx)
	if err != nil {
		return err
	}
	if s.pending == g && h.size > g.first {
		var line string
		err := s.conn.QueryRow(ctx, `select line from governed_ledger.records where index = $1`, g.first).Scan(&line)
		if err == nil && line == string(g.lines[0]) {
			_, err = s.conn.Exec(ctx, "rollback")
			s.done(g)
			return err
		}
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
	}
	if err := g.seal(h, now, s.signer); err != nil {
		return err
	}
	s.pending = g
	b := &pgx.Batch{}
	indexes, lines := make([]int64, len(g.lines)), make([]string, len(g.lines))
	for i, l := range g.lines {
		indexes[i], lines[i] = g.first+int64(i), string(l)
	}
	b.Queue(`insert into governed_ledger.records (index, line) select * from unnest($1::bigint[], $2::text[])`, indexes, lines)
	b.Queue(`insert into governed_ledger.checkpoints (size, edge, at, signed) values ($1, $2, $3, $4)`,
		g.after.size, edgeText(g.after.edge), g.after.time.Format(timeLayout), string(g.signed))
	b.Queue("commit")
	if err := s.conn.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	s.done(g)
	return nil
}

func (s *databaseStore) done(g *group) {
	s.pending, s.signed = nil, string(g.signed)
	s.seen.Size = g.after.size
}

// locked begins a transaction that alone may write, and gives where the log stands: what the tables say is believed as far
// as a checkpoint of the log's own key says the same, and no less than this process has seen.
func (s *databaseStore) locked(ctx context.Context) (h head, err error) {
	var last string
	b := &pgx.Batch{}
	b.Queue("begin isolation level read committed")
	b.Queue("select pg_advisory_xact_lock($1)", int64(databaseLock))
	var edge, at string
	b.Queue(`select size, edge, at, signed from governed_ledger.checkpoints order by size desc limit 1`).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&h.size, &edge, &at, &last)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	kept := ""
	b.Queue(`select coalesce((select signed from governed_ledger.checkpoints where size = $1), '')`, s.seen.Size).QueryRow(func(row pgx.Row) error {
		return row.Scan(&kept)
	})
	if err := s.conn.SendBatch(ctx, b).Close(); err != nil {
		return h, err
	}
	if kept != s.signed || h.size < s.seen.Size {
		return h, fmt.Errorf("%w: it had %d", ErrRolledBack, s.seen.Size)
	}
	if h.size == 0 {
		return h, nil
	}
	tampered := func(reason string) error {
		return &TamperError{File: checkpointTable, Line: h.size, Index: -1, Reason: reason}
	}
	c, err := openOwn([]byte(last), s.keys)
	if err != nil {
		return h, tampered(err.Error())
	}
	if h.edge, err = parseEdge(edge); err != nil || !h.fits() || c.Size != h.size || c.Root != h.root() {
		return h, tampered("the tree contradicts the signed checkpoint")
	}
	if h.time, err = parseTime(at); err != nil {
		return h, tampered("the time cannot be read")
	}
	return h, nil
}

func (s *databaseStore) close(bool) error {
	if s.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	return s.conn.Close(ctx)
}

func (s *databaseStore) stands() (head, error) {
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	h, err := s.locked(ctx)
	if err == nil {
		_, err = s.conn.Exec(ctx, "rollback")
	}
	return h, err
}

func edgeText(edge []tlog.Hash) string {
	var list []string
	for _, h := range edge {
		list = append(list, h.String())
	}
	return strings.Join(list, " ")
}

func parseEdge(text string) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for word := range strings.FieldsSeq(text) {
		b, err := base64.StdEncoding.Strict().DecodeString(word)
		if err != nil || len(b) != tlog.HashSize {
			return nil, errors.New("not a hash")
		}
		out = append(out, tlog.Hash(b))
	}
	if edgeText(out) != text {
		return nil, errors.New("not as the log writes it")
	}
	return out, nil
}

// databaseLines gives the records of a log in a database, each group's checkpoint behind it, from one snapshot.
func databaseLines(ctx context.Context, dsn string, f func(p place, line []byte, edge, at string) error) (Keys, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return Keys{}, errors.New("the address of the ledger's database cannot be read")
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return Keys{}, fmt.Errorf("connecting to the ledger's database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	keys, err := databaseKeys(ctx, conn)
	if err != nil || f == nil {
		return keys, err
	}
	// A group's checkpoint comes behind its last record: of size n, behind record n-1.
	rows, err := conn.Query(ctx, `select index, false, line, '', '' from governed_ledger.records
		union all select size - 1, true, signed, edge, at from governed_ledger.checkpoints order by 1, 2`)
	if err != nil {
		return keys, err
	}
	defer rows.Close()
	for rows.Next() {
		var index int64
		var checkpoint bool
		var text, edge, at string
		if err := rows.Scan(&index, &checkpoint, &text, &edge, &at); err != nil {
			return keys, err
		}
		p, line := place{file: recordTable, line: index}, []byte(text)
		if checkpoint {
			line = checkpointLine(line)
			p, line = place{file: checkpointTable, line: index + 1}, line[:len(line)-1]
		}
		if err := f(p, line, edge, at); err != nil {
			return keys, err
		}
	}
	return keys, rows.Err()
}
