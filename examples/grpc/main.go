// Command grpc shows a gRPC service whose database knows the person behind each call: an interceptor verifies the bearer
// token of the metadata, the methods use the call's context, and PostgreSQL's row-level security does the rest.
//
//	cd examples/grpc && go run .
//
// It is a module of its own, so that nobody else compiles gRPC.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

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

// verified puts the caller of a good token into the call's context, and lets no other call through.
func verified(v *oidc.Verifier) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		token := ""
		if values := metadata.ValueFromIncomingContext(ctx, "authorization"); len(values) == 1 {
			token, _ = strings.CutPrefix(values[0], "Bearer ")
		}
		caller, err := v.Verify(ctx, token)
		if err != nil {
			return nil, status.Error(codes.Unauthenticated, refusal(err))
		}
		return next(lineage.WithCaller(ctx, caller), req)
	}
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
type shop struct{ db *sql.DB }

func (s shop) list(ctx context.Context) (string, error) {
	var items, saw string
	err := s.db.QueryRowContext(ctx, `select coalesce(string_agg(item, ', ' order by id), 'nothing'),
		current_setting('governed.claims') from governed_stage.orders`).Scan(&items, &saw)
	return items + "\n    PostgreSQL saw " + saw, failed(err)
}

func (s shop) clear(ctx context.Context) (string, error) {
	_, err := s.db.ExecContext(ctx, "delete from governed_stage.orders")
	return "deleted", failed(err)
}

func failed(err error) error {
	switch {
	case errors.Is(err, guard.ErrDenied):
		return status.Error(codes.PermissionDenied, err.Error())
	case err != nil:
		return status.Error(codes.Internal, "something went wrong")
	}
	return nil
}

// service is what a generated file would say of it: two methods from nothing to a text.
func service(s shop) *grpc.ServiceDesc {
	method := func(name string, call func(context.Context) (string, error)) grpc.MethodDesc {
		return grpc.MethodDesc{MethodName: name, Handler: func(_ any, ctx context.Context, read func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			in := new(emptypb.Empty)
			if err := read(in); err != nil {
				return nil, err
			}
			return intercept(ctx, in, &grpc.UnaryServerInfo{Server: s, FullMethod: "/Shop/" + name}, func(ctx context.Context, _ any) (any, error) {
				text, err := call(ctx)
				return wrapperspb.String(text), err
			})
		}}
	}
	return &grpc.ServiceDesc{ServiceName: "Shop", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{method("List", s.list), method("Clear", s.clear)}}
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

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(verified(verifier)))
	server.RegisterService(service(shop{db}), shop{db})
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	client, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer client.Close()

	bot := map[string]any{"act": map[string]any{"sub": "bot"}}
	late := map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}
	for _, call := range []struct{ who, method, token string }{
		{"ada", "List", st.Token("ada", nil)},
		{"the bot of bob", "List", st.Token("bob", bot)},
		{"the bot of bob", "Clear", st.Token("bob", bot)},
		{"ada, an hour late", "List", st.Token("ada", late)},
		{"somebody as ada", "List", st.Forged("ada")},
	} {
		text := new(wrapperspb.StringValue)
		err := client.Invoke(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+call.token), "/Shop/"+call.method, new(emptypb.Empty), text)
		if err != nil {
			text = wrapperspb.String(status.Convert(err).Message())
		}
		fmt.Fprintf(out, "%-18s %-6s %-16s %s\n", call.who, call.method, status.Code(err), text.GetValue())
	}
	return nil
}
