package mask

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTally(t *testing.T) {
	for _, c := range []struct {
		name   string
		sensed int // of ten values
		value  string
		want   Class
	}{
		{"all", 10, "u%d@example.com", Email},
		{"most", 6, "+44 20 7946 01%02d", Phone},
		{"too few", 5, "u%d@example.com", ""},
		{"inside", 10, "write to u%d@example.com please", ""},
		{"none", 0, "", ""},
	} {
		var tally Tally
		for i := range 10 {
			v := "word " + string(rune('a'+i))
			if i < c.sensed {
				v = fmt.Sprintf(c.value, i)
			}
			tally.Add(v)
			tally.Add("")
		}
		assert.Equal(t, c.want, tally.Class(), c.name)
		values, holding := tally.Values()
		assert.Equal(t, 10, values, c.name)
		assert.Equal(t, c.sensed, holding, c.name)
	}
	var few Tally
	for range 4 {
		few.Add("u@example.com")
	}
	assert.Empty(t, few.Class(), "four values are no column")
}
