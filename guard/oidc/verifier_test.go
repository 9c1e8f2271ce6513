package oidc_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard/oidc"
	"github.com/governedsql/governed/lineage"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	v := verifier(t, nil)
	caller, err := v.Verify(t.Context(), good(object{"roles": []string{"support", "dba"}, "groups": "dba"}))
	require.NoError(t, err)
	require.Equal(t, "ada", caller.Subject())
	require.Equal(t, issuer, caller.Issuer())
	require.Equal(t, lineage.HumanCaller, caller.Kind())
	require.Equal(t, []string{"support", "dba"}, caller.Roles())
	require.Equal(t, "t1", caller.TokenID())
	require.Equal(t, "r1", caller.KeyID())
	require.Empty(t, caller.Actors())
	require.True(t, noon.Add(time.Hour+30*time.Second).Equal(caller.Expires()))
	require.True(t, caller.Verified(noon.Add(time.Hour)))
	require.False(t, caller.Verified(noon.Add(time.Hour+30*time.Second)))

	caller, err = v.Verify(t.Context(), sign(ecKey(), object{"alg": "ES256", "kid": "e1"}, claims()))
	require.NoError(t, err)
	require.Equal(t, "e1", caller.KeyID())
}

// Every way to a token that is not the issuer's.
func TestForged(t *testing.T) {
	t.Parallel()
	public := must(x509.MarshalPKIXPublicKey(rsaKey().Public()))
	secretPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	pkcs1 := x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)
	modulus := rsaKey().N.Bytes()
	jwk := jose.JSONWebKey{Key: otherRSA().Public(), KeyID: "r1", Algorithm: "RS256", Use: "sig"}
	parts := strings.Split(good(), ".")
	flipped := func(part, at int) string {
		p := strings.Split(good(), ".")
		b := must(base64.RawURLEncoding.DecodeString(p[part]))
		b[at] ^= 1
		p[part] = base64.RawURLEncoding.EncodeToString(b)
		return strings.Join(p, ".")
	}
	none := func(alg any) string { return encode(object{"alg": alg, "kid": "r1"}, claims()) + "." }
	for name, test := range map[string]struct {
		token string
		want  oidc.Reason
	}{
		"signature changed":          {flipped(2, 10), oidc.BadSignature},
		"payload changed":            {flipped(1, 3), oidc.BadSignature},
		"payload of another token":   {parts[0] + "." + encode(claims(object{"sub": "root"})) + "." + parts[2], oidc.BadSignature},
		"signature missing":          {parts[0] + "." + parts[1] + ".", oidc.BadSignature},
		"another key, same kid":      {sign(otherRSA(), rs256(), claims()), oidc.BadSignature},
		"another key, another kid":   {sign(otherRSA(), rs256(object{"kid": "r2"}), claims()), oidc.UnknownKey},
		"the other family's kid":     {sign(rsaKey(), rs256(object{"kid": "e1"}), claims()), oidc.UnknownKey},
		"ES256 by RS256":             {sign(ecKey(), rs256(), claims()), oidc.BadSignature},
		"none":                       {none("none"), oidc.Algorithm},
		"None":                       {none("None"), oidc.Algorithm},
		"NONE":                       {none("NONE"), oidc.Algorithm},
		"nOnE":                       {none("nOnE"), oidc.Algorithm},
		"none with a space":          {none("none "), oidc.Algorithm},
		"no algorithm":               {none(nil), oidc.Algorithm},
		"empty algorithm":            {none(""), oidc.Algorithm},
		"a list of algorithms":       {none([]string{"RS256"}), oidc.Algorithm},
		"a number":                   {none(256), oidc.Algorithm},
		"none, signature of another": {encode(object{"alg": "none"}, claims()) + "." + parts[2], oidc.Algorithm},
		"rs256":                      {sign(rsaKey(), rs256(object{"alg": "rs256"}), claims()), oidc.Algorithm},
		"RS384, not allowed":         {sign(rsaKey(), rs256(object{"alg": "RS384"}), claims()), oidc.Algorithm},
		"HS256 by the public PEM":    {sign(secretPEM, rs256(object{"alg": "HS256"}), claims()), oidc.Algorithm},
		"RS256 said, HMAC by PEM":    {sign(secretPEM, rs256(), claims()), oidc.BadSignature},
		"RS256 said, HMAC by DER":    {sign(public, rs256(), claims()), oidc.BadSignature},
		"RS256 said, HMAC by PKCS1":  {sign(pkcs1, rs256(), claims()), oidc.BadSignature},
		"HS256 by the modulus":       {sign(modulus, rs256(object{"alg": "HS256"}), claims()), oidc.Algorithm},
		"crit":                       {sign(rsaKey(), rs256(object{"crit": []string{"exp"}, "exp": 1}), claims()), oidc.CriticalHeader},
		"crit b64":                   {sign(rsaKey(), rs256(object{"crit": []string{"b64"}, "b64": false}), claims()), oidc.CriticalHeader},
		"crit null":                  {sign(rsaKey(), `{"alg":"RS256","kid":"r1","crit":null}`, claims()), oidc.CriticalHeader},
		"embedded key":               {sign(otherRSA(), rs256(object{"jwk": jwk}), claims()), oidc.BadSignature},
		"embedded key, no kid":       {sign(otherRSA(), rs256(object{"jwk": jwk, "kid": nil}), claims()), oidc.BadSignature},
		"address of keys":            {sign(otherRSA(), rs256(object{"jku": "https://evil.example/keys"}), claims()), oidc.BadSignature},
		"certificate":                {sign(otherRSA(), rs256(object{"x5u": "https://evil.example/cert"}), claims()), oidc.BadSignature},
		"two algorithms":             {sign(rsaKey(), `{"alg":"RS256","alg":"RS256","kid":"r1"}`, claims()), oidc.Malformed},
		"two keys":                   {sign(rsaKey(), `{"alg":"RS256","kid":"r2","kid":"r1"}`, claims()), oidc.Malformed},
		"two subjects":               {sign(rsaKey(), rs256(), `{"iss":"`+issuer+`","aud":"shop","exp":1772460000,"sub":"ada","sub":"root"}`), oidc.Malformed},
		"two subjects inside":        {sign(rsaKey(), rs256(), `{"iss":"`+issuer+`","aud":"shop","exp":1772460000,"sub":"ada","act":{"sub":"a","sub":"b"}}`), oidc.Malformed},
		"two, one escaped":           {sign(rsaKey(), rs256(), `{"iss":"`+issuer+`","aud":"shop","exp":1772460000,"sub":"ada","s\u0075b":"root"}`), oidc.Malformed},
		"subject in capitals alone":  {sign(rsaKey(), rs256(), claims(object{"sub": nil, "SUB": "root"})), oidc.Malformed},
		"expiry in capitals alone":   {sign(rsaKey(), rs256(), claims(object{"exp": nil, "Exp": noon.Add(time.Hour).Unix()})), oidc.Malformed},
		"something behind":           {sign(rsaKey(), rs256(), string(mustJSON(claims()))+"{}"), oidc.Malformed},
		"no object":                  {sign(rsaKey(), rs256(), `["ada"]`), oidc.Malformed},
		"no JSON":                    {sign(rsaKey(), rs256(), `ada`), oidc.Malformed},
		"bytes that are no text":     {sign(rsaKey(), rs256(), strings.Replace(string(mustJSON(claims())), "ada", "a\xffa", 1)), oidc.Malformed},
		"bytes nobody reads":         {sign(rsaKey(), rs256(), `{"x":"`+"\xff"+`",`+string(mustJSON(claims()))[1:]), oidc.Malformed},
		"half a surrogate":           {sign(rsaKey(), rs256(), strings.Replace(string(mustJSON(claims())), "ada", `a\ud800`, 1)), oidc.Malformed},
		"NUL":                        {good(object{"sub": "ada\x00root"}), oidc.Malformed},
		"right to left":              {good(object{"sub": "ada\u202eroot"}), oidc.Malformed},
		"deep":                       {good(object{"x": deep(100)}), oidc.Malformed},
		"huge":                       {good(object{"x": strings.Repeat("x", oidc.MaxTokenBytes)}), oidc.TooLarge},
		"huge, no token":             {strings.Repeat(".", 1<<20), oidc.TooLarge},
		"long subject":               {good(object{"sub": strings.Repeat("x", 2000)}), oidc.Malformed},
		"padded":                     {parts[0] + "==." + parts[1] + "." + parts[2], oidc.Malformed},
		"lines":                      {good() + "\n", oidc.Malformed},
		"Bearer":                     {"Bearer " + good(), oidc.Malformed},
		"five parts":                 {good() + ".a.b", oidc.Malformed},
		"two parts":                  {parts[0] + "." + parts[1], oidc.Malformed},
		"the JSON form":              {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, oidc.Malformed},
		"empty":                      {"", oidc.Malformed},
		"logout token":               {sign(rsaKey(), rs256(object{"typ": "logout+jwt"}), claims()), oidc.WrongType},
		"logout token, typ JWT":      {good(object{"sid": "x", "events": object{"http://schemas.openid.net/event/backchannel-logout": object{}}}), oidc.WrongType},
		"logout token, no typ":       {sign(rsaKey(), rs256(object{"typ": nil}), claims(object{"events": object{"http://schemas.openid.net/event/backchannel-logout": object{}}})), oidc.WrongType},
		"another security event":     {good(object{"events": object{"https://schemas.openid.net/secevent/caep/event-type/session-revoked": object{}}}), oidc.WrongType},
		"typ no string":              {sign(rsaKey(), rs256(object{"typ": 1}), claims()), oidc.WrongType},
		"kid no string":              {sign(rsaKey(), rs256(object{"kid": 1}), claims()), oidc.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller, err := verifier(t, nil).Verify(context.Background(), test.token)
			refusal(t, err, test.want)
			require.False(t, caller.Verified(noon))
			require.True(t, caller.IsAnonymous())
			for _, secret := range []string{"ada", "root", "evil", audience, issuer} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

// What a token brings along changes nothing where its signature is good.
func TestEmbeddedKeysAreIgnored(t *testing.T) {
	t.Parallel()
	jwk := jose.JSONWebKey{Key: otherRSA().Public(), KeyID: "r1", Algorithm: "RS256"}
	_, err := verifier(t, nil).Verify(t.Context(), sign(rsaKey(), rs256(object{"jwk": jwk, "jku": "http://127.0.0.1:1", "x5u": "http://127.0.0.1:1"}), claims()))
	require.NoError(t, err)
}

func TestClaims(t *testing.T) {
	t.Parallel()
	unix := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	for name, test := range map[string]struct {
		change object
		want   oidc.Reason // "" = accepted
	}{
		"another audience":         {object{"aud": "bank"}, oidc.WrongAudience},
		"no audience":              {object{"aud": nil}, oidc.WrongAudience},
		"empty list":               {object{"aud": []string{}}, oidc.WrongAudience},
		"audience in capitals":     {object{"aud": "SHOP"}, oidc.WrongAudience},
		"audience as a part":       {object{"aud": "shop bank"}, oidc.WrongAudience},
		"audience of weird type":   {object{"aud": object{"shop": true}}, oidc.WrongAudience},
		"list with a number":       {object{"aud": []any{"shop", 1}}, oidc.WrongAudience},
		"several audiences":        {object{"aud": []string{"bank", "shop"}}, ""},
		"another issuer":           {object{"iss": "https://evil.example"}, oidc.WrongIssuer},
		"issuer with a slash":      {object{"iss": issuer + "/"}, oidc.WrongIssuer},
		"no issuer":                {object{"iss": nil}, oidc.WrongIssuer},
		"issuer of weird type":     {object{"iss": []string{issuer}}, oidc.WrongIssuer},
		"expired":                  {object{"exp": unix(-time.Minute)}, oidc.Expired},
		"expired, within leeway":   {object{"exp": unix(-29 * time.Second)}, ""},
		"expired, at leeway":       {object{"exp": unix(-30 * time.Second)}, oidc.Expired},
		"no expiry":                {object{"exp": nil}, oidc.Malformed},
		"expiry as text":           {object{"exp": "2099"}, oidc.Malformed},
		"expiry without end":       {object{"exp": 1e300}, oidc.Malformed},
		"negative expiry":          {object{"exp": -1}, oidc.Malformed},
		"expiry with a fraction":   {object{"exp": float64(unix(0)) + 0.5}, ""},
		"not yet":                  {object{"nbf": unix(time.Minute)}, oidc.NotYetValid},
		"not yet, within leeway":   {object{"nbf": unix(30 * time.Second)}, ""},
		"not yet, past go-oidc's":  {object{"nbf": unix(4 * time.Minute)}, oidc.NotYetValid},
		"issued in future":         {object{"iat": unix(time.Hour)}, oidc.NotYetValid},
		"begin as text":            {object{"nbf": "now"}, oidc.Malformed},
		"no subject":               {object{"sub": nil}, oidc.Malformed},
		"empty subject":            {object{"sub": ""}, oidc.Malformed},
		"subject of blanks":        {object{"sub": " \u00a0\u3000"}, oidc.Malformed},
		"subject with blanks":      {object{"sub": "ada lovelace"}, ""},
		"zero width subject":       {object{"sub": "ada\u200b"}, oidc.Malformed},
		"subject with a mark":      {object{"sub": "\ufeffada"}, oidc.Malformed},
		"subject, soft hyphen":     {object{"sub": "a\u00adda"}, oidc.Malformed},
		"subject, unseen letter":   {object{"sub": "ada\u3164"}, oidc.Malformed},
		"subject, tag":             {object{"sub": "ada\U000e0041"}, oidc.Malformed},
		"subject in Arabic":        {object{"sub": "\u0622\u062f\u0627"}, ""},
		"actor of blanks":          {object{"act": object{"sub": " "}}, oidc.Malformed},
		"zero width actor":         {object{"act": object{"sub": "bot\u200d"}}, oidc.Malformed},
		"actor's issuer, unseen":   {object{"act": object{"sub": "bot", "iss": "https://other\u200b.example"}}, oidc.Malformed},
		"a claim named events":     {object{"events": []string{"conference"}}, ""},
		"subject of weird type":    {object{"sub": 7}, oidc.Malformed},
		"id of weird type":         {object{"jti": 7}, oidc.Malformed},
		"roles of weird type":      {object{"roles": object{"dba": true}}, oidc.Malformed},
		"roles with a number":      {object{"roles": []any{"a", 1}}, oidc.Malformed},
		"roles null":               {object{"roles": []any{nil}}, oidc.Malformed},
		"empty role":               {object{"roles": ""}, oidc.Malformed},
		"distributed claims":       {object{"_claim_names": object{"roles": "s"}, "_claim_sources": object{}}, oidc.Malformed},
		"members nobody knows":     {object{"may_act": object{"sub": "x"}, "x": 1, "email": "a@b"}, ""},
		"act null":                 {object{"act": []any{nil}[0:1]}, oidc.Malformed},
		"act is a string":          {object{"act": "bot"}, oidc.Malformed},
		"act is a list":            {object{"act": []object{{"sub": "bot"}}}, oidc.Malformed},
		"act without sub":          {object{"act": object{"client_id": "bot"}}, oidc.Malformed},
		"act with an empty sub":    {object{"act": object{"sub": ""}}, oidc.Malformed},
		"act with a number":        {object{"act": object{"sub": 1}}, oidc.Malformed},
		"act with a weird issuer":  {object{"act": object{"sub": "bot", "iss": 1}}, oidc.Malformed},
		"act with an empty issuer": {object{"act": object{"sub": "bot", "iss": ""}}, oidc.Malformed},
		"act as another's":         {object{"act": object{"sub": "https://other.example#bot"}}, oidc.Malformed},
		"inner act without sub":    {object{"act": object{"sub": "bot", "act": object{}}}, oidc.Malformed},
		"inner act false":          {object{"act": object{"sub": "bot", "act": false}}, oidc.Malformed},
		"five actors":              {object{"act": chain(5)}, ""},
		"six actors":               {object{"act": chain(6)}, oidc.TooDeep},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := verifier(t, nil).Verify(context.Background(), good(test.change))
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			refusal(t, err, test.want)
		})
	}
	_, err := verifier(t, nil).Verify(t.Context(), sign(rsaKey(), rs256(), strings.Replace(string(mustJSON(claims())), `"sub"`, `"act":null,"sub"`, 1)))
	refusal(t, err, oidc.Malformed)
}

