package driver

import (
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/mask"
)

// columnScan looks at the values of a column that nobody labelled.
type columnScan struct {
	ordinal int
	scan    *mask.Scan
	told    mask.Class // what was found in earlier results of the same shape
}

// scanner gives the scanner of an output; nil = its values are not looked at.
func (g *governance) scanner(c mask.Column, f mask.Field) *mask.Scan {
	if !g.scan {
		return nil
	}
	return g.masker.Scan(c, f)
}

// detected writes down what was found in the values of columns that nobody labelled, and tells the application once.
func (p *passage) detected(sh *shape) {
	for i := range sh.scans {
		s := &sh.scans[i]
		class := s.scan.Found()
		if class == "" {
			continue
		}
		s.scan.Forget()
		column, stored := s.scan.Column()
		p.rec.Masked = append(p.rec.Masked[:len(p.rec.Masked):len(p.rec.Masked)], lineage.ColumnMask{
			Ordinal: s.ordinal, Output: sh.names[s.ordinal], Column: column, Class: string(class), Treatment: mask.Span,
		})
		p.reported()
		if stored && class != s.told {
			s.told = class
			p.s.g.tell(column, string(class), mask.Span)
		}
	}
}
