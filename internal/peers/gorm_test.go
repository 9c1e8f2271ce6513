package peers

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	_ "github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/internal/pgtest"
)

// Customer is a model as applications write them.
type Customer struct {
	ID        uint
	Name      string
	Email     string `gorm:"uniqueIndex"`
	Phone     *string
	BirthDate time.Time `gorm:"type:date"`
	Points    int
	CreatedAt time.Time
	UpdatedAt time.Time
}

func openGorm(t *testing.T, dsn string) *gorm.DB {
	t.Helper()
	conn, err := sql.Open("governed-postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	db, err := gorm.Open(postgres.New(postgres.Config{DriverName: "governed-postgres", Conn: conn}), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	return db
}

func customers(t *testing.T) (dsn string, plain *sql.DB) {
	t.Helper()
	dsn = pgtest.New(t, `create table customers (id bigserial primary key, name text, email text unique, phone text,
		birth_date date, points bigint, created_at timestamptz, updated_at timestamptz)`)
	plain, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = plain.Close() })
	return dsn, plain
}

func ada() Customer {
	phone := "+44 20 7946 0123"
	return Customer{Name: "Ada Lovelace", Email: "ada@example.com", Phone: &phone, BirthDate: time.Date(1985, 12, 10, 0, 0, 0, 0, time.UTC), Points: 1}
}

func stored(t *testing.T, plain *sql.DB) (c Customer) {
	t.Helper()
	require.NoError(t, plain.QueryRow(`select name, email, phone, birth_date, points from customers`).
		Scan(&c.Name, &c.Email, &c.Phone, &c.BirthDate, &c.Points))
	return c
}

// A full-row Save of what was read masked would overwrite the real values; it is refused and nothing changes.
func TestGormSaveDestroysNothing(t *testing.T) {
	dsn, plain := customers(t)
	db := openGorm(t, dsn)
	c := ada()
	require.NoError(t, db.Create(&c).Error)

	var read Customer
	require.NoError(t, db.First(&read, c.ID).Error)
	require.NotEqual(t, "ada@example.com", read.Email)
	read.Points = 2
	err := db.Save(&read).Error
	require.ErrorIs(t, err, guard.ErrDenied)
	var denied *guard.DeniedError
	require.True(t, errors.As(err, &denied))
	require.Contains(t, denied.Safe, "governed.clear")

	got := stored(t, plain)
	require.Equal(t, "ada@example.com", got.Email)
	require.Equal(t, "Ada Lovelace", got.Name)
	require.Equal(t, "+44 20 7946 0123", *got.Phone)
	require.Equal(t, 1985, got.BirthDate.Year())
	require.Equal(t, time.December, got.BirthDate.Month())

	require.NoError(t, db.Model(&read).Update("points", 3).Error, "an update of what is not masked works")
	require.Equal(t, 3, stored(t, plain).Points)
}

// With the columns cleared, GORM's ordinary work is as on plain pgx.
func TestGormOrdinaryWork(t *testing.T) {
	dsn, plain := customers(t)
	db := openGorm(t, dsn+"&governed.clear=public.customers.*")
	c := ada()
	require.NoError(t, db.Create(&c).Error)
	require.NotZero(t, c.ID)
	var read Customer
	require.NoError(t, db.Where("email = ?", "ada@example.com").First(&read).Error)
	require.Equal(t, "Ada Lovelace", read.Name)
	read.Name = "Ada King"
	require.NoError(t, db.Save(&read).Error)
	require.Equal(t, "Ada King", stored(t, plain).Name)

	err := db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&Customer{Name: "Grace", Email: "grace@example.com", BirthDate: time.Now()}).Error; err != nil {
			return err
		}
		_ = tx.Transaction(func(nested *gorm.DB) error { // a savepoint, rolled back
			require.NoError(t, nested.Create(&Customer{Name: "Nobody", Email: "nobody@example.com", BirthDate: time.Now()}).Error)
			return errors.New("back")
		})
		return nil
	})
	require.NoError(t, err)
	var n int64
	require.NoError(t, db.Model(&Customer{}).Where("points >= ?", 0).Count(&n).Error)
	require.EqualValues(t, 2, n)
	require.NoError(t, db.Delete(&Customer{}, c.ID).Error)
	require.ErrorIs(t, db.Session(&gorm.Session{AllowGlobalUpdate: true}).Delete(&Customer{}).Error, guard.ErrDenied)
	require.Error(t, db.Create(&Customer{Name: "Grace", Email: "grace@example.com"}).Error, "unique")
}

// Order refers to customers.
type Order struct {
	ID         uint
	CustomerID uint
	Customer   Customer
	Total      float64 `gorm:"type:numeric(10,2);check:total >= 0"`
	Note       string  `gorm:"index"`
}

// AutoMigrate reads the catalog and writes DDL: the migration profile lets it through.
func TestGormAutoMigrate(t *testing.T) {
	dsn := pgtest.New(t)
	db := openGorm(t, dsn+"&governed.profile=migration")
	require.NoError(t, db.AutoMigrate(&Customer{}, &Order{}))
	require.NoError(t, db.AutoMigrate(&Customer{}, &Order{}), "and again, on what is there")
	require.True(t, db.Migrator().HasTable("orders"))
	require.True(t, db.Migrator().HasIndex(&Order{}, "Note"))
	require.NoError(t, db.Migrator().RenameColumn(&Order{}, "note", "remark"))
	require.NoError(t, db.Migrator().DropTable(&Order{}))
}