func TestActors(t *testing.T) {
	t.Parallel()
	v := verifier(t, nil)
	caller, err := v.Verify(t.Context(), good(object{"roles": "analyst", "act": object{
		"sub": "agent-7", "iss": issuer, "act": object{"sub": "orchestrator", "iss": "https://other.example", "act": object{"sub": "scheduler"}},
	}}))
	require.NoError(t, err)
	require.Equal(t, lineage.AgentCaller, caller.Kind())
	require.Equal(t, lineage.HumanCaller, caller.Behalf())
	require.Equal(t, "ada", caller.Subject())
	require.Equal(t, "agent-7", caller.Actor())
	require.Equal(t, []string{"agent-7", "https://other.example#orchestrator", "scheduler"}, caller.Actors())
	require.Equal(t, []string{"analyst"}, caller.Roles())

	caller, err = v.Verify(t.Context(), good(object{"sub": "job", "client_id": "job", "act": object{"sub": "agent-7"}}))
	require.NoError(t, err)
	require.Equal(t, lineage.AgentCaller, caller.Kind())
	require.Equal(t, lineage.ServiceCaller, caller.Behalf(), "an agent for a service has no human's rights")
}

func TestKindsAndRoles(t *testing.T) {
	t.Parallel()
	kind := func(config func(*oidc.Config), change object) lineage.CallerKind {
		caller, err := verifier(t, config).Verify(t.Context(), good(change))
		require.NoError(t, err)
		return caller.Kind()
	}
	require.Equal(t, lineage.HumanCaller, kind(nil, object{"client_id": "web"}))
	require.Equal(t, lineage.ServiceCaller, kind(nil, object{"client_id": "ada"}))
	require.Equal(t, lineage.ServiceCaller, kind(nil, object{"azp": "ada"}))
	by := func(c *oidc.Config) { c.KindClaim, c.RoleClaims = "party", []string{"/realm/roles", "teams"} }
	require.Equal(t, lineage.ServiceCaller, kind(by, object{"party": "service"}))
	require.Equal(t, lineage.HumanCaller, kind(by, object{"party": "human", "client_id": "ada"}))
	for _, party := range []any{nil, "agent", "", 1, "Human"} {
		_, err := verifier(t, by).Verify(t.Context(), good(object{"party": party}))
		refusal(t, err, oidc.Malformed)
	}
	caller, err := verifier(t, by).Verify(t.Context(), good(object{"party": "human", "realm": object{"roles": []string{"a", "b"}}, "teams": "b", "roles": "no"}))
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, caller.Roles())
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	v := verifier(t, func(c *oidc.Config) { c.AccessTokens = true })
	for _, typ := range []any{"at+jwt", "AT+JWT", "application/at+jwt"} {
		_, err := v.Verify(t.Context(), sign(rsaKey(), rs256(object{"typ": typ}), claims()))
		require.NoError(t, err)
	}
	for _, typ := range []any{"JWT", nil, "id+jwt"} {
		_, err := v.Verify(t.Context(), sign(rsaKey(), rs256(object{"typ": typ}), claims()))
		refusal(t, err, oidc.WrongType)
	}
}

