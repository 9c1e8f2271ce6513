package lineage

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// vacuum is VACUUM and ANALYZE, of all tables where none is named.
func (a *analyzer) vacuum(s *ast.VacuumStmt, inside Inside) string {
	tag := "ANALYZE"
	if s.IsVacuumcmd {
		tag = "VACUUM"
	}
	options := switchedOn(s.Options)
	for _, n := range s.Rels {
		v := n.GetVacuumRelation()
		a.effect(a.onVar(Effect{Command: tag, Options: options, Columns: nameParts(v.GetVaCols()), Inside: inside}, v.GetRelation()))
	}
	if len(s.Rels) == 0 {
		return a.plainOn(tag, "", inside, append(options, "ALL")...)
	}
	return tag
}

func (a *analyzer) cluster(s *ast.ClusterStmt, inside Inside) string {
	if s.Relation == nil {
		return a.plainOn("CLUSTER", "", inside, "ALL")
	}
	a.effect(a.onVar(Effect{Command: "CLUSTER", Options: switchedOn(s.Params), Inside: inside}, s.Relation))
	return "CLUSTER"
}

func (a *analyzer) reindex(s *ast.ReindexStmt, inside Inside) string {
	e := Effect{Command: "REINDEX", Options: switchedOn(s.Params), Inside: inside, Pos: -1}
	switch s.Kind {
	case ast.ReindexObjectType_REINDEX_OBJECT_INDEX:
		e.Action = "INDEX"
	case ast.ReindexObjectType_REINDEX_OBJECT_TABLE:
		e.Action = "TABLE"
	case ast.ReindexObjectType_REINDEX_OBJECT_SCHEMA:
		e.Action = "SCHEMA"
	case ast.ReindexObjectType_REINDEX_OBJECT_SYSTEM:
		e.Action = "SYSTEM"
	case ast.ReindexObjectType_REINDEX_OBJECT_DATABASE:
		e.Action = "DATABASE"
	default:
		return ""
	}
	e.Object = Name{Name: s.Name}
	if s.Relation != nil {
		e = a.onVar(e, s.Relation)
	}
	a.effect(e)
	return "REINDEX"
}

func (a *analyzer) refresh(s *ast.RefreshMatViewStmt, inside Inside) string {
	e := Effect{Command: "REFRESH MATERIALIZED VIEW", Inside: inside}
	if s.Concurrent {
		e.Options = append(e.Options, "CONCURRENTLY")
	}
	if s.SkipData {
		e.Options = append(e.Options, "WITH NO DATA")
	}
	a.effect(a.onVar(e, s.Relation))
	return "REFRESH MATERIALIZED VIEW"
}

// switchedOn are the options of a list that are not off, in capitals.
func switchedOn(list []*ast.Node) []string {
	var out []string
	for _, n := range list {
		if d := n.GetDefElem(); d != nil && !off(d.Arg) {
			out = append(out, strings.ToUpper(d.Defname))
		}
	}
	return out
}
