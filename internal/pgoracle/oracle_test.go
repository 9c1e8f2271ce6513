package pgoracle

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgparse"
)

// statements are all texts of the project's own corpora: whatever stands in a txtar file under a name that ends in sql, or
// on a line of its own.
func statements(t *testing.T) []string {
	t.Helper()
	var out []string
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".txtar") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(text), "\n") {
			if line = strings.TrimSpace(line); verb.MatchString(line) {
				out = append(out, line)
			}
		}
		return nil
	})
	require.NoError(t, err)
	return append(out, hostile...)
}

var verb = regexp.MustCompile(`(?i)^(select|insert|update|delete|merge|with|create|alter|drop|truncate|copy|explain|grant|revoke|set|values|table|do|call|declare|fetch|begin|commit)\b`)

// hostile texts are read alike, or refused here.
var hostile = []string{
	`select 'a\'; drop table t; --'`, `select E'a\'; drop table t; --'`, "select 1 --x\r; drop table t", "select 1 --x\v; drop table t",
	"select 1 /* /* */ ; drop table t; /* */ */", "select 1 /*!50000 ; drop table t */", `select U&"d\0061t\+000061"`,
	`select U&"d!0061ta" uescape '!'`, "select $$; drop table t$$", "select $a$ $b$ ; drop $b$ $a$", "", ";", ";;;", "-- x",
	"select ‘a’; drop table t", "select 1；drop table t", "select `a`", "select 1 limit 1,2", "\ufeffselect 1", "select 'a", "select /* a",
	"select 1and 2", "select 0x1F, 1_000", "select a?b, a@>b, a#>>'{x}', 5 # 3",
	"create function f() returns int language sql begin atomic select 1; select 2; end",
}

// answer is what the C parser says of one text.
type answer struct {
	Statements  int
	Fingerprint string
	Error       string
}

// ask runs the C parser in a process of its own.
func ask(t *testing.T, list []string) []answer {
	t.Helper()
	var in bytes.Buffer
	for _, text := range list {
		require.NoError(t, json.NewEncoder(&in).Encode(text))
	}
	cmd := exec.Command("go", "run", "./libpgquery")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	answers := make([]answer, 0, len(list))
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var a answer
		require.NoError(t, d.Decode(&a))
		answers = append(answers, a)
	}
	require.Len(t, answers, len(list))
	return answers
}

// Both accept the same texts, find as many statements in them, and fingerprint most alike. Its grammar is PostgreSQL
// 17's and ours 18's: texts of the newer one alone are those that mention what it brought.
func TestAcceptsWhatPostgreSQLAccepts(t *testing.T) {
	list := statements(t)
	require.Greater(t, len(list), 200)
	compared, differ := 0, 0
	for i, theirs := range ask(t, list) {
		text := list[i]
		ours, err := pgparse.Parse(text, 0)
		switch {
		case err != nil && theirs.Error != "":
		case err != nil:
			require.Fail(t, "only libpg_query accepts", "%s: %v", text, err)
		case theirs.Error != "":
			require.Regexp(t, newer, text, theirs.Error)
		default:
			compared++
			require.Len(t, ours, theirs.Statements, text)
			if theirs.Fingerprint != pgparse.Structure(text) {
				differ++ // the two versions fingerprint some nodes in another way: fingerprints hold within one version
			}
		}
	}
	t.Logf("%d texts, %d accepted by both, %d fingerprints differ", len(list), compared, differ)
	require.Less(t, differ*4, compared)
}

var newer = regexp.MustCompile(`(?i)virtual|without overlaps|with \(old as|period|not enforced|no inherit|wait for|returning`)