func TestLeeway(t *testing.T) {
	t.Parallel()
	late := object{"exp": noon.Add(-time.Second).Unix()}
	_, err := verifier(t, func(c *oidc.Config) { c.Leeway = -1 }).Verify(t.Context(), good(late))
	refusal(t, err, oidc.Expired)
	_, err = verifier(t, func(c *oidc.Config) { c.Leeway = time.Minute }).Verify(t.Context(), good(object{"exp": noon.Add(-59 * time.Second).Unix()}))
	require.NoError(t, err)
}

func TestReplay(t *testing.T) {
	t.Parallel()
	now := noon
	clock := func() time.Time { return now }
	v := verifier(t, func(c *oidc.Config) { c.Now, c.Seen = clock, oidc.NewMemory(2, clock) })
	first := good()
	_, err := v.Verify(t.Context(), first)
	require.NoError(t, err)
	_, err = v.Verify(t.Context(), first)
	refusal(t, err, oidc.Replayed)
	_, err = v.Verify(t.Context(), good(object{"roles": "dba"}))
	refusal(t, err, oidc.Replayed)
	_, err = v.Verify(t.Context(), good(object{"jti": nil}))
	refusal(t, err, oidc.NoTokenID)
	_, err = v.Verify(t.Context(), sign(otherRSA(), rs256(), claims(object{"jti": "t2"})))
	refusal(t, err, oidc.BadSignature)
	_, err = v.Verify(t.Context(), good(object{"jti": "t2"}))
	require.NoError(t, err, "a forged token does not use up an id")
	_, err = v.Verify(t.Context(), good(object{"jti": "t3"}))
	refusal(t, err, oidc.SeenUnavailable)
	require.ErrorIs(t, err, oidc.ErrSeenFull)
	now = noon.Add(time.Hour + 29*time.Second)
	_, err = v.Verify(t.Context(), first)
	refusal(t, err, oidc.Replayed)
	now = noon.Add(2 * time.Hour)
	_, err = v.Verify(t.Context(), first)
	refusal(t, err, oidc.Expired)
	_, err = v.Verify(t.Context(), good(object{"jti": "t4", "exp": now.Add(time.Hour).Unix()}))
	require.NoError(t, err, "room is made by what has expired")
}

