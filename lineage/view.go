package lineage

// viewFacts is what the definition of a view gives.
type viewFacts struct {
	cols []sources // of its columns, in order, over tables
	ok   bool
}

// open analyses the definition of a view that the statement names.
func (a *analyzer) open(rel *Relation, u *use) {}

// opened puts the columns of tables in the place of those of views; false where there are none.
func (a *analyzer) opened(s sources) (sources, bool) { return nil, false }
