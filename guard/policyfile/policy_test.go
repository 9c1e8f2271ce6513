package policyfile

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
)

const examples = "../../testdata/policies"

func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(examples + "/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		f, err := Load(file)
		require.NoError(t, err)
		for _, r := range f.Test() {
			require.True(t, r.Passed(), "%s: %s", file, r.Explain())
		}
		for _, profile := range []guard.Profile{guard.Standard, guard.Strict, guard.Migration, guard.Observe} {
			p, err := f.Policy(guard.Config{Profile: profile})
			require.NoError(t, err)
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, sha256.Sum256(src), p.Digest(), "records carry what sha256sum prints")
		}
	}
}
