package guard

import (
	"errors"
	"sync/atomic"
)

// Loader makes a source of the policy in a file. base holds what a file does not say: the profile, the environment, and
// whether someone can approve.
type Loader func(path string, base Config) (Source, error)

// loader reads files; nil until a package that can has registered itself.
var loader atomic.Pointer[Loader]

// RegisterLoader makes files of policies known to [Open]. guard/policyfile calls it: an import of that package, blank or
// not, is enough.
func RegisterLoader(l Loader) { loader.Store(&l) }

// Open gives a source of the policy in a file, for the key governed.policy of data source names.
func Open(path string, base Config) (Source, error) {
	l := loader.Load()
	if l == nil {
		return nil, errors.New(`guard: no package that reads policy files is in this program; import _ "github.com/governedsql/governed/guard/policyfile"`)
	}
	return (*l)(path, base)
}
