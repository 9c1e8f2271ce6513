package lineage

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// conditionsIn reads a file of testdata/bounds: a condition a line.
func conditionsIn(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/bounds/" + file)
	require.NoError(t, err)
	var out []string
	for _, line := range strings.Split(string(data), "\n") {
		if line != "" && !strings.HasPrefix(line, "--") {
			out = append(out, line)
		}
	}
	require.NotEmpty(t, out)
	return out
}

// TestBoundsNothing: spellings that hold of any row by the way they are built. Argument values would be known when they
// run; here none is.
func TestBoundsNothing(t *testing.T) {
	for _, c := range conditionsIn(t, "nothing.txt") {
		if got := bound(t, c).Truth(nil); got != Always {
			t.Errorf("%s: %v", c, got)
		}
	}
}

func TestBoundsSomething(t *testing.T) {
	for _, c := range conditionsIn(t, "something.txt") {
		if got := bound(t, c).Truth(nil); got == Always {
			t.Errorf("%s bounds nothing", c)
		}
	}
}

// TestNaturalNumbers: a size is never below zero, whatever the argument says.
func TestNaturalNumbers(t *testing.T) {
	for _, c := range []struct {
		arg  any
		want Truth
	}{{0, Always}, {int64(-1), Always}, {"0", Always}, {1, Bounds}, {5, Bounds}} {
		p := bound(t, "length(v) >= $1")
		require.Equalf(t, c.want, p.Truth(func(int) (any, bool) { return c.arg, true }), "%v", c.arg)
	}
}

// TestTrialsEnd: what was made to take long refuses, and soon.
func TestTrialsEnd(t *testing.T) {
	for _, c := range []string{ // what grows without bound ends the test by its own timeout
		strings.Repeat("length(", 100) + "v" + strings.Repeat(")", 100) + " >= 0",
		"length(repeat(repeat(repeat(v, 60000), 60000), 60000)) >= 0",
		"length(v) >= 0" + strings.Repeat(" or length(v || v) = 1", 2000),
		"greatest(" + strings.TrimSuffix(strings.Repeat("id, n, length(v), ", 500), ", ") + ") >= -1",
		strings.Repeat("not (length(v) >= 0 and ", 100) + "true" + strings.Repeat(")", 100),
	} {
		bound(t, c)
	}
	require.Equal(t, Always, bound(t, "length(v) >= 0"+strings.Repeat(" or length(v || v) = 1", 2000)).Truth(nil))
}
