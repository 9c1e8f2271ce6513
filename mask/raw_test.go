package mask

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is masked from the wire is what is masked from a string, and lets go of the bytes.
func TestRawFuncIsFunc(t *testing.T) {
	m, err := New(Config{Key: bytes.Repeat([]byte("k"), 32)})
	require.NoError(t, err)
	for _, c := range []Column{
		{Treatment: Pseudonym, Class: string(Email)},
		{Treatment: Partial, Class: string(Phone)},
		{Treatment: Redact, Class: string(Secret)},
		{Treatment: Redact, Class: string(Secret), derived: true},
	} {
		for _, f := range []Field{{TypeOID: 25, TypeMod: -1}, {TypeOID: 1043, TypeMod: 14}, {TypeOID: 1042, TypeMod: 9}} {
			raw, value := m.RawFunc(c, f), m.Func(c, f)
			require.NotNil(t, raw)
			for range 3 * settled { // past the point where a cache is used
				for _, text := range []string{"ada@example.com", "+44 20 7946 0123", "", "é", "x"} {
					wire := []byte(text)
					got := raw(wire)
					for i := range wire {
						wire[i] = '!'
					}
					require.Equal(t, value(text), got)
					require.Equal(t, got, raw([]byte(text)), "the bytes were overwritten by the connection")
				}
			}
		}
	}
	require.Nil(t, m.RawFunc(Column{Treatment: Year}, Field{TypeOID: 25}))
	require.Nil(t, m.RawFunc(Column{Treatment: Redact}, Field{TypeOID: 23}))
	require.Nil(t, m.RawFunc(Column{}, Field{TypeOID: 25}))
}
