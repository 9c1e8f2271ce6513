package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/governedsql/governed/internal/pgtest"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	err := run(t.Context(), &out)
	if errors.Is(err, pgtest.ErrNoServer) {
		t.Skip(err) // the example needs a server; CI fails where a test was skipped for lack of one
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"ada                List   OK               tea, cake\n", "the bot of bob     List   OK               chess\n", `"actors":["bot"]`,
		"the bot of bob     Clear  PermissionDenied governed: denied by DM01", "ada, an hour late  List   Unauthenticated", "somebody as ada    List   Unauthenticated",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("missing %q in\n%s", line, out.String())
		}
	}
}