func TestNew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*oidc.Config){
		"no issuer":         func(c *oidc.Config) { c.Issuer = "" },
		"no audience":       func(c *oidc.Config) { c.Audience = "" },
		"none":              func(c *oidc.Config) { c.Algorithms = []string{"RS256", "none"} },
		"HMAC":              func(c *oidc.Config) { c.Algorithms = []string{"HS256"} },
		"leeway":            func(c *oidc.Config) { c.Leeway = time.Hour },
		"no keys":           func(c *oidc.Config) { c.Keys = []oidc.Key{} },
		"a secret":          func(c *oidc.Config) { c.Keys = []oidc.Key{{ID: "r1", Public: []byte("secret")}} },
		"a private key":     func(c *oidc.Config) { c.Keys = []oidc.Key{{ID: "r1", Public: rsaKey()}} },
		"a nil key":         func(c *oidc.Config) { c.Keys = []oidc.Key{{ID: "r1"}} },
		"a key for another": func(c *oidc.Config) { c.Keys[0].Algorithm = "ES256" },
		"keys and address":  func(c *oidc.Config) { c.KeysURL = "https://idp.example/keys" },
		"http":              func(c *oidc.Config) { c.Keys, c.KeysURL = nil, "http://idp.example/keys" },
		"issuer by http":    func(c *oidc.Config) { c.Keys, c.Issuer = nil, "http://idp.example" },
		"no address":        func(c *oidc.Config) { c.Keys, c.Issuer = nil, "idp" },
		"empty role claim":  func(c *oidc.Config) { c.RoleClaims = []string{""} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := offline()
			change(&c)
			_, err := oidc.New(c)
			require.Error(t, err)
		})
	}
}

