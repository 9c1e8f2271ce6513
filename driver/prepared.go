package driver

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// preparedKey is what one prepared statement is of: names mean what they mean to the role, "" = the one that is logged in.
type preparedKey struct{ role, text string }

// prepared is one statement that the server holds prepared for a connection.
type prepared struct {
	key     preparedKey
	sd      *pgconn.StatementDescription
	formats []int16
	shape   *shape
	refs    int  // open sql.Stmts; such an entry is not evicted
	shared  bool // ad-hoc queries use it as well
	kept    bool // a statement of the driver's own, which is not evicted
	element *list.Element
}

// preparedCache keeps the statements of one server connection by role and text, the least used one goes first. It is our
// own and not pgx's: pgx sends no Describe when it executes a cached statement, and its idea of the result's columns may
// be of a table that no longer has that name. It is used by one goroutine at a time.
type preparedCache struct {
	capacity int
	entries  map[preparedKey]*prepared
	recent   *list.List // of *prepared, the most recent first
	serial   int
}

// cacheKey is where a connection keeps its cache: a connection of a pool outlives the adapter.
const cacheKey = "governed.prepared"

func cacheOf(px *pgx.Conn, capacity int) *preparedCache {
	data := px.PgConn().CustomData()
	if c, ok := data[cacheKey].(*preparedCache); ok {
		return c
	}
	c := &preparedCache{capacity: max(capacity, 1), entries: make(map[preparedKey]*prepared), recent: list.New()}
	data[cacheKey] = c
	return c
}

// get gives the prepared statement of a text for a role, preparing it first if need be.
func (pc *preparedCache) get(ctx context.Context, px *pgx.Conn, text string, as guise) (*prepared, error) {
	key := preparedKey{as.role, text}
	if p, ok := pc.entries[key]; ok {
		pc.recent.MoveToFront(p.element)
		return p, nil
	}
	pc.evict(ctx, px)
	pc.serial++
	sd, err := prepareAs(ctx, px, "governed_"+strconv.Itoa(pc.serial), text, as)
	if err != nil {
		return nil, err
	}
	p := &prepared{key: key, sd: sd, formats: formatsOf(sd)}
	p.element = pc.recent.PushFront(p)
	pc.entries[key] = p
	return p, nil
}

// prepareAs prepares in one round trip as a role: names that only the role may use are not found otherwise. A transaction
// is afterwards what it was.
func prepareAs(ctx context.Context, px *pgx.Conn, name, text string, as guise) (*pgconn.StatementDescription, error) {
	switch {
	case as.sets == "" && name == "":
		return px.PgConn().Prepare(ctx, name, text, nil)
	case as.sets == "":
		return px.Prepare(ctx, name, text) // which tells tracers
	}
	pipe := px.PgConn().StartPipeline(ctx)
	if as.back {
		pipe.SendQueryParams(savepointText, nil, nil, nil, nil)
	}
	pipe.SendQueryParams(roleQuery, [][]byte{[]byte(as.sets)}, nil, nil, nil)
	pipe.SendPrepare(name, text, nil)
	if as.back {
		pipe.SendQueryParams(rewindText, nil, nil, nil, nil)
		pipe.SendQueryParams(releaseText, nil, nil, nil, nil)
	}
	if err := pipe.Sync(); err != nil {
		return nil, err
	}
	sd, err := described(pipe)
	if closed := pipe.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	sd.Name, sd.SQL = name, text // which a pipeline leaves empty
	return sd, nil
}

// described reads the answers to a role and a text to prepare.
func described(pipe *pgconn.Pipeline) (*pgconn.StatementDescription, error) {
	for {
		result, err := pipe.GetResults()
		if err != nil {
			return nil, err
		}
		switch r := result.(type) {
		case *pgconn.ResultReader:
			if _, err := r.Close(); err != nil {
				return nil, err
			}
		case *pgconn.StatementDescription:
			return r, nil
		default:
			return nil, fmt.Errorf("governed: the server answered a statement to prepare with a %T", result)
		}
	}
}

// evict makes room for one more. A statement whose Close cannot be sent stays on the server until the connection ends.
func (pc *preparedCache) evict(ctx context.Context, px *pgx.Conn) {
	if len(pc.entries) < pc.capacity {
		return
	}
	for e := pc.recent.Back(); e != nil; e = e.Prev() {
		if p := e.Value.(*prepared); p.refs == 0 && !p.kept {
			pc.drop(ctx, px, p.key)
			return
		}
	}
}

// drop forgets a statement and closes it on the server.
func (pc *preparedCache) drop(ctx context.Context, px *pgx.Conn, key preparedKey) {
	p, ok := pc.entries[key]
	if !ok {
		return
	}
	delete(pc.entries, key)
	pc.recent.Remove(p.element)
	_ = px.Deallocate(ctx, p.sd.Name) // the next statement reports a broken connection
}

// resultFormats are the types that pgx's stdlib asks for in the binary format; all others come as text.
var resultFormats = map[uint32]int16{
	pgtype.BoolOID: 1, pgtype.ByteaOID: 1, pgtype.CIDOID: 1, pgtype.DateOID: 1,
	pgtype.Float4OID: 1, pgtype.Float8OID: 1, pgtype.Int2OID: 1, pgtype.Int4OID: 1,
	pgtype.Int8OID: 1, pgtype.OIDOID: 1, pgtype.TimestampOID: 1, pgtype.TimestamptzOID: 1,
	pgtype.XIDOID: 1,
}

func formatsOf(sd *pgconn.StatementDescription) []int16 {
	out := make([]int16, len(sd.Fields))
	for i, fd := range sd.Fields {
		out[i] = resultFormats[fd.DataTypeOID]
	}
	return out
}

func argumentCount(want, got int) error {
	return fmt.Errorf("expected %d arguments, got %d", want, got)
}

func sameFields(a, b []pgconn.FieldDescription) bool { return slices.Equal(a, b) }

// cloneFields copies a description that the connection will overwrite.
func cloneFields(fields []pgconn.FieldDescription) []pgconn.FieldDescription {
	return slices.Clone(fields)
}
