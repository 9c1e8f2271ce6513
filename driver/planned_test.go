package driver_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/driver"
	"github.com/governedsql/governed/lineage"
)

// The driver's own questions are prepared; what takes prepared statements away, which only observe lets through, takes
// nothing from them.
func TestQuestionsOutliveDiscard(t *testing.T) {
	f := setup(t, nil, "create table t0 (id int)", "create table t1 (id int)", "create table t2 (id int)")
	db := f.open(&driver.Config{Profile: driver.Observe})
	db.SetMaxOpenConns(1)
	for i, text := range []string{"select 1", "discard all", "do $$ begin execute 'deallocate all'; end $$"} {
		_, err := db.Exec(text)
		require.NoError(t, err)
		var n int // of a table that the catalog has to be asked for
		require.NoError(t, db.QueryRow(fmt.Sprintf("select count(*) from t%d", i)).Scan(&n))
		list := f.records.of(lineage.StatementEvent)
		require.NotNil(t, list[len(list)-1].Statement, "observe sends what it could not analyse, after %q", text)
	}
}
