package driver

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/guard"
	"github.com/governedsql/governed/lineage"
)

// clock is a time that moves when it is told to.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestBudgetSlides(t *testing.T) {
	c := &clock{at: time.Unix(1_000_000, 0)}
	b := newBudgets()
	b.now = c.now
	budget := guard.Budget{Rows: 10, Per: time.Hour}
	ada := func() *account { return b.of(lineage.Human("ada"), "app", budget) }
	for range 10 {
		require.Nil(t, ada().spend(1, 100))
	}
	require.Equal(t, &guard.LimitError{Rule: "RD16", Limit: "budget_rows", Max: 10, Actual: 11}, ada().spend(1, 100))
	require.NotNil(t, ada().used())
	c.at = c.at.Add(58 * time.Minute)
	require.NotNil(t, ada().used())
	require.Nil(t, b.of(lineage.Human("bob"), "app", budget).used(), "another caller has another budget")
	require.NotNil(t, b.of(lineage.Agent("bot", lineage.Human("ada")), "app", budget).used(), "who acts for one spends theirs")
	require.Nil(t, b.of(lineage.Caller{}, "app", budget).spend(9, 0))
	require.Nil(t, b.of(lineage.Caller{}, "other", budget).spend(9, 0), "the anonymous ones of a role share theirs")
	require.NotNil(t, b.of(lineage.Caller{}, "app", budget).spend(2, 0))
	c.at = c.at.Add(3 * time.Minute)
	require.Nil(t, ada().used(), "an hour later it is there again")
	c.at = c.at.Add(-time.Hour)
	require.Nil(t, ada().spend(10, 0), "a clock that goes back")
	require.NotNil(t, ada().spend(1, 0))
	require.Nil(t, b.of(lineage.Human("ada"), "app", guard.Budget{}), "no budget")
}

func TestBudgetsAreBounded(t *testing.T) {
	c := &clock{at: time.Unix(1_000_000, 0)}
	b := newBudgets()
	b.now = c.now
	budget := guard.Budget{Bytes: 100, Per: time.Minute}
	for i := range maxWindows {
		require.Nil(t, b.of(lineage.Human(strconv.Itoa(i)), "app", budget).spend(1, 100))
	}
	require.Nil(t, b.of(lineage.Human("one more"), "app", budget).spend(1, 100))
	require.NotNil(t, b.of(lineage.Human("and another"), "app", budget).spend(1, 1), "they share one")
	require.LessOrEqual(t, len(b.windows), maxWindows+1)
	c.at = c.at.Add(2 * time.Minute)
	require.Nil(t, b.of(lineage.Human("later"), "app", budget).spend(1, 100))
	require.Less(t, len(b.windows), 10, "who reads nothing is forgotten")
}

func TestCostsAreForgotten(t *testing.T) {
	c := &clock{at: time.Unix(1_000_000, 0)}
	costs := newCosts()
	costs.now = c.now
	key := costKey{fingerprint: "x"}
	costs.put(key, 7)
	cost, ok := costs.get(key)
	require.True(t, ok)
	require.Equal(t, 7.0, cost)
	c.at = c.at.Add(costTTL)
	_, ok = costs.get(key)
	require.False(t, ok)
	for i := range maxCosts + 1 {
		costs.put(costKey{fingerprint: strconv.Itoa(i)}, 1)
	}
	require.LessOrEqual(t, len(costs.list), maxCosts)
}
