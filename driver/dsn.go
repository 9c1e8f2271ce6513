package driver

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/mask"
)

const ledgerKey = "governed.ledger"

// prefix marks the DSN keys that are ours and never reach the server.
const prefix = "governed."

// DSNError says what is wrong with a data source name. It never quotes the name itself, which may hold a password.
type DSNError struct {
	Key    string
	Reason string
}

func (e *DSNError) Error() string {
	if e.Key == "" {
		return "governed: data source name: " + e.Reason
	}
	return "governed: data source name: " + e.Key + ": " + e.Reason
}

// setting is one governed.* key with its value.
type setting struct{ key, value string }

// splitDSN takes our keys out of a data source name of either form and gives the rest as it was.
func splitDSN(dsn string) (rest string, ours []setting, err error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return splitURL(dsn)
	}
	return splitKeywords(dsn)
}

func splitURL(dsn string) (string, []setting, error) {
	base, query, found := strings.Cut(dsn, "?")
	if !found {
		return dsn, nil, nil
	}
	query, fragment, hasFragment := strings.Cut(query, "#")
	var kept []string
	var ours []setting
	for _, pair := range strings.Split(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil {
			return "", nil, &DSNError{Reason: "a key is not properly escaped"}
		}
		if !strings.HasPrefix(strings.ToLower(name), prefix) {
			if pair != "" {
				kept = append(kept, pair)
			}
			continue
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return "", nil, &DSNError{Key: name, Reason: "the value is not properly escaped"}
		}
		ours = append(ours, setting{name, value})
	}
	rest := base
	if len(kept) > 0 {
		rest += "?" + strings.Join(kept, "&")
	}
	if hasFragment {
		rest += "#" + fragment
	}
	return rest, ours, nil
}

// splitKeywords reads libpq's form: key = value pairs, values quoted by ' with \ as escape.
func splitKeywords(dsn string) (string, []setting, error) {
	var kept []string
	var ours []setting
	for s := strings.TrimLeft(dsn, whitespace); s != ""; s = strings.TrimLeft(s, whitespace) {
		key, after, found := strings.Cut(s, "=")
		if !found {
			return dsn, ours, nil // not of this form; pgx says what is wrong with it
		}
		raw, value, tail, ok := keywordValue(strings.TrimLeft(after, whitespace))
		if !ok {
			return "", nil, &DSNError{Key: strings.TrimSpace(key), Reason: "the quoted value does not end"}
		}
		if key = strings.TrimSpace(key); strings.HasPrefix(strings.ToLower(key), prefix) {
			ours = append(ours, setting{key, value})
		} else {
			kept = append(kept, key+"="+raw)
		}
		s = tail
	}
	if len(ours) == 0 {
		return dsn, nil, nil
	}
	return strings.Join(kept, " "), ours, nil
}

const whitespace = " \t\n\r\v\f"

// keywordValue cuts the value at the beginning of s: as written, as meant, and what follows it.
func keywordValue(s string) (raw, value, tail string, ok bool) {
	var b strings.Builder
	quoted := strings.HasPrefix(s, "'")
	i := 0
	if quoted {
		i = 1
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case quoted && c == '\'':
			return s[:i+1], b.String(), s[i+1:], true
		case !quoted && strings.IndexByte(whitespace, c) >= 0:
			return s[:i], b.String(), s[i:], true
		default:
			b.WriteByte(c)
		}
	}
	return s, b.String(), "", !quoted
}

// apply reads our keys into a configuration. A key given twice, an unknown key and a value of the wrong form are errors.
func apply(c *Config, ours []setting) error {
	seen := map[string]bool{}
	file, policy := "", false
	for _, s := range ours {
		if seen[s.key] {
			return &DSNError{Key: s.key, Reason: "given twice"}
		}
		seen[s.key] = true
		if s.key == "governed.policy" {
			file, policy = s.value, true
			continue
		}
		if err := applyOne(c, s); err != nil {
			return err
		}
	}
	if c.Profile == Observe && c.Mask == MaskOn {
		return &DSNError{Key: "governed.mask", Reason: "cannot be on in the observe profile"}
	}
	if policy {
		return c.openPolicy(file)
	}
	return nil
}

