package lineage

import (
	"fmt"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// key is a text that is the same for expressions that are surely the same; "" = it cannot be said.
func (f *folder) key(n *ast.Node) string {
	if n == nil || f.scope == nil {
		return ""
	}
	var b strings.Builder
	if !f.writeKey(&b, n.ProtoReflect(), 0) {
		return ""
	}
	return b.String()
}

func (f *folder) writeKey(b *strings.Builder, m protoreflect.Message, depth int) bool {
	if f.work++; f.work > maxFoldWork || depth > maxFold {
		return false
	}
	switch e := m.Interface().(type) {
	case *ast.Node:
		if bare := f.bare(e); bare != e {
			return f.writeKey(b, bare.ProtoReflect(), depth+1)
		}
	case *ast.ColumnRef:
		if len(e.Fields) == 0 {
			return false
		}
		c, target := f.column(e)
		p := f.scope.refs[e.Fields[0]]
		switch {
		case target && c != nil && !f.same[p.item]:
			fmt.Fprintf(b, "column %q", c.Name)
		default:
			fmt.Fprintf(b, "column %p %d %q", p.item, p.n, words(e.Fields))
		}
		return true
	}
	fields := m.Descriptor().Fields()
	fmt.Fprintf(b, "%s(", m.Descriptor().Name())
	for i := range fields.Len() {
		fd := fields.Get(i)
		if !m.Has(fd) || strings.HasSuffix(string(fd.Name()), "location") || strings.HasSuffix(string(fd.Name()), "_start") ||
			strings.HasSuffix(string(fd.Name()), "_end") {
			continue
		}
		fmt.Fprintf(b, "%d:", fd.Number())
		v := m.Get(fd)
		switch {
		case fd.IsList() && fd.Message() != nil:
			for j := range v.List().Len() {
				if !f.writeKey(b, v.List().Get(j).Message(), depth+1) {
					return false
				}
			}
		case fd.Message() != nil:
			if !f.writeKey(b, v.Message(), depth+1) {
				return false
			}
		default:
			fmt.Fprintf(b, "%q", v.String())
		}
		b.WriteByte(',')
	}
	b.WriteByte(')')
	return true
}
