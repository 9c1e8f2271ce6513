package driver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A text that a statement turns round or encodes is looked at as it was, wherever it stands; what holds nothing comes back.
func TestTurnedTexts(t *testing.T) {
	f := setup(t, nil, "create table notes (id int primary key, n text, raw bytea, d jsonb)",
		`insert into notes values (1, 'write to ada.lovelace@example.com soon', 'write to ada.lovelace@example.com soon', '{"n": "pay 4111111111111111"}'),
			(2, 'the green chair is at the back door, no 17', decode(repeat('00ff10a5', 100), 'hex'), '{"n": "nothing"}')`,
		"create view turned as select id, reverse(n) as r, encode(n::bytea, 'base64') as b from notes",
		"create function around(x text) returns text language sql immutable as 'select reverse(x)'")
	planted := tracesOf([]string{"ada.lovelace@example.com", "4111111111111111"})
	for _, expr := range []string{
		"reverse(n)", "reverse(n) || '.'", "upper(reverse(n))", "array[reverse(n)]", "jsonb_build_object('x', reverse(n))", `U&"rever\0073e"(n)`,
		"around(n)", "encode(n::bytea, 'base64')", "encode(raw, 'base64')", "encode(raw, 'hex')", "'a' || encode(raw, 'base64')", "'ab' || encode(raw, 'hex') || 'x'",
		"encode(convert_to(n, 'UTF8'), 'base64')", "replace(encode(raw, 'base64'), '=', '')", "encode(substr(raw, 5), 'base64')", "array_agg(encode(raw, 'base64'))",
		"encode(d::text::bytea, 'base64')", "reverse(d::text)", "(select r from turned where turned.id = notes.id)", "(select b from turned where turned.id = notes.id)",
	} {
		text := "select " + expr + " from notes where id = $1 group by id"
		var secret, plain, ordinary, want string
		require.NoError(t, f.plain.QueryRow(text, 1).Scan(&plain), expr)
		require.NoError(t, f.governed.QueryRow(text, 1).Scan(&secret), expr)
		require.NotEqual(t, plain, secret, expr)
		require.NotEmpty(t, planted.in(strings.ReplaceAll(plain, " ", "")), expr)
		require.Empty(t, planted.in(strings.ReplaceAll(secret, " ", "")), expr)
		require.NoError(t, f.plain.QueryRow(text, 2).Scan(&want), expr)
		require.NoError(t, f.governed.QueryRow(text, 2).Scan(&ordinary), expr)
		if strings.Contains(expr, "d::text") {
			require.Equal(t, "[masked]", ordinary, "what is made of a document has lost its keys: %s", expr)
			continue
		}
		require.Equal(t, want, ordinary, expr)
	}
	// All of what was turned goes, also where a part of it passes for something as it stands.
	token := "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
	_, err := f.plain.Exec("create table tokens (id int primary key, jwt text, key text, mail text)")
	require.NoError(t, err)
	_, err = f.plain.Exec("insert into tokens values (1, $1, $2, 'ada.lovelace@example.com')", token, "sk_"+"live_4eC39HqLyjWDarjtT1zdp7dc")
	require.NoError(t, err)
	planted = tracesOf([]string{token, "4eC39HqLyjWDarjtT1zdp7dc", "ada.lovelace@example.com"})
	for _, expr := range []string{
		"encode(jwt::bytea, 'base64')", "reverse('key ' || key || ' mail ' || mail)", "reverse(row(mail, key)::text)", "reverse(json_build_array(mail, key)::text)", "xmlelement(name x, mail::bytea)::text",
	} {
		var secret, plain string
		require.NoError(t, f.plain.QueryRow("select "+expr+" from tokens").Scan(&plain), expr)
		require.NoError(t, f.governed.QueryRow("select "+expr+" from tokens").Scan(&secret), expr)
		require.NotEmpty(t, planted.in(strings.ReplaceAll(plain, "\n", "")), expr)
		require.Empty(t, planted.in(strings.ReplaceAll(secret, "\n", "")), expr)
	}
	for _, expr := range []string{"encode(sha256(raw), 'hex')", "encode(sha512(raw), 'base64')", "md5(n)", "reverse('no 1234567')", "encode(decode(repeat('4d', 900), 'hex'), 'base64')"} {
		f.both(t, "select id, "+expr+" from notes", nil)
	}
}
