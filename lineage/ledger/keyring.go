package ledger

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// keyring holds the keys of digests outside the log: one for each month. Whoever destroys one ends what its digests could
// link; the log itself does not change.
type keyring struct {
	name string

	mu      sync.Mutex
	content keyringFile
}

type keyringFile struct {
	Periods map[string]string `json:"periods"` // by month, in hex; "" = destroyed
}

const periodLayout = "2006-01"

func openKeyring(name string) (*keyring, error) {
	k := &keyring{name: name}
	b, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case json.Unmarshal(b, &k.content) != nil:
		return nil, fmt.Errorf("%s is not the keyring of a ledger", name)
	}
	if k.content.Periods == nil {
		k.content.Periods = map[string]string{}
	}
	return k, nil
}

// period gives the key of a moment and its name, making it if need be. It is durable before it is used: a digest whose key
// was lost says nothing.
func (k *keyring) period(at time.Time) (name string, key []byte, err error) {
	name = at.UTC().Format(periodLayout)
	k.mu.Lock()
	defer k.mu.Unlock()
	text, ok := k.content.Periods[name]
	if !ok {
		fresh := make([]byte, sha256.Size)
		if _, err := rand.Read(fresh); err != nil {
			return "", nil, err
		}
		text = hex.EncodeToString(fresh)
		k.content.Periods[name] = text
		if err := k.save(); err != nil {
			delete(k.content.Periods, name)
			return "", nil, err
		}
	}
	key, err = hex.DecodeString(text)
	if err != nil || len(key) == 0 {
		return "", nil, fmt.Errorf("the keyring of the ledger has no key for %s any more", name)
	}
	return name, key, nil
}

func (k *keyring) save() error {
	b, err := json.MarshalIndent(k.content, "", "  ")
	if err != nil {
		return err
	}
	return writeDurably(k.name, append(b, '\n'), 0o600)
}
