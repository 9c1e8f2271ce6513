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

// keyring holds the keys of digests and of sealed callers outside the log: one for each month, one for each subject.
// Whoever destroys one ends what it could link or open; the log itself does not change.
type keyring struct {
	name string

	mu      sync.Mutex
	content keyringFile
	byID    map[string]string // keys of subjects; nil = to be made
}

type keyringFile struct {
	Periods  map[string]string     `json:"periods"`            // by month, in hex; "" = destroyed
	Subjects map[string]subjectKey `json:"subjects,omitempty"` // by name
}

const periodLayout = "2006-01"

func openKeyring(name string) (*keyring, error) {
	k := &keyring{name: name}
	return k, k.load()
}

func (k *keyring) load() error {
	b, err := os.ReadFile(k.name)
	k.content = keyringFile{}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case len(b) > 0 && json.Unmarshal(b, &k.content) != nil:
		return fmt.Errorf("%s is not the keyring of a ledger", k.name)
	}
	if k.content.Periods == nil {
		k.content.Periods = map[string]string{}
	}
	if k.content.Subjects == nil {
		k.content.Subjects = map[string]subjectKey{}
	}
	k.byID = nil
	return nil
}

// change changes the keyring as it stands in its file: processes that write one log share it.
func (k *keyring) change(do func() error) error {
	f, err := os.OpenFile(k.name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_ = f.Close()
	unlock, err := lock(k.name)
	for n := 0; errors.Is(err, ErrLocked) && n < 100; n++ {
		time.Sleep(10 * time.Millisecond)
		unlock, err = lock(k.name)
	}
	if err != nil {
		return err
	}
	defer unlock()
	if err := k.load(); err != nil {
		return err
	}
	return do()
}

// period gives the key of a moment and its name, making it if need be. It is durable before it is used: a digest whose key
// was lost says nothing.
func (k *keyring) period(at time.Time) (name string, key []byte, err error) {
	name = at.UTC().Format(periodLayout)
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.content.Periods[name]; !ok {
		if err := k.change(func() error { return k.add(name) }); err != nil {
			delete(k.content.Periods, name)
			return "", nil, err
		}
	}
	key, err = hex.DecodeString(k.content.Periods[name])
	if err != nil || len(key) == 0 {
		return "", nil, fmt.Errorf("the keyring of the ledger has no key for %s any more", name)
	}
	return name, key, nil
}

// add makes the key of a month unless another process has.
func (k *keyring) add(name string) error {
	if _, ok := k.content.Periods[name]; ok {
		return nil
	}
	fresh := make([]byte, sha256.Size)
	if _, err := rand.Read(fresh); err != nil {
		return err
	}
	k.content.Periods[name] = hex.EncodeToString(fresh)
	return k.save()
}

func (k *keyring) save() error {
	b, err := json.MarshalIndent(k.content, "", "  ")
	if err != nil {
		return err
	}
	return writeDurably(k.name, append(b, '\n'), 0o600)
}
