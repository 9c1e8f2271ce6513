package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// How long keys are believed.
const (
	keysFresh = 5 * time.Minute  // before they are read again
	keysLast  = time.Hour        // where they cannot be read again
	keysEvery = 10 * time.Second // between two attempts
	keysWait  = 10 * time.Second // for one attempt
	maxBody   = 1 << 20          // of an answer
)

// remote are the keys that an issuer publishes.
type remote struct {
	config *Config
	client *http.Client
	busy   chan struct{} // held by the one who reads

	mu    sync.Mutex
	url   string // "" = to be discovered
	held  []Key
	read  time.Time // when held was read
	tried time.Time
	err   error // of the last attempt
}

func newRemote(c *Config) *remote {
	client := *c.client()
	client.Transport = frugal{client.Transport}
	return &remote{config: c, client: &client, busy: make(chan struct{}, 1), url: c.KeysURL}
}

// find gives the keys that may have signed a token. An error means that nobody knows them.
func (r *remote) find(ctx context.Context, id, algorithm string) ([]Key, error) {
	found, age := r.known(id, algorithm)
	if len(found) > 0 && age < keysFresh {
		return found, nil
	}
	if err := r.renew(ctx, len(found) > 0); err != nil {
		return nil, err
	}
	found, age = r.known(id, algorithm)
	r.mu.Lock()
	err := r.err
	r.mu.Unlock()
	if age >= keysLast || err != nil && len(found) == 0 {
		if err == nil {
			err = errors.New("they are too old")
		}
		return nil, err
	}
	return found, nil
}

func (r *remote) known(id, algorithm string) ([]Key, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.read.IsZero() {
		return nil, keysLast
	}
	return chosen(r.held, id, algorithm), r.config.now().Sub(r.read)
}

// renew reads the keys, unless that was tried just now. Whoever has keys does not wait for another who reads. The error
// is that of the caller's context alone.
func (r *remote) renew(ctx context.Context, has bool) error {
	select {
	case r.busy <- struct{}{}:
	default:
		if has {
			return nil
		}
		select {
		case r.busy <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	done := make(chan struct{})
	go func() { // what one caller gives up is still done for the others
		defer close(done)
		defer func() { <-r.busy }()
		r.attempt(context.WithoutCancel(ctx))
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *remote) attempt(ctx context.Context) {
	now := r.config.now()
	r.mu.Lock()
	address, tried := r.url, r.tried
	r.mu.Unlock()
	if since := now.Sub(tried); !tried.IsZero() && since >= 0 && since < keysEvery {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keysWait)
	defer cancel()
	var keys []Key
	var err error
	if address == "" {
		address, err = r.discover(ctx)
	}
	if err == nil {
		keys, err = r.fetch(ctx, address)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried, r.err = now, err
	if err != nil {
		r.url = r.config.KeysURL // they may have moved
		return
	}
	r.url, r.held, r.read = address, keys, now
}

// discover asks the issuer where its keys are.
func (r *remote) discover(ctx context.Context) (string, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, r.client), r.config.Issuer)
	if err != nil {
		return "", outside("discovery at the issuer failed", err)
	}
	var document struct {
		KeysURL string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return "", errors.New("the issuer's discovery document cannot be read")
	}
	if err := checkURL("Issuer", document.KeysURL); err != nil {
		return "", errors.New("the issuer's discovery document names no address by https for its keys")
	}
	return document.KeysURL, nil
}

func (r *remote) fetch(ctx context.Context, address string) ([]Key, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("the address of the keys cannot be read")
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, outside("the keys could not be read", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the keys could not be read: status %d", answer.StatusCode)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, outside("the keys could not be read", err)
	}
	keys, err := ParseKeys(body)
	if err != nil {
		return nil, fmt.Errorf("the keys could not be read: %w", err)
	}
	return keys, nil
}

// outside keeps of an error what says nothing of the answer: go-oidc quotes it.
func outside(what string, err error) error {
	var dial *url.Error
	if errors.As(err, &dial) {
		return fmt.Errorf("%s: %w", what, dial.Err)
	}
	return errors.New(what)
}

// frugal bounds what is read of an answer.
type frugal struct{ next http.RoundTripper }

func (f frugal) RoundTrip(request *http.Request) (*http.Response, error) {
	next := f.next
	if next == nil {
		next = http.DefaultTransport
	}
	answer, err := next.RoundTrip(request)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, maxBody)
	}
	return answer, err
}
