package guard

import (
	"strings"

	"github.com/governedsql/governed/lineage"
)

// regret says why a type is regretted; "" = it is not.
func regret(typ string, key bool) string {
	switch strings.TrimSuffix(typ, "[]") {
	case "json":
		return "json keeps the text and has no equality; jsonb has"
	case "bpchar", "char", "character":
		return "char(n) pads with blanks; text does not"
	case "timestamp", "timestamp without time zone":
		return "timestamp says nothing of the time zone; timestamptz does"
	case "int4", "int2", "integer", "smallint", "serial", "serial4", "serial2", "smallserial":
		if key {
			return "a key of this type runs out at two billion or before; bigint does not"
		}
	}
	return ""
}

// regretted looks at the columns of new tables and at new columns.
func regretted(m *matcher) {
	for i := range m.st.Effects {
		e := &m.st.Effects[i]
		if e.Inside&(lineage.InTrigger|lineage.InExplain) != 0 {
			continue
		}
		switch {
		case e.Command == "CREATE TABLE":
			m.regrets(i, e)
		case action("ADD COLUMN", "ALTER COLUMN TYPE")(e):
			typ, _ := e.Option("TYPE")
			if why := regret(typ, e.Has("PRIMARY KEY")); why != "" && len(e.Columns) > 0 {
				m.effect(i, hit{message: e.Columns[0] + ": " + why})
			}
		}
	}
}

func (m *matcher) regrets(i int, e *lineage.Effect) {
	for _, r := range m.st.Defines {
		if r.Name != e.Object {
			continue
		}
		for j := range r.Columns {
			if why := regret(r.Columns[j].Type, r.Columns[j].Key); why != "" {
				m.effect(i, hit{message: r.Columns[j].Name + ": " + why})
			}
		}
	}
}
