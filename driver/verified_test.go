package driver_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/guard/oidc"
	"github.com/governedsql/governed/lineage"
	"github.com/governedsql/governed/otelexport"
)

// idp issues tokens and the verifier that knows them.
type idp struct {
	t        testing.TB
	signer   jose.Signer
	verifier *oidc.Verifier
}

func newIDP(t testing.TB) *idp {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k1"}}, nil)
	require.NoError(t, err)
	v, err := oidc.New(oidc.Config{Issuer: "https://idp.example", Audience: "shop", Keys: []oidc.Key{{ID: "k1", Public: key.Public()}}})
	require.NoError(t, err)
	return &idp{t, signer, v}
}

type claim = map[string]any

// as is the context of whoever comes with a token.
func (i *idp) as(more claim) context.Context {
	i.t.Helper()
	c := claim{"iss": "https://idp.example", "aud": "shop", "sub": "ada", "jti": "t1", "exp": time.Now().Add(time.Hour).Unix()}
	for k, v := range more {
		c[k] = v
	}
	payload, err := json.Marshal(c)
	require.NoError(i.t, err)
	signed, err := i.signer.Sign(payload)
	require.NoError(i.t, err)
	token, err := signed.CompactSerialize()
	require.NoError(i.t, err)
	caller, err := i.verifier.Verify(background, token)
	require.NoError(i.t, err)
	return as(caller)
}

func TestVerifiedCallersAndPolicies(t *testing.T) {
	rule := func(id string, who guard.Identity, then guard.Outcome) guard.PolicyRule {
		return guard.PolicyRule{ID: id, When: guard.Condition{Identity: who}, Then: then}
	}
	policy, err := guard.NewPolicy(guard.Config{Profile: guard.Strict, Rules: []guard.PolicyRule{
		rule("readers", guard.Identity{Roles: []string{"reader"}}, guard.Outcome{Clear: []string{"email"}}),
		rule("humans", guard.Identity{Kinds: []string{"human"}, Roles: []string{"chief"}}, guard.Outcome{Clear: []string{"email"}}),
		rule("agents", guard.Identity{Kinds: []string{"agent"}, Roles: []string{"helper"}}, guard.Outcome{Clear: []string{"email"}}),
		rule("not-this-one", guard.Identity{Actors: []string{"https://x.example#boss"}}, guard.Outcome{Decision: lineage.Deny}),
		rule("the-bot", guard.Identity{Actors: []string{"bot"}, Kinds: []string{"agent", "human"}}, guard.Outcome{Clear: []string{"phone"}}),
	}})
	require.NoError(t, err)
	f := setup(t, &driver.Config{Policy: policy, Claims: told})
	i := newIDP(t)
	email := func(ctx context.Context) (out string) {
		t.Helper()
		require.NoError(t, f.governed.QueryRowContext(ctx, "select email from people where id = 1").Scan(&out))
		return out
	}
	bot := claim{"sub": "bot"}
	for name, test := range map[string]struct {
		token claim
		clear bool
	}{
		"without a role":             {claim{}, false},
		"reader":                     {claim{"roles": "reader"}, true},
		"the agent of a reader":      {claim{"roles": "reader", "act": bot}, true},
		"the agent of another":       {claim{"act": bot}, false},
		"chief":                      {claim{"roles": "chief"}, true},
		"the agent of a chief":       {claim{"roles": "chief", "act": bot}, false},
		"helper":                     {claim{"roles": "helper"}, false},
		"the agent of a helper":      {claim{"roles": "helper", "act": bot}, false},
		"roles of the agent":         {claim{"act": claim{"sub": "bot", "roles": []string{"reader"}}}, false},
		"agent, agents inside":       {claim{"roles": "reader", "act": claim{"sub": "bot", "act": claim{"sub": "boss"}}}, true},
		"a service that is a reader": {claim{"roles": "reader", "client_id": "ada"}, true},
	} {
		got := email(i.as(test.token))
		require.Equal(t, test.clear, got == u1, name)
	}
	// An actor is denied wherever in the chain it stands, and by issuer and name together.
	boss := claim{"sub": "boss", "iss": "https://x.example"}
	for _, act := range []claim{boss, {"sub": "bot", "act": boss}, {"sub": "a", "act": claim{"sub": "b", "act": boss}}} {
		_, err := f.governed.QueryContext(i.as(claim{"roles": "reader", "act": act}), "select id from people where id = 1")
		var denied *guard.DeniedError
		require.ErrorAs(t, err, &denied)
		require.Equal(t, "not-this-one", denied.Rule)
	}
	require.Equal(t, []int{1}, ids(t, i.as(claim{"act": claim{"sub": "boss"}}), f.governed, "select id from people where id = 1"))

	// Nobody, and who only says so.
	for _, ctx := range []context.Context{background, ada, as(lineage.Agent("tool", lineage.CallerFrom(i.as(claim{"roles": "reader"}))))} {
		_, err := f.governed.QueryContext(ctx, "select id from people where id = 1")
		require.ErrorIs(t, err, guard.ErrDenied)
	}
}

// Records and spans tell the whole story of a caller, PostgreSQL as well.
func TestVerifiedCallersAreRecorded(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	f := setup(t, &driver.Config{Profile: driver.Strict, Claims: told})
	ctx := newIDP(t).as(claim{"roles": []string{"support"}, "act": claim{"sub": "bot", "act": claim{"sub": "boss", "iss": "https://x.example"}}})
	exporter.Reset()
	var text string
	require.NoError(t, f.governed.QueryRowContext(ctx, claims).Scan(&text))
	records := f.records.of(lineage.StatementEvent)
	c := records[len(records)-1].Caller
	require.True(t, c.Verified(time.Now()))
	require.Equal(t, []string{"bot", "https://x.example#boss"}, c.Actors())
	require.Equal(t, "t1 k1", c.TokenID()+" "+c.KeyID())
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	require.Equal(t, "t1", got["jti"])
	require.Equal(t, []any{"bot", "https://x.example#boss"}, got["actors"])

	attributes, traces := map[attribute.Key]attribute.Value{}, []string{}
	for _, span := range exporter.GetSpans() {
		traces = append(traces, span.SpanContext.TraceID().String())
		for _, a := range span.Attributes {
			attributes[a.Key] = a.Value
		}
	}
	require.Contains(t, traces, got["trace"])
	for key, want := range map[attribute.Key]any{
		otelexport.IdentityKindKey: "agent", otelexport.IdentityActorKey: "bot", otelexport.IdentityIssuerKey: "https://idp.example",
		otelexport.IdentityTokenKey: "t1", otelexport.IdentityKeyKey: "k1", otelexport.IdentityProvenKey: true,
		otelexport.IdentityActorsKey: []string{"bot", "https://x.example#boss"}, "user.id": "ada", "user.roles": []string{"support"},
	} {
		require.Equal(t, want, attributes[key].AsInterface(), key)
	}
}
