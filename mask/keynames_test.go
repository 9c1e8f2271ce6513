package mask

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Keys of documents are read by the same dictionary, below the keys that they stand under.
func TestScanOfNamedKeys(t *testing.T) {
	const hidden = Redaction
	for _, c := range []struct{ in, want string }{
		{`{"Authorization": "opensesame"}`, `{"Authorization": "` + hidden + `"}`},
		{`{"headers": {"authorization": "opensesame", "Accept": "text/html"}}`, `{"headers": {"authorization": "` + hidden + `", "Accept": "text/html"}}`},
		{`{"auth": {"basic": "ada:rose", "type": "basic"}}`, `{"auth": {"basic": "` + hidden + `", "type": "basic"}}`},
		{`{"auth.basic": "ada:rose"}`, `{"auth.basic": "` + hidden + `"}`},
		{`{"level": {"basic": "one"}}`, `{"level": {"basic": "one"}}`},
		{`{"user": {"display_name": "Ada B."}, "plan": {"display_name": "Gold"}}`, `{"user": {"display_name": "` + hidden + `"}, "plan": {"display_name": "Gold"}}`},
		{`{"apellido": "Rubio", "ciudad": "Lugo"}`, `{"apellido": "` + hidden + `", "ciudad": "Lugo"}`},
		{`{"cliente": {"nombre": "Ana", "apellidos": "Rubio"}, "producto": {"nombre": "Mesa"}}`, `{"cliente": {"nombre": "` + hidden + `", "apellidos": "` + hidden + `"}, "producto": {"nombre": "Mesa"}}`},
		{`{"prénom": "Zoé", "ville": "Metz"}`, `{"prénom": "` + hidden + `", "ville": "Metz"}`},
		{`{"client": {"nom": "Petit", "prenom": "Zoé"}}`, `{"client": {"nom": "` + hidden + `", "prenom": "` + hidden + `"}}`},
		{`{"dx": "E11.9"}`, `{"dx": "` + hidden + `"}`},
		{`{"offset": {"dx": "4px", "dy": 7}}`, `{"offset": {"dx": "4px", "dy": 7}}`},
		{`{"compensation": 91000}`, `{"compensation": 0}`},
		{`{"claim": {"compensation": 250}}`, `{"claim": {"compensation": 250}}`},
		{`{"patient": {"gender": "f", "nationality": "DE"}}`, `{"patient": {"gender": "f", "nationality": "` + hidden + `"}}`},
		{`{"otp": 481516, "otp_attempts": 2, "authorization_id": 7, "device_id": "a-7"}`, `{"otp": 0, "otp_attempts": 2, "authorization_id": 7, "device_id": "a-7"}`},
		{`{"diagnosis": 250, "diagnosis_id": 4, "national_id": 12345}`, `{"diagnosis": 0, "diagnosis_id": 4, "national_id": 0}`},
	} {
		require.Equal(t, c.want, scannedIn(t, "t", "d", c.in), c.in)
	}
}
