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
	"path/filepath"
	"sync"
	"time"
)

// keyring holds the keys of digests and of sealed callers outside the log: one for each month, one for each subject.
// Whoever destroys one ends what it could link or open; the log itself does not change.
type keyring struct {
	name string

	mu      sync.Mutex
	content keyringFile
	is      fs.FileInfo       // the file as it was read; nil = there is none yet
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

// load reads the file. One that was there and is gone is an error: keys that are made anew would go by the same names.
func (k *keyring) load() error {
	b, err := os.ReadFile(k.name)
	if errors.Is(err, fs.ErrNotExist) && k.is == nil {
		k.content = keyringFile{Periods: map[string]string{}, Subjects: map[string]subjectKey{}}
		return nil
	}
	if err != nil {
		return err
	}
	var content keyringFile
	if json.Unmarshal(b, &content) != nil || content.Periods == nil {
		return fmt.Errorf("%s is not the keyring of a ledger", k.name)
	}
	if content.Subjects == nil {
		content.Subjects = map[string]subjectKey{}
	}
	k.content, k.byID = content, nil
	k.is, err = os.Stat(k.name)
	return err
}

// fresh reads the file again where another process has changed it: a key that was destroyed there is not used here.
func (k *keyring) fresh() error {
	if k.is == nil {
		return nil
	}
	is, err := os.Stat(k.name)
	if err == nil && os.SameFile(is, k.is) && is.ModTime().Equal(k.is.ModTime()) && is.Size() == k.is.Size() {
		return nil
	}
	return k.load()
}

// change changes the keyring as it stands in its file: processes that write one log share it.
func (k *keyring) change(do func() error) error {
	dir := filepath.Dir(k.name)
	unlock, err := lock(dir)
	for n := 0; errors.Is(err, ErrLocked) && n < 100; n++ {
		time.Sleep(10 * time.Millisecond)
		unlock, err = lock(dir)
	}
	if err != nil {
		return err
	}
	defer unlock()
	if err := k.load(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return errors.Join(err, k.load())
	}
	return k.load()
}

// period gives the key of a moment and its name, making it if need be. It is durable before it is used: a digest whose key
// was lost says nothing.
func (k *keyring) period(at time.Time) (name string, key []byte, err error) {
	name = at.UTC().Format(periodLayout)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.fresh(); err != nil {
		return "", nil, err
	}
	if _, ok := k.content.Periods[name]; !ok {
		if err := k.change(func() error { return k.add(name) }); err != nil {
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
