package guard

import "fmt"

// Profile says how strictly the rules are applied. The zero value is [Standard].
type Profile uint8

// The profiles.
const (
	// Standard is for applications: what destroys data, opens a door or leaves a connection changed is denied; ordinary
	// SQL passes.
	Standard Profile = iota
	// Strict is for agents: callers have to be verified, and what standard warns of is denied.
	Strict
	// Migration is for schema changes: data definition is warned of, scripts are split and each statement decided.
	Migration
	// Observe denies nothing and records what standard would have said.
	Observe
)

var profileNames = [...]string{Standard: "standard", Strict: "strict", Migration: "migration", Observe: "observe"}

// String gives the name of the profile as configurations write it.
func (p Profile) String() string {
	if int(p) < len(profileNames) {
		return profileNames[p]
	}
	return fmt.Sprintf("Profile(%d)", uint8(p))
}

// ParseProfile reads the name of a profile; "" is [Standard].
func ParseProfile(name string) (Profile, error) {
	if name == "" {
		return Standard, nil
	}
	for p, n := range profileNames {
		if n == name {
			return Profile(p), nil
		}
	}
	return Standard, fmt.Errorf("guard: unknown profile %q (standard, strict, migration or observe)", name)
}

// profiles is a set of profiles.
type profiles uint8

func only(list ...Profile) profiles {
	var s profiles
	for _, p := range list {
		s |= 1 << p
	}
	return s
}

func but(p Profile) profiles { return ^profiles(1 << p) }

func (s profiles) has(p Profile) bool { return s&(1<<p) != 0 }
