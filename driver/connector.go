package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/ngrok/sqlmw"

	"github.com/governedsql/governed/lineage"
)

// Name is the name under which the driver with zero configuration is registered.
const Name = "governed-postgres"

func init() { sql.Register(Name, &governedDriver{}) }

// Register makes a driver with a configuration of its own known to database/sql under a name. It returns an error where
// sql.Register would panic: the name is taken. The configuration is checked at once.
func Register(name string, c *Config) error {
	if name == "" {
		return errors.New("governed: a driver needs a name")
	}
	if slices.Contains(sql.Drivers(), name) {
		return fmt.Errorf("governed: a driver named %q is registered already", name)
	}
	if _, err := newGovernance(c); err != nil {
		return err
	}
	sql.Register(name, &governedDriver{config: c})
	return nil
}

// governedDriver is what database/sql knows by a name.
type governedDriver struct{ config *Config }

var _ driver.DriverContext = (*governedDriver)(nil)

// Open connects once; database/sql uses OpenConnector.
func (d *governedDriver) Open(dsn string) (driver.Conn, error) {
	c, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := c.Connect(ctx)
	if own, ok := c.(*connector); ok {
		err = errors.Join(err, own.release()) // nobody will close it
	}
	return conn, err
}

// OpenConnector reads the data source name, so that sql.Open reports what is wrong with it.
func (d *governedDriver) OpenConnector(dsn string) (driver.Connector, error) {
	return NewConnector(dsn, d.config)
}

// NewConnector makes a connector of a data source name: a PostgreSQL URL or key=value pairs, with the governed.* keys in
// either. Keys in the name win over c; a nil c is the zero configuration.
func NewConnector(dsn string, c *Config) (driver.Connector, error) {
	if strings.HasPrefix(dsn, "registeredConnConfig") {
		inner, err := stdlib.GetDefaultDriver().(driver.DriverContext).OpenConnector(dsn)
		if err != nil {
			return nil, err
		}
		return WrapConnector(inner, c)
	}
	px, config, err := parseDSN(dsn, c)
	if err != nil {
		return nil, err
	}
	return WrapConnector(stdlib.GetConnector(*px), config)
}

// WrapConnector governs the connections of a connector of pgx's stdlib: stdlib.GetConnector, stdlib.GetPoolConnector, or
// one of the caller's own that returns *stdlib.Conn. The configuration of a pgxpool is shared with whoever else uses the
// pool; its notice handler cannot be governed and must be nil while masks are on.
func WrapConnector(inner driver.Connector, c *Config) (driver.Connector, error) {
	if inner == nil {
		return nil, errors.New("governed: WrapConnector: nil connector")
	}
	px := configOf(inner)
	c, err := takeParams(px, c)
	if err != nil {
		return nil, err
	}
	g, err := newGovernance(c)
	if err != nil {
		return nil, err
	}
	g.preset, g.pooled = hooksOf(inner, px), px == nil
	hooked := inner
	if px != nil {
		hooked = withConfig(inner, px, g)
	}
	if px != nil && !g.observing() {
		if err := checkParams(px.RuntimeParams); err != nil {
			return nil, err
		}
	}
	if err := g.openLedger(c); err != nil {
		return nil, err
	}
	return &connector{inner: hooked, config: c, g: g, hooked: px != nil}, nil
}

// connector makes governed connections.
type connector struct {
	inner  driver.Connector
	config *Config // for the driver that DB.Driver hands out
	g      *governance
	hooked bool // our notice handler is in place
	once   sync.Once
}

var _ io.Closer = (*connector)(nil)

// Driver gives the governed driver, never pgx's, with the configuration of this connector: it can open connections.
func (c *connector) Driver() driver.Driver { return &governedDriver{config: c.config} }

// Close lets go of what the inner connector holds.
func (c *connector) Close() error {
	if c.g.report != nil {
		c.g.report.Flush()
	}
	var err error
	if closer, ok := c.inner.(io.Closer); ok {
		err = closer.Close()
	}
	return errors.Join(err, c.release())
}

// release lets go of the connector's own hold on the ledger; connections have theirs.
func (c *connector) release() (err error) {
	c.once.Do(func() { err = c.g.shared.leave() })
	return err
}

// Connect connects, checks that the server reads SQL as the guard does, and puts sqlmw over the connection.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	s := &session{g: c.g}
	if px := configOf(c.inner); px != nil {
		s.host, s.port = px.Host, px.Port
		s.where.Database, s.where.Session = px.Database, px.User
	}
	if err := c.open(ctx, s); err != nil {
		return nil, err
	}
	return sqlmw.Driver(ready{s.conn}, s).Open("")
}

