package driver

import (
	"sync"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// announced remembers the columns of which the application was told: that they are masked, that their label is not
// understood.
type announced struct{ columns, labels sync.Map }

// announce logs one warning for each masked column, with the key that would show it: a service that reads its own data
// must notice masks, not suffer them.
func (g *governance) announce(sh *shape) {
	for i := range sh.columns {
		c := &sh.columns[i]
		for _, source := range c.Sources {
			g.tell(source, c.Class, c.Treatment)
		}
	}
}

func (g *governance) tell(column lineage.ColumnID, class, treatment string) {
	if _, told := g.announced.columns.LoadOrStore(column, true); !told {
		more := []any{"column", column.String(), "class", class, "treatment", treatment, "show", clearKey(column)}
		if treatment == mask.Span {
			// Nothing but its values says what it holds: a label would let expressions over it be masked too.
			more = append(more, "label", lineage.Label(class)+" in its comment, or governed scan -write")
		}
		g.logger.Warn("governed: a column comes back masked", more...)
	}
}

// clearKey is the DSN key that shows a column.
func clearKey(c lineage.ColumnID) string { return "governed.clear=" + c.Quoted() }
