package driver

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// sly is encoded as another text than it holds.
type sly string

func (sly) String() string { return "password" }

func TestKeyTexts(t *testing.T) {
	text := "a"
	for _, v := range []any{text, &text, []byte(text), []string{text}} {
		got, ok := keyTexts(v)
		require.True(t, ok)
		require.Equal(t, []string{"a"}, got)
	}
	for _, v := range []any{nil, 3, (*string)(nil)} {
		got, ok := keyTexts(v)
		require.True(t, ok)
		require.Empty(t, got)
	}
	for _, v := range []any{sly("a"), []any{"a"}, 1.5, struct{}{}} {
		_, ok := keyTexts(v)
		require.False(t, ok, "%T", v)
	}
}
