package driver

import (
	"context"
	"strings"

	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// readLabels warns once of each label in a column's comment that holds a word which means nothing: it is a mistake in
// writing, or a label of a later version.
func (g *governance) readLabels(ctx context.Context, l *loaded) {
	for _, r := range l.relations {
		for i := range r.Columns {
			c := &r.Columns[i]
			words := mask.UnknownWords(c)
			if words == nil {
				continue
			}
			id := lineage.ColumnID{Schema: r.Schema, Relation: r.Name.Name, Column: c.Name}
			if _, told := g.announced.labels.LoadOrStore(id, true); !told {
				g.logger.WarnContext(ctx, "governed: a label holds words that are no class of data; the column is masked",
					"column", id.String(), "words", strings.Join(words, ", "), "classes", strings.Join(mask.Classes(), ", "))
			}
		}
	}
}
