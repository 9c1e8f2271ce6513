package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	err := run(t.Context(), &out)
	if errors.Is(err, pgtest.ErrNoServer) {
		t.Skip(err) // the example needs a server; CI fails where a test was skipped for lack of one
	}
	require.NoError(t, err)
	for _, line := range []string{
		"ada                GET    /orders  200  tea, cake\n", "bob                GET    /orders  200  chess\n", "the bot of ada     GET    /orders  200  tea, cake\n",
		`PostgreSQL saw {"sub":"ada",`, `"actors":["bot"]`, "the bot of ada     DELETE /orders  403  governed: denied by DM01",
		"ada, an hour late  GET    /orders  401", "somebody as ada    GET    /orders  401", "nobody             GET    /orders  401",
	} {
		require.Contains(t, out.String(), line)
	}
}
