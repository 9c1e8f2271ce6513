package lineage

import (
	"strconv"

	"github.com/sqlc-dev/oliphant/ast"
)

// constText is a constant as PostgreSQL reads it, without quotes; false for NULL.
func constText(c *ast.A_Const) (string, bool) {
	if c.GetIsnull() {
		return "", false
	}
	switch v := c.GetVal().(type) {
	case *ast.A_Const_Ival:
		return decimal(int64(v.Ival.GetIval())), true
	case *ast.A_Const_Fval:
		return v.Fval.GetFval(), true
	case *ast.A_Const_Boolval:
		return boolText(v.Boolval.GetBoolval()), true
	case *ast.A_Const_Sval:
		return v.Sval.GetSval(), true
	case *ast.A_Const_Bsval:
		return v.Bsval.GetBsval(), true
	}
	// The zero integer: protobuf leaves a zero out.
	return "0", true
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