// A token without a key id is good where one key can have signed it.
func TestWithoutKeyID(t *testing.T) {
	t.Parallel()
	caller, err := verifier(t, nil).Verify(t.Context(), sign(rsaKey(), rs256(object{"kid": nil}), claims()))
	require.NoError(t, err)
	require.Equal(t, "r1", caller.KeyID())
	_, err = verifier(t, func(c *oidc.Config) { c.Keys = append(c.Keys, oidc.Key{ID: "r2", Public: otherRSA().Public()}) }).
		Verify(t.Context(), sign(rsaKey(), rs256(object{"kid": nil}), claims()))
	refusal(t, err, oidc.UnknownKey)
}

func FuzzVerify(f *testing.F) {
	v := verifier(f, nil)
	f.Add(good())
	f.Add(good(object{"act": chain(6)}))
	f.Add(encode(object{"alg": "none"}, claims()) + ".")
	f.Add("..")
	known := map[string]bool{}
	for _, token := range []string{good(), good(object{"act": chain(3)})} {
		known[token] = true
		f.Add(token)
	}
	signed := good() // PKCS 1 v1.5 is deterministic: nothing else has this signature
	f.Fuzz(func(t *testing.T, token string) {
		caller, err := v.Verify(context.Background(), token)
		if err != nil {
			require.ErrorIs(t, err, oidc.ErrToken)
			require.True(t, caller.IsAnonymous())
			return
		}
		require.True(t, known[token] || token == signed || token == good(object{"act": chain(6)}), "a token that nobody signed")
	})
}

