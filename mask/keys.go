package mask

import (
	"strings"

	"github.com/governedsql/governed/lineage"
)

// judgeKeys hides what was taken out of a document by the key of something sensitive, as the document itself hides it.
func (p *planner) judgeKeys(v *verdict, o *lineage.Output) {
	if len(o.Keys) == 0 {
		return
	}
	for i := range o.Base {
		s := &o.Base[i]
		rel := p.relation(s.Column.Of())
		if rel == nil || !p.flows(s) || p.Shows(s.Column) {
			continue
		}
		col, ok := rel.Column(s.Column.Column)
		if !ok || kindOf(col)&(kindDocument|kindText) == 0 {
			continue
		}
		for _, key := range o.Keys {
			for _, name := range names(key) {
				member := &lineage.Column{Name: name, Type: "text", TypeOID: 25}
				if class := classByName(&lineage.Relation{Name: lineage.Name{Name: rel.Name.Name}}, member); class != "" {
					v.hide(class, s.Column)
				}
			}
		}
	}
}

// names are the keys in a key or a path: ssn, {customer,ssn}, $.customer.ssn, //ssn.
func names(key string) []string {
	return strings.FieldsFunc(key, func(r rune) bool { return strings.ContainsRune(`{},."$[]*/@?()`, r) })
}
