package driver

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
	_ "github.com/governedsql/governed/guard/policyfile"
)

func writePolicy(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestPolicyKey(t *testing.T) {
	t.Parallel()
	path := writePolicy(t, "version: 1\nrules:\n- {id: stop, when: {env: staging}, then: deny}\n")
	for _, dsn := range []string{
		"postgres://h/d?governed.policy=" + path + "&governed.profile=strict&governed.environment=staging",
		"postgres://h/d?governed.environment=staging&governed.profile=strict&governed.policy=" + path,
		"host=h governed.policy='" + path + "' governed.environment=staging governed.profile=strict",
	} {
		_, c, err := parseDSN(dsn, nil)
		require.NoError(t, err)
		p := c.Policy.Current()
		require.Equal(t, guard.Strict, p.Profile(), "the other keys count whichever order they stand in")
		require.Equal(t, "staging", p.Environment())
		_, err = NewConnector(dsn, nil)
		require.NoError(t, err)
	}
}

func TestPolicyKeyErrors(t *testing.T) {
	t.Parallel()
	own, err := guard.NewPolicy(guard.Config{})
	require.NoError(t, err)
	_, _, err = parseDSN("postgres://h/d?governed.policy="+writePolicy(t, "version: 1"), &Config{Policy: own})
	require.ErrorContains(t, err, "Config.Policy is set as well")
	_, _, err = parseDSN("postgres://h/d?governed.policy=", nil)
	require.ErrorContains(t, err, "names no file")
	_, _, err = parseDSN("postgres://h/d?governed.policy="+writePolicy(t, "version: 1\nrulse: []"), nil)
	require.ErrorContains(t, err, `did you mean "rules"?`)
	_, _, err = parseDSN("postgres://h/d?governed.policy="+writePolicy(t, "version: 1\ntests:\n- {name: x, given: {sql: DELETE FROM t}, expect: {decision: allow}}"), nil)
	require.ErrorContains(t, err, "decision: expected allow, got deny")
}