// FuzzClaims signs whatever it is given.
func FuzzClaims(f *testing.F) {
	v := verifier(f, nil)
	for _, c := range []object{claims(), claims(object{"act": chain(3)}), claims(object{"roles": []string{"a"}})} {
		f.Add(string(mustJSON(c)))
	}
	f.Fuzz(func(t *testing.T, payload string) {
		caller, err := v.Verify(context.Background(), sign(rsaKey(), rs256(), payload))
		if err != nil {
			require.ErrorIs(t, err, oidc.ErrToken)
			return
		}
		require.True(t, caller.Verified(noon))
		require.NotEmpty(t, caller.Subject())
		require.Equal(t, issuer, caller.Issuer())
		require.LessOrEqual(t, len(caller.Actors()), oidc.MaxActors)
		require.Equal(t, len(caller.Actors()) > 0, caller.Kind() == lineage.AgentCaller)
	})
}

func mustJSON(o object) []byte { return []byte(decode(encode(o))) }

func decode(part string) string { return string(must(base64.RawURLEncoding.DecodeString(part))) }

// chain is an act chain of n actors.
func chain(n int) object {
	out := object{"sub": "a"}
	for range n - 1 {
		out = object{"sub": "a", "act": out}
	}
	return out
}

func deep(n int) any {
	var out any = 1
	for range n {
		out = []any{out}
	}
	return out
}
