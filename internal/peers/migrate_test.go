package peers

import (
	"context"
	"database/sql"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"github.com/golang-migrate/migrate/v4"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/internal/pgtest"
)

// The tools with which Go programs migrate run under the migration profile as they are.

func openMigration(t *testing.T) (db, plain *sql.DB) {
	t.Helper()
	dsn := pgtest.New(t)
	db, err := sql.Open("governed-postgres", dsn+"&governed.profile=migration")
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	plain, err = sql.Open("pgx", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = plain.Close() })
	return db, plain
}

func columns(t *testing.T, plain *sql.DB, table string) (n int) {
	t.Helper()
	require.NoError(t, plain.QueryRow("select count(*) from information_schema.columns where table_name = $1", table).Scan(&n))
	return n
}

const (
	up1 = `
create table accounts (
	id bigserial primary key,
	owner text not null,
	balance numeric(12,2) not null default 0 check (balance >= 0)
);
create index accounts_owner_idx on accounts (owner);
insert into accounts (owner, balance) values ('a', 1), ('b; drop table accounts', 2);
`
	up2 = `
alter table accounts add column closed_at timestamptz;
alter table accounts rename column owner to holder;
create type account_kind as enum ('plain', 'gold');
alter table accounts add column kind account_kind not null default 'plain';
create or replace function touch() returns trigger language plpgsql as $$
begin
	new.closed_at := now();
	return new;
end;
$$;
create trigger accounts_touch before update on accounts for each row execute function touch();
`
	down2 = `
drop trigger accounts_touch on accounts;
drop function touch();
alter table accounts drop column kind;
drop type account_kind;
alter table accounts rename column holder to owner;
alter table accounts drop column closed_at;
`
	down1 = `drop table accounts;`
)

func TestGoose(t *testing.T) {
	db, plain := openMigration(t)
	function := "-- +goose StatementBegin\n" + up2 + "-- +goose StatementEnd\n"
	files := fstest.MapFS{
		"00001_accounts.sql": {Data: []byte("-- +goose Up\n" + up1 + "-- +goose Down\n" + down1)},
		"00002_more.sql":     {Data: []byte("-- +goose Up\n" + function + "-- +goose Down\n" + down2)},
		"00003_index.sql":    {Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently accounts_balance_idx on accounts (balance);\n-- +goose Down\ndrop index concurrently accounts_balance_idx;\n")},
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files)
	require.NoError(t, err)
	_, err = p.Up(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5, columns(t, plain, "accounts"))
	version, err := p.GetDBVersion(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, version)
	_, err = p.DownTo(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, columns(t, plain, "accounts"))
}

func TestGolangMigrate(t *testing.T) {
	db, plain := openMigration(t)
	files := fstest.MapFS{
		"1_accounts.up.sql":   {Data: []byte(up1)},
		"1_accounts.down.sql": {Data: []byte(down1)},
		"2_more.up.sql":       {Data: []byte(up2)},
		"2_more.down.sql":     {Data: []byte(down2)},
	}
	source, err := iofs.New(files, ".")
	require.NoError(t, err)
	target, err := migratepgx.WithInstance(db, &migratepgx.Config{})
	require.NoError(t, err)
	m, err := migrate.NewWithInstance("iofs", source, "pgx5", target)
	require.NoError(t, err)
	require.NoError(t, m.Up())
	require.Equal(t, 5, columns(t, plain, "accounts"))
	require.ErrorIs(t, m.Up(), migrate.ErrNoChange)
	require.NoError(t, m.Steps(-1))
	require.Equal(t, 3, columns(t, plain, "accounts"))
	require.NoError(t, m.Down())
	require.Zero(t, columns(t, plain, "accounts"))
}

type mailArgs struct {
	To string `json:"to"`
}

func (mailArgs) Kind() string { return "mail" }

type mailWorker struct {
	river.WorkerDefaults[mailArgs]
	done chan string
}

func (w *mailWorker) Work(_ context.Context, job *river.Job[mailArgs]) error {
	w.done <- job.Args.To
	return nil
}

// River's migrations run under migration; its queue, that is inserting, fetching and completing jobs, under standard.
func TestRiver(t *testing.T) {
	dsn := pgtest.New(t)
	owner, err := sql.Open("governed-postgres", dsn+"&governed.profile=migration")
	require.NoError(t, err)
	defer owner.Close()
	m, err := rivermigrate.New(riverdatabasesql.New(owner), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	_, err = m.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)

	db, err := sql.Open("governed-postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	workers, worker := river.NewWorkers(), &mailWorker{done: make(chan string, 1)}
	river.AddWorker(workers, worker)
	client, err := river.NewClient(riverdatabasesql.New(db), &river.Config{
		Logger: slog.New(slog.DiscardHandler), Workers: workers, FetchPollInterval: 50 * time.Millisecond, FetchCooldown: 20 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
	})
	require.NoError(t, err)
	require.NoError(t, client.Start(t.Context()))
	tx, err := db.Begin()
	require.NoError(t, err)
	inserted, err := client.InsertTx(t.Context(), tx, mailArgs{To: "somebody"}, nil)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	select {
	case to := <-worker.done:
		require.Equal(t, "somebody", to)
	case <-time.After(20 * time.Second):
		t.Fatal("the job was not worked")
	}
	require.Eventually(t, func() bool {
		job, err := client.JobGet(t.Context(), inserted.Job.ID)
		return err == nil && string(job.State) == "completed"
	}, 20*time.Second, 50*time.Millisecond)
	require.NoError(t, client.Stop(t.Context()))

	_, err = m.Migrate(t.Context(), rivermigrate.DirectionDown, &rivermigrate.MigrateOpts{TargetVersion: -1})
	require.NoError(t, err)
}
