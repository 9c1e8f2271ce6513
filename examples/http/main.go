// Command http shows a web service whose database knows the person behind each request: a middleware verifies the bearer
// token, the handlers use the request's context, and PostgreSQL's row-level security does the rest.
//
//	go run ./examples/http
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/guard/oidc"
	"github.com/governedsql/governed/internal/stage"
	"github.com/governedsql/governed/lineage"
)

func main() {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// verified puts the caller of a good token into the request's context, and lets no other request through.
func verified(v *oidc.Verifier, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		caller, err := v.Verify(r.Context(), token)
		if err != nil {
			http.Error(w, refusal(err), http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(lineage.WithCaller(r.Context(), caller)))
	})
}

// refusal says no more than why: what went wrong on the way to the issuer is nobody's business outside.
func refusal(err error) string {
	var token *oidc.TokenError
	if errors.As(err, &token) {
		return "token refused: " + string(token.Reason)
	}
	return "token refused"
}

// shop is the service. It does not ask who calls.
func shop(db *sql.DB) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		var items, saw string
		err := db.QueryRowContext(r.Context(), `select coalesce(string_agg(item, ', ' order by id), 'nothing'),
			current_setting('governed.claims') from governed_stage.orders`).Scan(&items, &saw)
		answer(w, items+"\n    PostgreSQL saw "+saw, err)
	})
	mux.HandleFunc("DELETE /orders", func(w http.ResponseWriter, r *http.Request) {
		_, err := db.ExecContext(r.Context(), "delete from governed_stage.orders")
		answer(w, "deleted", err)
	})
	return mux
}

func answer(w http.ResponseWriter, text string, err error) {
	switch {
	case errors.Is(err, guard.ErrDenied):
		http.Error(w, err.Error(), http.StatusForbidden)
	case err != nil:
		http.Error(w, "something went wrong", http.StatusInternalServerError)
	default:
		_, _ = io.WriteString(w, text)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	st, err := stage.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()

	verifier, err := oidc.New(oidc.Config{Issuer: st.Issuer, Audience: stage.Audience})
	if err != nil {
		return err
	}
	connector, err := driver.NewConnector(st.DSN, &driver.Config{
		Profile: driver.Strict,
		Claims:  driver.Claims{On: true, Role: func(lineage.Caller) string { return stage.Role }},
	})
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	server := httptest.NewServer(verified(verifier, shop(db)))
	defer server.Close()

	bot := map[string]any{"act": map[string]any{"sub": "bot"}}
	late := map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}
	for _, request := range []struct{ who, method, token string }{
		{"ada", "GET", st.Token("ada", nil)},
		{"bob", "GET", st.Token("bob", nil)},
		{"the bot of ada", "GET", st.Token("ada", bot)},
		{"the bot of ada", "DELETE", st.Token("ada", bot)},
		{"ada, an hour late", "GET", st.Token("ada", late)},
		{"somebody as ada", "GET", st.Forged("ada")},
		{"nobody", "GET", ""},
	} {
		status, text, err := ask(ctx, server.URL, request.method, request.token)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-18s %-6s /orders  %d  %s\n", request.who, request.method, status, text)
	}
	return nil
}

// ask sends one request.
func ask(ctx context.Context, address, method, token string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, address+"/orders", nil)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, strings.TrimSpace(string(text)), err
}