// open connects, and writes down that it does. The ledger stays open for the connection, however soon the connector is
// closed.
func (c *connector) open(ctx context.Context, s *session) error {
	c.g.shared.join()
	err := s.event(ctx, lineage.ConnectEvent, func(ctx context.Context) error { return c.connect(ctx, s) })
	if err != nil {
		return errors.Join(err, c.g.shared.leave())
	}
	return nil
}

func (c *connector) connect(ctx context.Context, s *session) error {
	raw, err := c.inner.Connect(ctx)
	if err != nil {
		return err
	}
	std, ok := raw.(*stdlib.Conn)
	if !ok {
		_ = raw.Close()
		return fmt.Errorf("governed: the connector gave a %T, not a *stdlib.Conn of pgx", raw)
	}
	s.conn = newConn(std)
	s.conn.s = s
	config := std.Conn().Config()
	s.host, s.port = config.Host, config.Port
	s.where.Database, s.where.Session = config.Database, config.User
	s.conn.pc.CustomData()[sessionKey] = s
	if err := c.check(s, config); err != nil {
		_ = std.Close()
		return err
	}
	return nil
}

func (c *connector) check(s *session, config *pgx.ConnConfig) error {
	if c.g.observing() {
		return nil
	}
	if err := checkParams(config.RuntimeParams); err != nil {
		return err
	}
	if !c.hooked && config.OnNotice != nil && c.g.masker != nil {
		return &SessionError{Reason: "the notice handler of this connector cannot be governed, and notices carry data; remove it, use Config.OnNotice, or turn masks off"}
	}
	return s.watch()
}

// ready is a driver that has one connection to give: sqlmw wraps drivers, and each connection has its own session.
type ready struct{ conn *conn }

func (r ready) Open(string) (driver.Conn, error) { return r.conn, nil }

// sessionKey is where a server connection keeps the session that uses it now.
const sessionKey = "governed.session"

// connConfigField is the embedded field of stdlib's unexported connector type.
const connConfigField = "ConnConfig"

// configOf gives a copy of the pgx configuration of a connector made by stdlib.GetConnector, nil for any other.
func configOf(c driver.Connector) *pgx.ConnConfig {
	v := reflect.ValueOf(c)
	if v.Kind() != reflect.Struct || v.Type().PkgPath() != reflect.TypeFor[stdlib.Conn]().PkgPath() {
		return nil
	}
	f := v.FieldByName(connConfigField)
	if !f.IsValid() || !f.CanInterface() {
		return nil
	}
	px, ok := f.Interface().(pgx.ConnConfig)
	if !ok || px.ConnString() == "" && px.Host == "" {
		return nil // a pool's connector has an empty one
	}
	return px.Copy()
}

// takeParams takes our keys out of a configuration that pgx parsed: it keeps what it does not know for the server.
func takeParams(px *pgx.ConnConfig, c *Config) (*Config, error) {
	if px == nil {
		return c, nil
	}
	var ours []setting
	for key, value := range px.RuntimeParams {
		if strings.HasPrefix(strings.ToLower(key), prefix) {
			ours = append(ours, setting{key, value})
			delete(px.RuntimeParams, key)
		}
	}
	config := Config{}
	if c != nil {
		config = *c
	}
	return &config, apply(&config, ours)
}

// withConfig gives the connector another configuration: one without our keys, and with a notice handler that knows what
// the session is doing. stdlib has no option for either, but its connector is a plain struct whose configuration is an
// exported field.
func withConfig(c driver.Connector, px *pgx.ConnConfig, g *governance) driver.Connector {
	if next := firstHandler(g.onNotice, px.OnNotice); next != nil {
		px.OnNotice = func(pc *pgconn.PgConn, n *pgconn.Notice) {
			s, _ := pc.CustomData()[sessionKey].(*session)
			next(pc, g.notice(s, n))
		}
	}
	v := reflect.New(reflect.TypeOf(c)).Elem()
	v.Set(reflect.ValueOf(c))
	v.FieldByName(connConfigField).Set(reflect.ValueOf(*px))
	return v.Interface().(driver.Connector)
}

func firstHandler(list ...pgconn.NoticeHandler) pgconn.NoticeHandler {
	for _, h := range list {
		if h != nil {
			return h
		}
	}
	return nil
}
