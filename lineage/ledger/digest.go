package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/governedsql/governed/lineage"
)

// Digests gives the keyed digests of a text and its arguments, with the key of the month. Nothing of either is kept. An
// error says that there is no key and none can be made; with [Config.FailOpen] the record goes without.
func (l *Ledger) Digests(at time.Time, text string, args []any) (lineage.Digests, error) {
	name, key, err := l.keyring.period(at)
	switch {
	case err != nil && l.config.FailOpen:
		return lineage.Digests{}, nil
	case err != nil:
		return lineage.Digests{}, &UnavailableError{Err: err}
	}
	d := lineage.Digests{Key: name, Text: digest(key, "text", []byte(text))}
	for _, a := range args {
		d.Arguments = append(d.Arguments, digest(key, "argument", plain(a)))
	}
	return d, nil
}

// digest is HMAC-SHA256, cut to 128 bits. domain keeps digests of different things apart: the same text as a statement and
// as an argument.
func digest(key []byte, domain string, data []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(domain))
	h.Write([]byte{0})
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// plain writes an argument so that equal values are equal bytes, whatever type of Go holds them.
func plain(v any) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return []byte(v)
	case []byte:
		return v
	case bool:
		return strconv.AppendBool(nil, v)
	case time.Time:
		return v.UTC().AppendFormat(nil, time.RFC3339Nano)
	case driver.Valuer:
		if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && p.IsNil() {
			return nil
		}
		inner, err := v.Value()
		if _, again := inner.(driver.Valuer); err == nil && !again {
			return plain(inner)
		}
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(nil, r.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(nil, r.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.AppendFloat(nil, r.Float(), 'g', -1, 64)
	case reflect.String:
		return []byte(r.String())
	case reflect.Pointer:
		if r.IsNil() {
			return nil
		}
		return plain(r.Elem().Interface())
	}
	if b, err := json.Marshal(v); err == nil {
		return b
	}
	return fmt.Appendf(nil, "%T", v)
}
