package detection

import (
	"math/rand"

	"github.com/brianvoe/gofakeit/v7"
)

// fake is gofakeit with a seed, so that the figures are the same each time.
var fake = gofakeit.New(17)

// seeded is a source for the generators that still ask for the older interface.
func seeded(n int64) rand.Source { return rand.NewSource(n) }
