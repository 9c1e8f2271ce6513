// Package stage sets up what the examples play on: an issuer of tokens on this machine, and a database with a table of
// which everybody sees their own rows.
package stage

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	_ "github.com/jackc/pgx/v5/stdlib" // the plain driver

	"github.com/governedsql/governed/internal/pgtest"
)

// What the examples refer to.
const (
	Audience = "shop"
	Role     = "governed_stage" // may read and write the table, and nothing else
)

const keyID = "key-1"

const strike = `drop schema governed_stage cascade; drop role governed_stage`

// scene is one text and so one transaction: what is there already is not touched.
const scene = `
create role governed_stage nologin;
grant governed_stage to current_user;
create schema governed_stage;
grant usage on schema governed_stage to governed_stage;
create table governed_stage.orders (id int primary key, owner text not null, item text not null, email text);
insert into governed_stage.orders values (1, 'ada', 'tea', 'ada@example.com'), (2, 'bob', 'chess', 'bob@example.com'), (3, 'ada', 'cake', 'ada@example.com');
grant select, update, delete on governed_stage.orders to governed_stage;
alter table governed_stage.orders enable row level security;
create policy own on governed_stage.orders using (owner = (select nullif(current_setting('governed.claims', true), '')::jsonb ->> 'sub'))`

// Stage is an issuer and a database.
type Stage struct {
	Issuer string // its address, and its name
	DSN    string

	issuer *httptest.Server
	key    *ecdsa.PrivateKey
	plain  *sql.DB
	set    bool // the scene is there
	stop   func()
}

// Start makes a stage: on the database of DATABASE_URL, whose role has to be one that may create roles and schemas, or on a
// private server from the binaries of this machine.
func Start(ctx context.Context) (*Stage, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	s := &Stage{key: key, stop: func() {}}
	if s.DSN = os.Getenv("DATABASE_URL"); s.DSN == "" {
		server, err := pgtest.Start(ctx)
		if err != nil {
			return nil, err
		}
		s.DSN, s.stop = server.DSN("postgres"), func() { _ = server.Close() }
	}
	s.issuer = httptest.NewServer(http.HandlerFunc(s.publish))
	s.Issuer = s.issuer.URL
	if s.plain, err = sql.Open("pgx", s.DSN); err == nil {
		_, err = s.plain.ExecContext(ctx, scene)
		s.set = err == nil
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close leaves nothing behind.
func (s *Stage) Close() error {
	var err error
	if s.set {
		_, err = s.plain.Exec(strike)
	}
	if s.plain != nil {
		err = errors.Join(err, s.plain.Close())
	}
	s.issuer.Close()
	s.stop()
	return err
}

// publish answers as an OpenID provider does: where its keys are, and which.
func (s *Stage) publish(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/keys" {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: keyID, Use: "sig"}}})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"issuer": s.Issuer, "jwks_uri": s.Issuer + "/keys"})
}

// Token is what somebody logs in with: claims beside those of a good token, or in their place.
func (s *Stage) Token(subject string, more map[string]any) string {
	return s.sign(s.key, subject, more)
}

// Forged is a token that looks the same and is signed with a key of somebody else.
func (s *Stage) Forged(subject string) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return s.sign(key, subject, nil)
}

func (s *Stage) sign(key *ecdsa.PrivateKey, subject string, more map[string]any) string {
	claims := map[string]any{"iss": s.Issuer, "aud": Audience, "sub": subject, "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range more {
		claims[name] = value
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err) // claims of an example
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: keyID}}, nil)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}
