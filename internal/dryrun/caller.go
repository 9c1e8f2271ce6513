package dryrun

import (
	"fmt"
	"strings"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/attest"
	"github.com/governedsql/governed/lineage"
)

// Identity is a caller in plain words.
type Identity struct {
	Kind    string // human, service, agent or anonymous; "" = human where there is a subject, else anonymous
	Subject string
	Issuer  string
	Actor   string // who acts for the subject; makes an agent of it
	Roles   []string
	// Verified says whether a verifier vouches for it. Nil means yes where an issuer or roles are named: only verified
	// callers have those, and one that is not has none.
	Verified *bool
}

// Caller makes the caller, and the class that a decision goes by. Nothing of it leaves this process: it is asked about
// and never sent.
func (i *Identity) Caller() (lineage.Caller, guard.CallerClass) {
	kind, subject, actor := i.Kind, i.Subject, i.Actor
	if kind == "anonymous" || kind == "" && subject == "" && actor == "" {
		return lineage.Caller{}, guard.AnonymousCaller
	}
	if kind == string(lineage.AgentCaller) && actor == "" {
		actor = "agent"
	}
	if subject == "" {
		subject = "someone"
	}
	if i.Verified != nil && *i.Verified || i.Verified == nil && (i.Issuer != "" || len(i.Roles) > 0) {
		e := attest.Evidence{Kind: kind, Issuer: i.Issuer, Subject: subject, Roles: i.Roles}
		switch {
		case actor != "":
			e.Kind, e.Actors = string(lineage.AgentCaller), []string{actor}
		case kind == "":
			e.Kind = string(lineage.HumanCaller)
		}
		return lineage.Attested(attest.Seal(e)), guard.VerifiedCaller
	}
	caller := lineage.Human(subject)
	if kind == string(lineage.ServiceCaller) {
		caller = lineage.Service(subject)
	}
	if actor != "" {
		caller = lineage.Agent(actor, caller)
	}
	return caller, guard.UnverifiedCaller
}

// ParseIdentity reads what a caller's String prints: "agent report-bot for ada", "human ada", "service billing", anonymous.
func ParseIdentity(text string) (Identity, error) {
	words := strings.Fields(text)
	switch {
	case len(words) == 1 && words[0] == "anonymous":
		return Identity{Kind: words[0]}, nil
	case len(words) == 2 && (words[0] == "human" || words[0] == "service"):
		return Identity{Kind: words[0], Subject: words[1]}, nil
	case len(words) == 2 && words[0] == "agent":
		return Identity{Kind: words[0], Actor: words[1]}, nil
	case len(words) == 4 && words[0] == "agent" && words[2] == "for":
		return Identity{Kind: words[0], Actor: words[1], Subject: words[3]}, nil
	case len(words) == 5 && words[0] == "agent" && words[2] == "for" && words[3] == "human":
		return Identity{Kind: words[0], Actor: words[1], Subject: words[4]}, nil
	}
	return Identity{}, fmt.Errorf("a caller is %q, %q, %q, %q or anonymous; this is %q", "human ada", "service billing", "agent bot", "agent bot for human ada", text)
}
