package detection

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/argon2"
	"github.com/go-crypt/crypt/algorithm/md5crypt"
	"github.com/go-crypt/crypt/algorithm/pbkdf2"
	"github.com/go-crypt/crypt/algorithm/scrypt"
	"github.com/go-crypt/crypt/algorithm/sha1crypt"
	"github.com/go-crypt/crypt/algorithm/shacrypt"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/governedsql/governed/mask/detect"
)

const (
	itoa64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	radix  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)

type salted interface {
	HashWithSalt(password string, salt []byte) (algorithm.Digest, error)
}

// hashSamples are hashes of passwords: those of x/crypto and go-crypt, and those that others put together from a digest.
func hashSamples(t *testing.T) []sample {
	r := rand.New(rand.NewPCG(21, 21))
	var list []sample
	add := func(form string, i int, value string) {
		list = append(list, whole(detect.PasswordHash, form, numbered(form, i), value))
	}
	hashers := map[string]salted{}
	keep := func(name string) func(h salted, err error) {
		return func(h salted, err error) {
			require.NoError(t, err)
			hashers[name] = h
		}
	}
	for _, v := range []string{"argon2id", "argon2i", "argon2d"} {
		h, err := argon2.New(argon2.WithVariantName(v), argon2.WithM(64), argon2.WithT(1), argon2.WithP(1))
		keep(v)(h, err)
	}
	for _, v := range []string{"sha1", "sha224", "sha256", "sha384", "sha512"} {
		h, err := pbkdf2.New(pbkdf2.WithVariantName(v), pbkdf2.WithIterations(100000))
		keep("pbkdf2 "+v)(h, err)
	}
	for _, v := range []string{"sha256", "sha512"} {
		h, err := shacrypt.New(shacrypt.WithVariantName(v), shacrypt.WithRounds(1000))
		keep("sha-crypt "+v)(h, err)
	}
	for _, v := range []string{"standard", "sun"} {
		h, err := md5crypt.New(md5crypt.WithVariantName(v))
		keep("md5-crypt "+v)(h, err)
	}
	s1, err := sha1crypt.New(sha1crypt.WithRounds(1000))
	keep("sha1-crypt")(s1, err)
	sc, err := scrypt.New(scrypt.WithLN(4))
	keep("scrypt")(sc, err)
	yes, err := scrypt.NewYescrypt(scrypt.WithLN(4))
	keep("yescrypt")(yes, err)
	for _, name := range slices.Sorted(maps.Keys(hashers)) {
		h := hashers[name]
		for i := range 4 {
			size := 16
			if name == "md5-crypt standard" || name == "md5-crypt sun" || name == "sha1-crypt" {
				size = 8
			}
			d, err := h.HashWithSalt(fake.Password(true, true, true, false, false, 12), []byte(from(r, itoa64, size)))
			require.NoError(t, err, name)
			add(name, i, d.Encode())
		}
	}
	for i := range 12 {
		b, err := bcrypt.GenerateFromPassword([]byte(digits(r, 8)), bcrypt.MinCost)
		require.NoError(t, err)
		tail := string(b[4:])
		add("bcrypt", i, "$"+pick(r, "2a", "2b", "2y")+"$"+tail)
		add("bcrypt in others' coats", i, pick(r, "{bcrypt}", "bcrypt$", "bcrypt_sha256$", "{BLF-CRYPT}", "{CRYPT}")+"$2b$"+tail)
		add("phpass", i, pick(r, "$P$B", "$H$9")+from(r, itoa64, 30))
		add("Drupal", i, "$S$D"+from(r, itoa64, 51))
		add("apr1", i, "$apr1$"+from(r, itoa64, 8)+"$"+from(r, itoa64, 22))
		salt := []byte(digits(r, 8))
		one, five := sha1.Sum(append([]byte("x"), salt...)), sha512.Sum512(salt)
		two, m := sha256.Sum256(append([]byte("x"), salt...)), md5.Sum(salt)
		std := base64.StdEncoding
		add("Django", i, pick(r, "pbkdf2_sha256$"+digits(r, 6)+"$"+from(r, lower+figures, 22)+"$"+std.EncodeToString(two[:]), "pbkdf2_sha1$180000$"+from(r, lower+figures, 12)+"$"+std.EncodeToString(one[:]),
			"argon2$argon2id$v=19$m=102400,t=2,p=8$"+from(r, radix, 22)+"$"+from(r, radix, 43), "scrypt$16384$"+from(r, lower+figures, 22)+"$8$1$"+std.EncodeToString(five[:]),
			"sha1$"+from(r, lower+figures, 12)+"$"+hex.EncodeToString(one[:]), "md5$"+from(r, lower+figures, 12)+"$"+hex.EncodeToString(m[:])))
		add("LDAP", i, pick(r, "{SSHA}"+std.EncodeToString(append(one[:], salt...)), "{SHA}"+std.EncodeToString(one[:]), "{SSHA256}"+std.EncodeToString(append(two[:], salt...)), "{SSHA512}"+std.EncodeToString(append(five[:], salt...)),
			"{MD5}"+std.EncodeToString(m[:]), "{SMD5}"+std.EncodeToString(append(m[:], salt...)), "{ssha}"+std.EncodeToString(append(one[:], salt...)), "{PBKDF2-SHA512}10000$"+from(r, radix, 22)+"$"+from(r, radix, 86), "{CRYPT}"+"$6$"+from(r, itoa64, 8)+"$"+from(r, itoa64, 86)))
		add("Werkzeug", i, pick(r, "pbkdf2:sha256:600000$"+from(r, lower+figures, 16)+"$"+hex.EncodeToString(two[:]), "scrypt:32768:8:1$"+from(r, lower+figures, 16)+"$"+hex.EncodeToString(five[:]), "sha256$"+from(r, lower+figures, 16)+"$"+hex.EncodeToString(two[:])))
		add("PostgreSQL", i, pick(r, "SCRAM-SHA-256$4096:"+std.EncodeToString(m[:])+"$"+std.EncodeToString(two[:])+":"+std.EncodeToString(two[:])))
		add("MySQL", i, "$A$005$"+from(r, radix, 20)+from(r, radix, 43))
		add("MySQL", i, "*"+fmt.Sprintf("%X", one))
		add("Cisco", i, pick(r, "$8$"+from(r, itoa64, 14)+"$"+from(r, itoa64, 43), "$9$"+from(r, itoa64, 14)+"$"+from(r, itoa64, 43), "$14$"+from(r, itoa64, 4)+"$"+from(r, itoa64, 43)))
		add("passlib", i, pick(r, "$pbkdf2-sha512$25000$"+from(r, itoa64, 22)+"$"+from(r, itoa64, 86), "$bcrypt-sha256$v=2,t=2b,r=12$"+from(r, itoa64, 22)+"$"+from(r, itoa64, 31), "$scrypt$ln=16,r=8,p=1$"+from(r, radix, 22)+"$"+from(r, radix, 43),
			"$argon2id$v=19$m=65536,t=3,p=4$"+from(r, radix, 22)+"$"+from(r, radix, 43), "$s2$16384$8$1$"+from(r, radix, 44)+"$"+from(r, radix, 44), "$7$C6..../...."+from(r, itoa64, 22)+"$"+from(r, itoa64, 43), "$y$j9T$"+from(r, itoa64, 22)+"$"+from(r, itoa64, 43), "$gy$j9T$"+from(r, itoa64, 22)+"$"+from(r, itoa64, 43)))
	}
	out := framed(list, 2)
	for _, s := range list {
		out = append(out, s.within(pick(r, "ada:%s:19000:0:99999:7:::", "ada:%s", "userPassword: %s", "password_hash=%s", `{"password":"%s"}`, "insert into u values (1, '%s')", "hash %s ok", "(1,%s,2)")))
	}
	return out
}
