package driver

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
)

type label string

type broken struct{ err error }

func (b broken) Value() (driver.Value, error) {
	if b.err == nil {
		panic("no value")
	}
	return nil, b.err
}

func TestJudged(t *testing.T) {
	text := "x"
	pointer := &text
	var none *string
	for _, c := range []struct {
		in, want any
		unknown  bool
	}{
		{in: nil, want: nil},
		{in: none, want: nil},
		{in: &none, want: nil},
		{in: &pointer, want: "x"},
		{in: label("y"), want: "y"},
		{in: sql.NullString{}, want: nil},
		{in: &sql.NullString{}, want: nil},
		{in: (*sql.NullString)(nil), want: nil},
		{in: sql.NullString{String: "z", Valid: true}, want: "z"},
		{in: pgtype.Text{}, want: nil},
		{in: []byte(nil), want: nil},
		{in: []int32(nil), want: nil},
		{in: []int32{}, want: []int32{}},
		{in: int16(3), want: int64(3)},
		{in: false, want: false},
		{in: broken{}, unknown: true},
		{in: broken{errors.New("x")}, unknown: true},
	} {
		got, ok := judged(c.in)
		require.Equal(t, !c.unknown, ok, "%T", c.in)
		require.Equal(t, c.want, got, "%T", c.in)
	}
}
