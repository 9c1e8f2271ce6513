package driver

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
	"github.com/governedsql/governed/lineage"
)

// dead is a recorder that can write nothing once it is off.
type dead struct{ off bool }

func (d *dead) Begin(ctx context.Context, _ *lineage.Record) (context.Context, error) {
	if d.off {
		return ctx, errors.New("disk full")
	}
	return ctx, nil
}

func (d *dead) End(context.Context, *lineage.Record) {}

// database/sql goes on after any error of ResetSession but ErrBadConn: a connection that must not be used again has to say
// so even where nobody can write it down.
func TestResetChecksWithoutARecorder(t *testing.T) {
	recorder := &dead{}
	made, err := NewConnector(pgtest.New(t), &Config{Recorders: []Recorder{recorder}})
	require.NoError(t, err)
	c := made.(*connector)
	s := &session{g: c.g}
	require.NoError(t, c.connect(context.Background(), s))
	defer s.conn.std.Close()
	recorder.off = true
	require.NotErrorIs(t, s.reset(context.Background()), driver.ErrBadConn)
	s.inTx, s.tainted = true, true
	require.ErrorIs(t, s.reset(context.Background()), driver.ErrBadConn)
	require.False(t, s.inTx)
}
