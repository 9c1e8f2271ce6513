package detection

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/governedsql/governed/mask/detect"
)

// keySamples are private keys as the standard library and x/crypto write them.
func keySamples(t *testing.T) []sample {
	var list []sample
	add := func(form string, block *pem.Block) {
		text := strings.TrimSpace(string(pem.EncodeToMemory(block)))
		group := "key " + form
		list = append(list, whole(detect.PrivateKey, form, group, text))
		// As documents and settings have it, on one line.
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		list = append(list, whole(detect.PrivateKey, form, group, string(quoted[1:len(quoted)-1])),
			whole(detect.PrivateKey, form, group, strings.ReplaceAll(text, "\n", " ")),
			whole(detect.PrivateKey, form, group, strings.ReplaceAll(text, "\n", "\r\n")),
			whole(detect.PrivateKey, form, group, strings.ReplaceAll(text, "\n", "\n    ")))
		if i := strings.LastIndex(text, "\n"); i > 0 {
			list = append(list, whole(detect.PrivateKey, form+", cut off", group, text[:i-20]))
		}
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	der := x509.MarshalPKCS1PrivateKey(rsaKey)
	add("RSA, PKCS #1", &pem.Block{Type: "RSA PRIVATE KEY", Bytes: der})
	add("RSA, encrypted", &pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,0123456789ABCDEF0123456789ABCDEF"}, Bytes: der})
	eight := map[string]any{"RSA, PKCS #8": rsaKey, "EC, PKCS #8": ec(t, elliptic.P256()), "Ed25519, PKCS #8": ed(t), "X25519, PKCS #8": x25519(t)}
	for _, name := range slices.Sorted(maps.Keys(eight)) {
		key := eight[name]
		der, err := x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		add(name, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
		add(name+", encrypted", &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})
	}
	for _, curve := range []elliptic.Curve{elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		der, err := x509.MarshalECPrivateKey(ec(t, curve))
		require.NoError(t, err)
		add("EC, SEC 1 "+curve.Params().Name, &pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	}
	open := map[string]any{"OpenSSH RSA": rsaKey, "OpenSSH ECDSA": ec(t, elliptic.P256()), "OpenSSH Ed25519": ed(t)}
	for _, name := range slices.Sorted(maps.Keys(open)) {
		key := open[name]
		block, err := ssh.MarshalPrivateKey(key, "me@host")
		require.NoError(t, err)
		add(name, block)
	}
	// The seven numbers of a DSA key, which the standard library does not write.
	raw, err := asn1.Marshal([]*big.Int{big.NewInt(0), big.NewInt(23), big.NewInt(11), big.NewInt(4), big.NewInt(8), big.NewInt(7), new(big.Int).Lsh(big.NewInt(1), 900)})
	require.NoError(t, err)
	add("DSA", &pem.Block{Type: "DSA PRIVATE KEY", Bytes: raw})
	add("PGP", &pem.Block{Type: "PGP PRIVATE KEY BLOCK", Headers: map[string]string{"Version": "GnuPG v2"}, Bytes: der})
	add("SSH2", &pem.Block{Type: "SSH2 ENCRYPTED PRIVATE KEY", Bytes: der})
	var out []sample
	for _, s := range framed(list, 3) {
		// A key that is cut off goes to the end of its text.
		if strings.Contains(s.form, "cut off") && s.to != len(s.text) {
			continue
		}
		out = append(out, s)
	}
	return out
}

func ec(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return key
}

func ed(t *testing.T) ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

func x25519(t *testing.T) *ecdh.PrivateKey {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}
