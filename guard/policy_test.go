package guard

import (
	"errors"
	"testing"

	"github.com/governedsql/governed/lineage"
)

func effects(list ...lineage.Effect) *lineage.Statement {
	return &lineage.Statement{Command: "X", Effects: list}
}

func TestZeroVerdictIsDenial(t *testing.T) {
	var v Verdict
	if v.Allowed() || v.Held() || !errors.Is(v.Err(), ErrDenied) {
		t.Fatalf("zero verdict: allowed %v, held %v, err %v", v.Allowed(), v.Held(), v.Err())
	}
}

func TestProfiles(t *testing.T) {
	orders := lineage.Name{Schema: "public", Name: "orders"}
	st := effects(lineage.Effect{Command: "DELETE", Object: orders, Pos: 12})
	truncate := effects(lineage.Effect{Command: "TRUNCATE TABLE", Object: orders})
	for _, c := range []struct {
		profile Profile
		st      *lineage.Statement
		want    lineage.Decision
	}{
		{Standard, st, lineage.Deny},
		{Strict, st, lineage.Deny},
		{Migration, st, lineage.Deny},
		{Observe, st, lineage.Warn},
		{Standard, truncate, lineage.Deny},
		{Migration, truncate, lineage.Warn},
	} {
		p, err := NewPolicy(Config{Profile: c.profile})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Decide(c.st, Input{Caller: VerifiedCaller}); got.Decision != c.want {
			t.Errorf("%v: %v, want %v", c.profile, got.Decision, c.want)
		}
	}
}

func TestDeniedError(t *testing.T) {
	p, _ := NewPolicy(Config{})
	v := p.Decide(effects(lineage.Effect{Command: "DELETE", Object: lineage.Name{Schema: "public", Name: "orders"}, Pos: 12}), Input{})
	var denied *DeniedError
	if !errors.As(v.Err(), &denied) || denied.Rule != "DM01" || denied.Object != "public.orders" || denied.Position != 12 {
		t.Fatalf("%#v", v.Err())
	}
	const want = "governed: denied by DM01 on public.orders at byte 12: DELETE without WHERE; instead: add a WHERE clause that names a key of the table"
	if got := v.Err().Error(); got != want {
		t.Errorf("%s", got)
	}
}
