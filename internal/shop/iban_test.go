package shop

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIBAN(t *testing.T) {
	t.Parallel()
	// The examples that banks print in their documentation.
	require.Equal(t, "DE89370400440532013000", iban("DE", "370400440532013000"))
	require.Equal(t, "AT611904300234573201", iban("AT", "1904300234573201"))
	require.Equal(t, "NL91ABNA0417164300", iban("NL", "ABNA0417164300"))
}
