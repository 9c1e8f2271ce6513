package lineage

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/governedsql/governed/internal/pgparse"
)

// notTopLevel are messages whose name ends in Stmt and that are no statement by themselves.
var notTopLevel = map[string]string{
	"RawStmt":             "the wrapper of a statement",
	"SetOperationStmt":    "made by the server's analysis, not by its grammar",
	"ReturnStmt":          "a line of a BEGIN ATOMIC body",
	"PLAssignStmt":        "an assignment of PL/pgSQL, parsed in a mode of its own",
	"ReplicaIdentityStmt": "the definition of an ALTER TABLE action",
	"SelectStmt":          "a query: analysed by statement",
	"InsertStmt":          "a query: analysed by statement",
	"UpdateStmt":          "a query: analysed by statement",
	"DeleteStmt":          "a query: analysed by statement",
	"MergeStmt":           "a query: analysed by statement",
}

// TestUtilityKnowsEveryStatement goes through the grammar's own list, so that a parser with more statements fails here
// before it refuses there.
func TestUtilityKnowsEveryStatement(t *testing.T) {
	kinds := (&ast.Node{}).ProtoReflect().Descriptor().Fields()
	seen := 0
	for i := range kinds.Len() {
		field := kinds.Get(i)
		name := string(field.Message().Name())
		if !strings.HasSuffix(name, "Stmt") || notTopLevel[name] != "" {
			continue
		}
		seen++
		n := &ast.Node{}
		n.ProtoReflect().Set(field, protoreflect.ValueOfMessage(minimal(n, field)))
		st := Analyze(pgparse.Statement{Node: n}, shopCatalog())
		for _, u := range st.Unresolved {
			if u.Reason == "statement of unknown kind" {
				t.Errorf("%s: %s", name, u.Reason)
			}
		}
		if st.Command == "" || st.Class == "" || strings.Contains(st.Command, "UNKNOWN") {
			t.Errorf("%s: command %q, class %q", name, st.Command, st.Class)
		}
	}
	if seen < 100 {
		t.Errorf("only %d statements seen", seen)
	}
}

// minimal is an empty statement, with those of its enumerations set that say which statement it is.
func minimal(n *ast.Node, field protoreflect.FieldDescriptor) protoreflect.Message {
	m := n.ProtoReflect().NewField(field).Message()
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		if f.Kind() == protoreflect.EnumKind && f.Enum().Values().Len() > 1 {
			value := protoreflect.EnumNumber(1)
			if f.Enum().Name() == "ObjectType" {
				value = protoreflect.EnumNumber(ast.ObjectType_OBJECT_TABLE)
			}
			m.Set(f, protoreflect.ValueOfEnum(value))
		}
	}
	return m
}

// TestEveryAlterationIsNamed goes through the grammar's sub-commands of ALTER TABLE.
func TestEveryAlterationIsNamed(t *testing.T) {
	values := ast.AlterTableType(0).Descriptor().Values()
	for i := range values.Len() {
		v := values.Get(i)
		if v.Number() != 0 && alterations[ast.AlterTableType(v.Number())] == "" {
			t.Errorf("%s has no name", v.Name())
		}
	}
	if values.Len() < 60 {
		t.Errorf("only %d sub-commands seen", values.Len())
	}
}

// TestEveryObjectHasAWord: those that stand in no command of their own are left out.
func TestEveryObjectHasAWord(t *testing.T) {
	inside := map[string]bool{
		"OBJECT_TYPE_UNDEFINED": true, "OBJECT_AMOP": true, "OBJECT_AMPROC": true, "OBJECT_DEFACL": true, "OBJECT_DEFAULT": true,
		"OBJECT_PARAMETER_ACL": true, "OBJECT_PUBLICATION_NAMESPACE": true, "OBJECT_PUBLICATION_REL": true,
	}
	values := ast.ObjectType(0).Descriptor().Values()
	for i := range values.Len() {
		v := values.Get(i)
		if !inside[string(v.Name())] && objectWords[ast.ObjectType(v.Number())] == "" {
			t.Errorf("%s has no word", v.Name())
		}
	}
}
