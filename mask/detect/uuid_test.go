package detect

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Parts of UUIDs that have the check digits of cards and accounts are nobody's. What merely has hex digits before it is.
func TestUUID(t *testing.T) {
	for _, text := range []string{
		"be53ee61-1049-4523-ab17-4e62a07e53cf", "3b7cd3a5-ad79-4a7f-a56f-33072ad212fe", "fc0a87e4-3ede-4f42-a412-583293815598",
		"BE53EE61-1049-4523-AB17-4E62A07E53CF", `{"id":"447b96b5-b108-4ede-ad6b-584133627904"}`, "order be53ee61-1049-4523-ab17-4e62a07e53cf is open",
		"/runs/fc0a87e4-3ede-4f42-a412-583293815598/log", "urn:uuid:74dfff44-ad93-4ce3-ac29-d3c1cdc4b2a6",
	} {
		require.Empty(t, Text(text, nil), text)
	}
	for _, text := range []string{"4111-1111-1111-1111", "ab-4111-1111-1111-1111", "DE89-3704-0044-0532-0130-00", "card fc0a87e4 4111111111111111"} {
		require.NotEmpty(t, Text(text, nil), text)
	}
}
