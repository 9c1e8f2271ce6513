// Package oidc makes verified callers of the tokens that an OpenID provider signs (JWT: ID tokens, and access tokens by RFC
// 9068). Its Verify is the only way to a caller whose Verified is true.
//
//	verifier, err := oidc.New(oidc.Config{Issuer: "https://idp.example", Audience: "shop"})
//	caller, err := verifier.Verify(ctx, token)      // errors.Is(err, oidc.ErrToken), a *TokenError says why
//	ctx = lineage.WithCaller(ctx, caller)
//
// # What is checked
//
// The signature, by one of the issuer's published keys and with an algorithm of a short list (RS256 and ES256 unless others
// are named; none and the algorithms of shared secrets never); issuer and audience; that it is not expired, and valid
// already; that every member stands in it once and has the form that it should; that it is no message about a session, such
// as a logout token (an object named events); that the names of parties are more than blanks and hold no characters that
// nobody sees. Keys, addresses and certificates that a token brings along are ignored, extensions that it calls critical are
// refused.
//
// # Clocks
//
// Two clocks never agree. A token counts for [Config.Leeway] longer than it says, and may begin as much later: 30 seconds
// unless set, at most 60. The driver asks again at each statement: a caller stops being verified when its token has
// expired, by that same measure and the clock of this machine, also in a context that lives longer.
//
// # Who acts for whom
//
// The subject is on whose behalf. A token with an act claim (RFC 8693) is that of an agent: the outermost act says who acts
// now, those inside it who handed on, at most [MaxActors]. Roles are the subject's, and an agent may do no more than its
// subject: what a policy's rule gives has to be given to both, what it takes away is taken from either, and a rule that
// denies an actor means it wherever in the chain it stands. A party is known by issuer and subject together; an actor of
// another issuer is named issuer#subject. An act without a subject, or of any other form, refuses the token.
//
// # Keys
//
// The keys of an issuer are found by discovery, or at [Config.KeysURL], and kept for five minutes. A key that is not among
// them is looked for at once, every ten seconds at most. When they cannot be read again, those that are there count for an
// hour. Without the network: [Config.Keys].
//
// # Presented twice
//
// A bearer token can be presented again by whoever sees it. Where each is meant for one use, [Config.Seen] accepts it once.
// Tokens that are bound to a key of their bearer (cnf: DPoP, mutual TLS) are not checked for that binding here.
package oidc