// on reads a key that is on or off.
func (s setting) on() (bool, error) {
	switch s.value {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	return false, &DSNError{Key: s.key, Reason: fmt.Sprintf("%q is neither on nor off", s.value)}
}

func applyOne(c *Config, s setting) error {
	switch s.key {
	case "governed.profile":
		p, err := guard.ParseProfile(s.value)
		if err != nil || s.value == "" {
			return &DSNError{Key: s.key, Reason: fmt.Sprintf("%q is none of standard, strict, migration, observe", s.value)}
		}
		c.Profile = p
	case "governed.mask":
		on, err := s.on()
		if err != nil {
			return err
		}
		if c.Mask = MaskOff; on {
			c.Mask = MaskOn
		}
	case "governed.clear":
		list, err := splitClear(s.value)
		if err != nil {
			return &DSNError{Key: s.key, Reason: err.Error()}
		}
		c.Clear = append(slices.Clone(c.Clear), list...)
	case "governed.environment":
		c.Environment = s.value
	case "governed.scan":
		on, err := s.on()
		if err != nil {
			return err
		}
		c.ScanOff = !on
	case "governed.mask_key":
		keys, err := mask.ReadKeys(s.value)
		if err != nil {
			return &DSNError{Key: s.key, Reason: err.Error()}
		}
		c.MaskKey = keys[0] // the others are those before it
	case "governed.sample":
		on, err := s.on()
		if err != nil {
			return err
		}
		c.SampleOff = !on
	case "governed.claims":
		on, err := s.on()
		if err != nil {
			return err
		}
		if c.Claims.On = on; !on {
			c.Claims = Claims{}
		}
	case "governed.report":
		c.Report = s.value
	case ledgerKey:
		if s.value == "" {
			return &DSNError{Key: s.key, Reason: "names no directory"}
		}
		c.ledgerDir = s.value
	default:
		return &DSNError{Key: s.key, Reason: "unknown key (governed.profile, governed.mask, governed.clear, governed.policy, governed.ledger, governed.environment, governed.report, governed.scan, governed.sample, governed.claims, governed.mask_key)"}
	}
	return nil
}

// guarded are settings that a connection must not begin with: each would undo what the guard relies on.
var guarded = map[string]string{
	"replication":                 "it opens the replication protocol, which is not governed",
	"role":                        "it changes the identity of the session",
	"session_authorization":       "it changes the identity of the session",
	"session_replication_role":    "it turns triggers and foreign keys off",
	"row_security":                "it changes what row-level security shows",
	"standard_conforming_strings": "with it off the server reads strings in another way than the guard",
	"backslash_quote":             "it changes how the server reads strings",
	"client_encoding":             "the guard reads UTF8 only",
	"session_preload_libraries":   "it loads code",
	"local_preload_libraries":     "it loads code",
	"dynamic_library_path":        "it decides which code is loaded",
	"log_statement":               "it blinds the server's own log",
	"track_activities":            "it blinds the server's own view",
	"transform_null_equals":       "it changes what x = NULL means",
	"allow_system_table_mods":     "it opens the catalog to writes",
	"ignore_system_indexes":       "it changes how the catalog is read",
	"zero_damaged_pages":          "it destroys data",
	"ignore_checksum_failure":     "it hides damage",
	"lo_compat_privileges":        "it turns privilege checks off",
}

// checkParams refuses what would undo the guard. The message names the key and never the value.
func checkParams(params map[string]string) error {
	for name, value := range params {
		if err := checkParam(strings.ToLower(name), value); err != nil {
			return err
		}
	}
	return nil
}

func checkParam(name, value string) error {
	switch reason := guarded[name]; {
	case name == "client_encoding" && isUTF8(value):
	case name == "standard_conforming_strings" && strings.EqualFold(value, "on"):
	case reason != "":
		return &DSNError{Key: name, Reason: "refused: " + reason}
	case strings.HasPrefix(name, prefix) || strings.HasPrefix(name, "pgaudit.") || strings.HasPrefix(name, "log_") || strings.HasPrefix(name, "auto_explain."):
		return &DSNError{Key: name, Reason: "refused: it belongs to the record of what is done"}
	case strings.HasPrefix(name, "plpgsql."):
		return &DSNError{Key: name, Reason: "refused: it changes what the names in function bodies mean"}
	case name == "options":
		return checkOptions(value)
	}
	return nil
}

// checkOptions reads the command-line switches that libpq passes in options.
func checkOptions(options string) error {
	if strings.Contains(options, `\`) {
		// The server drops backslashes in its own way: what is read here could be another name there.
		return &DSNError{Key: "options", Reason: "refused: a backslash"}
	}
	fields := strings.Fields(options)
	for i := 0; i < len(fields); i++ {
		f := fields[i]
		var assignment string
		switch {
		case f == "-c" && i+1 < len(fields):
			i++
			assignment = fields[i]
		case strings.HasPrefix(f, "--"):
			assignment = f[2:]
		case strings.HasPrefix(f, "-c"):
			assignment = f[2:]
		default:
			return &DSNError{Key: "options", Reason: "refused: only -c name=value and --name=value are read"}
		}
		name, value, _ := strings.Cut(assignment, "=")
		if err := checkParam(strings.ToLower(strings.ReplaceAll(name, "-", "_")), value); err != nil {
			return err
		}
	}
	return nil
}

func isUTF8(encoding string) bool {
	return encoding == "UTF8" || slices.Contains([]string{"utf8", "utf-8", "unicode"}, strings.ToLower(strings.Trim(encoding, "'\"")))
}

// parseDSN reads a data source name: pgx's part, and a copy of base with our keys applied.
func parseDSN(dsn string, base *Config) (*pgx.ConnConfig, *Config, error) {
	config := Config{}
	if base != nil {
		config = *base
	}
	rest, ours, err := splitDSN(dsn)
	if err != nil {
		return nil, nil, err
	}
	if err := apply(&config, ours); err != nil {
		return nil, nil, err
	}
	px, err := pgx.ParseConfig(rest)
	if err != nil {
		// pgx blanks passwords in what it quotes; the cause alone is enough and quotes nothing.
		if cause := errors.Unwrap(err); cause != nil {
			return nil, nil, &DSNError{Reason: cause.Error()}
		}
		return nil, nil, &DSNError{Reason: "cannot be read"}
	}
	if config.Profile != Observe {
		if err := checkParams(px.RuntimeParams); err != nil {
			return nil, nil, err
		}
	}
	return px, &config, nil
}
