package oidc

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

// maxName is the length of the longest subject, role or id.
const maxName = 1024

// earlier is the clock by which go-oidc looks at expiry.
func (v *Verifier) earlier() time.Time { return v.config.now().Add(-v.config.leeway()) }

// claims reads the payload of a token whose signature is good.
func (v *Verifier) claims(payload []byte) (e attest.Evidence, err error) {
	m, err := members(payload)
	if err != nil {
		return e, refused(Malformed, "")
	}
	if m["iss"] != v.config.Issuer {
		return e, refused(WrongIssuer, "iss")
	}
	if !slices.Contains(texts(m["aud"]), v.config.Audience) {
		return e, refused(WrongAudience, "aud")
	}
	if _, event := m["events"].(map[string]any); event {
		return e, refused(WrongType, "events") // RFC 8417: a message about a session, whatever its typ; nobody calls by it
	}
	if e.Expires, err = v.timely(m); err != nil {
		return e, err
	}
	e.Issuer = v.config.Issuer
	var ok bool
	if e.Subject, ok = plain(m, "sub"); !ok || !legible(e.Subject) {
		return e, refused(Malformed, "sub")
	}
	if e.TokenID, ok = plain(m, "jti"); !ok {
		return e, refused(Malformed, "jti")
	}
	if e.Roles, err = v.roles(m); err != nil {
		return e, err
	}
	if e.Kind, err = v.kind(m, e.Subject); err != nil {
		return e, err
	}
	if e.Actors, err = actors(m, e.Issuer); err == nil && len(e.Actors) > 0 {
		e.Kind, e.Behalf = string(lineage.AgentCaller), e.Kind
	}
	return e, err
}

// timely reads the times of a token: exp has to be there. It gives until when the token counts, the leeway included.
func (v *Verifier) timely(m map[string]any) (until time.Time, err error) {
	now, leeway := v.config.now(), v.config.leeway()
	end, ok := date(m["exp"], false)
	if !ok {
		return until, refused(Malformed, "exp")
	}
	until = end.Add(leeway)
	if !now.Before(until) {
		return until, refused(Expired, "exp")
	}
	for _, name := range [...]string{"nbf", "iat"} {
		text, there := m[name]
		if !there {
			continue
		}
		begin, ok := date(text, true)
		if !ok {
			return until, refused(Malformed, name)
		}
		if now.Add(leeway).Before(begin) {
			return until, refused(NotYetValid, name)
		}
	}
	return until, nil
}

// date reads seconds since 1970. A part of a second is rounded to the side that accepts less.
func date(v any, up bool) (time.Time, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	f, err := n.Float64()
	if err != nil || !(f >= 0 && f < 1<<36) {
		return time.Time{}, false
	}
	if up {
		f = math.Ceil(f)
	}
	return time.Unix(int64(f), 0), true
}

// roles gathers the roles of all claims that hold them.
func (v *Verifier) roles(m map[string]any) ([]string, error) {
	names := v.config.RoleClaims
	if len(names) == 0 {
		names = []string{"roles", "groups"}
	}
	var out []string
	for _, name := range names {
		claim, there := at(m, name)
		if !there {
			continue
		}
		list := texts(claim)
		if list == nil || slices.ContainsFunc(list, func(r string) bool { return r == "" || !decent(r) }) {
			return nil, refused(Malformed, name)
		}
		for _, r := range list {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// kind says what the subject is.
func (v *Verifier) kind(m map[string]any, subject string) (string, error) {
	if name := v.config.KindClaim; name != "" {
		claim, _ := at(m, name)
		switch claim {
		case string(lineage.HumanCaller), string(lineage.ServiceCaller):
			return claim.(string), nil
		}
		return "", refused(Malformed, name)
	}
	if m["client_id"] == subject || m["azp"] == subject {
		return string(lineage.ServiceCaller), nil
	}
	return string(lineage.HumanCaller), nil
}

// actors reads the act chain, the one who acts now first.
func actors(m map[string]any, issuer string) ([]string, error) {
	var out []string
	for {
		act, there := m["act"]
		if !there {
			return out, nil
		}
		if len(out) == MaxActors {
			return nil, refused(TooDeep, "act")
		}
		inner, ok := act.(map[string]any)
		if !ok {
			return nil, refused(Malformed, "act")
		}
		name, ok := party(inner, issuer)
		if !ok {
			return nil, refused(Malformed, "act")
		}
		out, m = append(out, name), inner
	}
}

// party names an actor: by its subject alone where its issuer is that of the token, by both otherwise. A subject that looks
// like both would be taken for another's.
func party(act map[string]any, issuer string) (string, bool) {
	subject, ok := plain(act, "sub")
	if !ok || !legible(subject) {
		return "", false
	}
	other, ok := plain(act, "iss")
	if _, there := act["iss"]; !ok || there && !legible(other) {
		return "", false
	}
	if other == "" || other == issuer {
		return subject, !(strings.Contains(subject, "://") && strings.Contains(subject, "#"))
	}
	return other + "#" + subject, !strings.Contains(other, "#") && strings.Contains(other, "://")
}

// at finds a claim by name, or by path where the name begins with a slash.
func at(m map[string]any, name string) (any, bool) {
	path, nested := strings.CutPrefix(name, "/")
	if !nested {
		v, there := m[name]
		return v, there
	}
	var v any = m
	for _, step := range strings.Split(path, "/") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = object[step]; !ok {
			return nil, false
		}
	}
	return v, true
}

// plain gives a member that is a string, "" where there is none; false where it is something else or no decent name.
func plain(m map[string]any, name string) (string, bool) {
	v, there := m[name]
	if !there {
		return "", true
	}
	s, ok := v.(string)
	return s, ok && decent(s)
}

// decent reports whether a name can be shown, recorded and compared: it is not too long, and holds no control characters,
// nor the sign that stands for what was no text.
func decent(s string) bool {
	return len(s) <= maxName && !strings.ContainsFunc(s, func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}

// legible reports whether a name of a party is seen as what it is: a name that is nothing but blanks, or that differs from
// another by a character that nobody sees, would be taken for somebody else's.
func legible(s string) bool {
	return strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r)
	})
}

// texts reads a string or a list of strings; nil where it is neither.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil
			}
			out = append(out, s)
		}
		return out
	}
	return nil
}
