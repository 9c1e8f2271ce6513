package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	jose "github.com/go-jose/go-jose/v4"
)

// maxKeys bounds how many keys of one set are read.
const maxKeys = 100

// ParseKeys reads a JSON Web Key Set, as issuers publish them, for [Config.Keys]. Keys that are for encryption (by use, or by
// key_ops without verify), shared secrets and those of kinds that are not used here are left out; a private key is an error.
func ParseKeys(set []byte) ([]Key, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(set, &raw); err != nil || raw.Keys == nil {
		return nil, errors.New("not a JSON Web Key Set")
	}
	if len(raw.Keys) > maxKeys {
		return nil, fmt.Errorf("more than %d keys", maxKeys)
	}
	var out []Key
	for _, text := range raw.Keys {
		var k jose.JSONWebKey
		if err := k.UnmarshalJSON(text); err != nil || k.Use != "" && k.Use != "sig" {
			continue // of a kind that go-jose does not know, or damaged: the others still count
		}
		key := Key{ID: k.KeyID, Public: k.Key, Algorithm: k.Algorithm}
		switch {
		case !k.IsPublic() && isPrivate(&k):
			return nil, errors.New("a private key among the public ones")
		case !verifies(text) || key.family() == "" || key.Algorithm != "" && !key.fits(key.Algorithm):
			continue
		}
		out = append(out, key)
	}
	return out, nil
}

// verifies reports whether a key may check signatures by its key_ops, which go-jose does not read. One that lists none may.
func verifies(key []byte) bool {
	var k struct {
		Operations json.RawMessage `json:"key_ops"`
	}
	if json.Unmarshal(key, &k) != nil {
		return false
	}
	if k.Operations == nil {
		return true
	}
	var list []string
	return json.Unmarshal(k.Operations, &list) == nil && slices.Contains(list, "verify")
}

// isPrivate reports whether a key is the secret half of a pair; a shared secret is left out like any other kind.
func isPrivate(k *jose.JSONWebKey) bool {
	_, shared := k.Key.([]byte)
	return !shared
}

// chosen are the keys that may have signed: those of the token's key id; the only one that fits where it names none.
func chosen(keys []Key, id, algorithm string) []Key {
	var out []Key
	for i := range keys {
		if keys[i].fits(algorithm) && (id == "" || keys[i].ID == id) {
			out = append(out, keys[i])
		}
	}
	if id == "" && len(out) > 1 {
		return nil
	}
	return out
}
