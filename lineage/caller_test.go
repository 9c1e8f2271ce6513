package lineage_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

func TestCaller(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	service := lineage.Attested(attest.Seal(attest.Evidence{
		Kind: "agent", Behalf: "service", Issuer: "i", Subject: "etl", Actors: []string{"bot", "x#boss"}, Expires: now, KeyID: "k", TokenID: "t",
	}))
	human := lineage.Attested(attest.Seal(attest.Evidence{Kind: "agent", Issuer: "i", Subject: "ada", Actors: []string{"bot"}}))
	for name, test := range map[string]struct {
		caller       lineage.Caller
		kind, behalf lineage.CallerKind
		text         string
	}{
		"nobody":                {lineage.Caller{}, lineage.Anonymous, lineage.Anonymous, "anonymous"},
		"human":                 {lineage.Human("ada"), lineage.HumanCaller, lineage.HumanCaller, "human ada"},
		"service":               {lineage.Service("etl"), lineage.ServiceCaller, lineage.ServiceCaller, "service etl"},
		"agent":                 {lineage.Agent("bot", lineage.Human("ada")), lineage.AgentCaller, lineage.HumanCaller, "agent bot for ada"},
		"agent of a service":    {lineage.Agent("bot", lineage.Service("etl")), lineage.AgentCaller, lineage.ServiceCaller, "agent bot for etl"},
		"agent of nobody":       {lineage.Agent("bot", lineage.Caller{}), lineage.AgentCaller, lineage.Anonymous, "agent bot for "},
		"agent of an agent":     {lineage.Agent("tool", lineage.Agent("bot", lineage.Service("etl"))), lineage.AgentCaller, lineage.ServiceCaller, "agent tool for etl"},
		"attested for a human":  {human, lineage.AgentCaller, lineage.HumanCaller, "agent bot for ada"},
		"attested for etl":      {service, lineage.AgentCaller, lineage.ServiceCaller, "agent bot for etl"},
		"a tool of an attested": {lineage.Agent("tool", service), lineage.AgentCaller, lineage.ServiceCaller, "agent tool for etl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.kind, test.caller.Kind())
			require.Equal(t, test.behalf, test.caller.Behalf())
			require.Equal(t, test.text, test.caller.String())
		})
	}
	require.True(t, service.Verified(now.Add(-1)))
	require.False(t, service.Verified(now))
	require.Equal(t, now, service.Expires())
	require.True(t, human.Verified(now.AddDate(100, 0, 0)))
	require.False(t, lineage.Agent("tool", human).Verified(now), "the program adds an actor that nobody vouches for")
	require.False(t, lineage.Human("ada").Verified(now))

	require.True(t, service.Equal(service))
	for _, other := range []lineage.Caller{human, {}, lineage.Agent("bot", lineage.Service("etl"))} {
		require.False(t, service.Equal(other))
	}
	again := attest.Evidence{Kind: "agent", Issuer: "i", Subject: "ada", Actors: []string{"bot"}, Roles: []string{"dba"}}
	require.False(t, human.Equal(lineage.Attested(attest.Seal(again))), "another role")

	actors := service.Actors()
	actors[0] = "changed"
	require.Equal(t, "bot", service.Actor(), "a caller cannot be changed")
}

func TestVouched(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	c := lineage.Attested(attest.Seal(attest.Evidence{
		Kind: "agent", Behalf: "service", Issuer: "i", Subject: "etl", Actors: []string{"bot"}, Roles: []string{"dba"}, Expires: now, KeyID: "k", TokenID: "t",
	}))
	require.Equal(t, []string{"dba"}, c.Vouched(now.Add(-1)).Roles())
	require.True(t, c.Equal(c.Vouched(now.Add(-1))))
	late := c.Vouched(now)
	require.Empty(t, late.Roles())
	require.False(t, late.HasRole("dba"))
	require.Equal(t, []string{"dba"}, c.Roles(), "the caller itself stays")
	require.Equal(t, [...]any{c.Kind(), c.Behalf(), c.Issuer(), c.Subject(), c.Actors(), c.TokenID(), c.KeyID(), c.Expires()},
		[...]any{late.Kind(), late.Behalf(), late.Issuer(), late.Subject(), late.Actors(), late.TokenID(), late.KeyID(), late.Expires()})
	tool := lineage.Agent("tool", lineage.Attested(attest.Seal(attest.Evidence{Kind: "human", Subject: "ada", Roles: []string{"dba"}})))
	require.Empty(t, tool.Vouched(now).Roles(), "nobody vouches for the tool")
}

// forged tries what code of other modules can: to have the type inferred, and filled.
func forged[T any](attested func(T) lineage.Caller, text string) (lineage.Caller, error) {
	var e T
	err := json.Unmarshal([]byte(text), &e)
	return attested(e), err
}

func TestEvidenceCannotBeMade(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c, err := forged(lineage.Attested, `{"Kind":"human","Subject":"root","evidence":{"Subject":"root"},"Evidence":{"Subject":"root"}}`)
	require.NoError(t, err)
	require.False(t, c.Verified(now))
	require.True(t, c.IsAnonymous())

	evidence := reflect.TypeOf(lineage.Attested).In(0)
	require.Zero(t, evidence.NumMethod())
	require.Zero(t, reflect.PointerTo(evidence).NumMethod())
	for i := range evidence.NumField() {
		require.False(t, evidence.Field(i).IsExported())
	}
	c = reflect.ValueOf(lineage.Attested).Call([]reflect.Value{reflect.Zero(evidence)})[0].Interface().(lineage.Caller)
	require.False(t, c.Verified(now))
}
