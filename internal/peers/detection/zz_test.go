package detection

import (
	"fmt"
	"github.com/governedsql/governed/mask/detect"
	"sort"
	"strings"
	"testing"
)

func TestShapes(t *testing.T) {
	type c struct {
		n, f int
		ex   string
	}
	m := map[string]*c{}
	for _, s := range phoneSamples(t) {
		if s.held() || !strings.Contains(s.form, "alone") {
			continue
		}
		sh := ""
		run := 0
		for i := 0; i <= len(s.text); i++ {
			if i < len(s.text) && s.text[i] >= '0' && s.text[i] <= '9' {
				run++
				continue
			}
			if run > 0 {
				sh += fmt.Sprint(run)
				run = 0
			}
			if i < len(s.text) {
				sh += string(s.text[i])
			}
		}
		if s.text[0] == '0' {
			sh = "0:" + sh
		}
		if m[sh] == nil {
			m[sh] = &c{}
		}
		m[sh].n++
		m[sh].ex = s.text
		if detect.Value(s.text) == detect.Phone {
			m[sh].f++
		}
	}
	var k []string
	for x := range m {
		k = append(k, x)
	}
	sort.Slice(k, func(i, j int) bool { return m[k[i]].n-m[k[i]].f > m[k[j]].n-m[k[j]].f })
	for _, x := range k {
		if m[x].f < m[x].n {
			fmt.Printf("%s  %d/%d  %s\n", x, m[x].f, m[x].n, m[x].ex)
		}
	}
}
