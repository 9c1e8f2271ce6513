package ledger

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// sealer encrypts callers so that they can be forgotten: with a key that is made of the month's and the subject's, both
// kept in the keyring. Without either nobody reads them again, and the log stays as it is.
type sealer struct{ keyring *keyring }

// seal takes the caller out of a record and puts it into a box.
func (s sealer) seal(b *body, at time.Time) error {
	if b.Who == nil {
		return nil
	}
	month, monthKey, err := s.keyring.period(at)
	if err != nil {
		return err
	}
	id, subjectKey, err := s.keyring.subject(b.Who.Subject)
	if err != nil {
		return err
	}
	aead, err := boxKey(monthKey, subjectKey)
	if err != nil {
		return err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	b.Sealed = &Sealed{Period: month, Subject: id, Box: base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, marshal(b.Who), []byte(id)))}
	b.Who = nil
	return nil
}

var errForgotten = errors.New("governed: the key of the caller was destroyed")

// open gives the caller in a box.
func (s sealer) open(box *Sealed) (*Who, error) {
	monthKey, subjectKey, err := s.keyring.keys(box.Period, box.Subject)
	if err != nil {
		return nil, err
	}
	aead, err := boxKey(monthKey, subjectKey)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(box.Box)
	if err != nil || len(raw) < aead.NonceSize() {
		return nil, errForgotten
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(box.Subject))
	if err != nil {
		return nil, errForgotten
	}
	who := &Who{}
	return who, json.Unmarshal(plain, who)
}

func boxKey(month, subject []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, month, subject, "governed ledger caller", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// subjectKey is what the keyring holds of a subject.
type subjectKey struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

// subject gives the id and the key of a subject, making them if need be.
func (k *keyring) subject(name string) (id string, key []byte, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.fresh(); err != nil {
		return "", nil, err
	}
	if _, ok := k.content.Subjects[name]; !ok {
		if err := k.change(func() error { return k.addSubject(name) }); err != nil {
			return "", nil, err
		}
	}
	s := k.content.Subjects[name]
	key, err = hex.DecodeString(s.Key)
	return s.ID, key, err
}

func (k *keyring) addSubject(name string) error {
	if _, ok := k.content.Subjects[name]; ok {
		return nil
	}
	fresh := make([]byte, 8+sha256.Size)
	if _, err := rand.Read(fresh); err != nil {
		return err
	}
	k.content.Subjects[name] = subjectKey{ID: hex.EncodeToString(fresh[:8]), Key: hex.EncodeToString(fresh[8:])}
	return k.save()
}

// keys gives the keys of a box.
func (k *keyring) keys(month, id string) (monthKey, subject []byte, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byID == nil {
		k.byID = map[string]string{}
		for _, s := range k.content.Subjects {
			k.byID[s.ID] = s.Key
		}
	}
	monthKey, err1 := hex.DecodeString(k.content.Periods[month])
	subject, err2 := hex.DecodeString(k.byID[id])
	if err1 != nil || err2 != nil || len(monthKey) == 0 || len(subject) == 0 {
		return nil, nil, errForgotten
	}
	return monthKey, subject, nil
}

// Forget destroys the key of a subject: who they were cannot be read from the log any more, of which not a byte changes.
// The log says that the key is gone. It is an error if there is no such key. What file systems and backups keep of the
// keyring is not the ledger's to reach. An [*UnavailableError] says that the key is destroyed and that the record of it has
// to wait for the store.
func (l *Ledger) Forget(subject string) error {
	var id string
	k := l.keyring
	k.mu.Lock()
	err := k.change(func() error {
		s, ok := k.content.Subjects[subject]
		if !ok {
			return errors.New("governed: the keyring of the ledger has no key of that subject")
		}
		id = s.ID
		delete(k.content.Subjects, subject)
		return k.save()
	})
	k.mu.Unlock()
	if err != nil {
		return err
	}
	return l.gone("subject " + id)
}

// ForgetBefore destroys the keys of all months before one, such as 2026-01, and gives those months: no caller that was
// sealed in them can be read, and no digest of them linked to a value. The log says so. The present month's key stays.
func (l *Ledger) ForgetBefore(month string) ([]string, error) {
	if _, err := time.Parse(periodLayout, month); err != nil {
		return nil, errors.New("governed: a month is written as 2026-01")
	}
	if now := l.config.now().UTC().Format(periodLayout); month > now {
		month = now
	}
	var gone []string
	k := l.keyring
	k.mu.Lock()
	err := k.change(func() error {
		for name, key := range k.content.Periods {
			if name < month && key != "" {
				gone = append(gone, name)
				k.content.Periods[name] = ""
			}
		}
		slices.Sort(gone)
		return k.save()
	})
	k.mu.Unlock()
	for _, name := range gone {
		if err == nil {
			err = l.gone("month " + name)
		}
	}
	return gone, err
}

// gone writes down that a key is destroyed; where the store cannot be written now, as soon as it can.
func (l *Ledger) gone(key string) error {
	_, err := l.queue.put(context.Background(), &item{body: marshal(&body{Event: KeyGone, Process: l.process, Key: key}), stays: true})
	return err
}
