package driver_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/lineage"
)

// A name that the server cannot be told is told by no other: the statement is not sent, and the error quotes nothing.
func TestClaimsOfNamesThatAreNoText(t *testing.T) {
	f := claiming(t, nil)
	every := driver.Claims{On: true, ApplicationName: true}
	// The policy of docs reads the claims as JSON: what jsonb does not take fails the statement, and quotes them.
	for _, part := range []string{"\x00", "\xff", "\xed\xa0\x80", "\n", "\x1b[2J", "\x7f", "\u0085"} {
		bad := "swordfish" + part + "b"
		for member, ctx := range map[string]context.Context{
			"sub": as(lineage.Human(bad)), "actors": as(lineage.Agent(bad, lineage.Human("ada"))),
			"job": lineage.WithJob(ada, lineage.Job{RunID: bad}), "purpose": lineage.WithPurpose(ada, bad),
		} {
			f.below(&driver.Config{Claims: every})
			_, err := f.governed.QueryContext(ctx, mine)
			var refused *driver.CallerError
			require.ErrorAs(t, err, &refused, "%q", bad)
			require.Equal(t, member, refused.Member)
			require.NotContains(t, err.Error(), "swordfish")
			_, err = f.governed.ExecContext(ctx, "begin")
			require.ErrorAs(t, err, &refused)
			_, err = f.governed.PrepareContext(ctx, mine)
			require.ErrorAs(t, err, &refused)
			require.Equal(t, []int{1, 3}, ids(t, ada, f.governed, mine), "the connection is as it was")

			f.below(&driver.Config{Profile: driver.Observe, Claims: every})
			rows, err := f.governed.QueryContext(ctx, mine)
			require.NoError(t, err, "%q", bad)
			require.NoError(t, rows.Close())
			var text string
			require.NoError(t, f.governed.QueryRowContext(ctx, claims).Scan(&text))
			require.Contains(t, text, "swordfish\ufffd")
			require.True(t, json.Valid([]byte(text)))
		}
	}
	f.below(&driver.Config{Claims: every})
	for _, name := range []string{`ada","sub":"bob`, "ada\u2028", "<ada>", "'; drop table docs --", "\ufffd", strings.Repeat("é", 5000), "Ünï cödé 日本"} {
		require.Equal(t, name, subject(t, as(lineage.Human(name)), f.governed))
	}
	f.below(&driver.Config{})
	require.Empty(t, ids(t, as(lineage.Human("a\x00b")), f.governed, mine), "the server is told nothing")
}

// A role that the server does not give is named by its error, the claims are not.
func TestClaimsInErrors(t *testing.T) {
	f := withRoles(t)
	config := f.config()
	config.Mask = driver.MaskOff
	f.below(config)
	_, err := f.governed.ExecContext(lineage.WithPurpose(as(lineage.Human("stranger")), "swordfish"), "select 1")
	require.ErrorContains(t, err, "postgres")
	require.NotContains(t, err.Error(), "swordfish")
}

// Whatever a name holds, the server is told that name and no other, or nothing.
func FuzzClaims(f *testing.F) {
	for _, seed := range []string{"ada", "", `","sub":"bob`, "a\x00b", "\xff", "\ufffd", "\u2028", "\\u0000", "\U0010ffff"} {
		f.Add(seed)
	}
	db := claiming(f, &driver.Config{Claims: driver.Claims{On: true, ApplicationName: true}}).governed
	f.Fuzz(func(t *testing.T, name string) {
		var got sql.NullString
		err := db.QueryRowContext(as(lineage.Human(name)), "select nullif(current_setting('governed.claims', true), '')::jsonb ->> 'sub'").Scan(&got)
		var refused *driver.CallerError
		if err != nil {
			require.ErrorAs(t, err, &refused)
			return
		}
		require.True(t, utf8.ValidString(name))
		require.Equal(t, name, got.String)
	})
}
