package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/guard/policyfile"
)

// What the command prints is a policy, and an allow-list, that can be used as they are.
func TestReportPrintsWhatCanBeUsed(t *testing.T) {
	printed := func(flag string) []byte {
		var out, err bytes.Buffer
		require.Equal(t, ok, dispatch(&terminal{out: &out, err: &err, path: "governed"}, root(), []string{"report", flag, "testdata/observed"}), err.String())
		return out.Bytes()
	}
	f, err := policyfile.Parse("policy.yaml", printed("-policy"))
	require.NoError(t, err)
	_, err = f.Policy(guard.Config{})
	require.NoError(t, err)
	list, err := guard.ParseAllowList(printed("-allow-list"))
	require.NoError(t, err)
	require.True(t, list.Has("ffeeddccbbaa9988"))
	require.False(t, list.Has("1a5ee62a0e8bdd2c"), "what would be refused is not learned")
}
