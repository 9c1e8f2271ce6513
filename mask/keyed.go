package mask

import (
	"database/sql/driver"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
)

// The treatments of this file put out values that look like real ones. They are keyed: the same value gives the same
// result in every process with the same key, and fresh chance, which would average out, has no part in them. Since their
// results look like values they are no defaults; those that were put out are remembered, so that they are recognised when
// they come back to the same process.

// chance is 64 bits that the key draws for a value.
func (t *treater) chance(purpose, value string) uint64 {
	t.masker.pseudonyms(purpose+" "+t.column.Class).sum(value, &t.sum)
	return binary.BigEndian.Uint64(t.sum[:])
}

// seen remembers a value that was put out.
func (t *treater) seen(out driver.Value) driver.Value {
	for _, key := range keysOf(out) {
		t.remember(key)
	}
	return out
}

// fixed is the same for all values.
func (t *treater) fixed(v driver.Value) driver.Value {
	if _, ok := v.(string); ok && t.shape.form == formText {
		return t.seen(t.shape.fit("*****"))
	}
	return t.redact(v)
}

const maxShift = 180 // days in either direction

// shift moves all dates of a class by the same number of days, drawn by the key: what lies between them stays.
func (t *treater) shift(v driver.Value) driver.Value {
	days := int(t.chance("shift", "")%(2*maxShift)) - maxShift
	if days >= 0 {
		days++ // never none
	}
	switch v := v.(type) {
	case time.Time:
		return t.seen(v.AddDate(0, 0, days))
	case string:
		if v == "infinity" || v == "-infinity" {
			return v
		}
		for _, l := range dateLayouts {
			if d, err := time.Parse(l.read, v); err == nil {
				return t.seen(t.shape.fit(d.AddDate(0, 0, days).Format(l.write)))
			}
		}
	}
	return t.redact(v)
}

// bucket keeps the first digit of a number, and of a date the year.
func (t *treater) bucket(v driver.Value) driver.Value {
	switch v := v.(type) {
	case time.Time:
		return t.year(v)
	case int64:
		return t.seen(int64(floorTo(float64(v))))
	case float64:
		return t.seen(floorTo(v))
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil && t.shape.form == formNumeric && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return t.seen(strconv.FormatFloat(floorTo(f), 'f', -1, 64))
		}
	}
	return t.redact(v)
}

// floorTo cuts to the first digit, towards zero.
func floorTo(f float64) float64 {
	if f == 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(f))))
	return math.Trunc(f/unit) * unit
}

// maxNoise is how far noise moves a number, as a part of it.
const maxNoise = 0.1

// noise moves a number by up to a tenth of it, by as much each time as the key draws for the value.
func (t *treater) noise(v driver.Value) driver.Value {
	factor := func(key string) float64 {
		return 1 + maxNoise*(2*float64(t.chance("noise", key)>>11)/(1<<53)-1)
	}
	switch v := v.(type) {
	case int64:
		out := math.Round(float64(v) * factor(strconv.FormatInt(v, 10)))
		if math.Abs(out) >= 1<<53 {
			return t.redact(v)
		}
		return t.seen(t.inRange(int64(out)))
	case float64:
		return t.seen(v * factor(strconv.FormatFloat(v, 'g', -1, 64)))
	case string:
		whole, fraction, _ := strings.Cut(v, ".")
		if f, err := strconv.ParseFloat(v, 64); err == nil && t.shape.form == formNumeric && len(whole) < 15 && !math.IsInf(f, 0) && !math.IsNaN(f) {
			key := v
			if fraction != "" {
				key = strings.TrimSuffix(strings.TrimRight(v, "0"), ".") // 1.50 is 1.5
			}
			out := strconv.FormatFloat(f*factor(key), 'f', len(fraction), 64)
			if w, _, _ := strings.Cut(out, "."); len(w) > len(whole) {
				out = strconv.FormatFloat(f/(1+maxNoise), 'f', len(fraction), 64) // the type may not take another digit
			}
			return t.seen(out)
		}
	}
	return t.redact(v)
}

// inRange keeps a number in what smallint and integer take.
func (t *treater) inRange(n int64) int64 {
	switch t.shape.oid {
	case 21:
		return min(max(n, math.MinInt16), math.MaxInt16)
	case 23:
		return min(max(n, math.MinInt32), math.MaxInt32)
	}
	return n
}

// formatPreserving encrypts the digits of a number and leaves what stands between them: FF1 with a key of its own for the
// class. A number of less than six digits is redacted.
func (t *treater) formatPreserving(v driver.Value) driver.Value {
	switch v := v.(type) {
	case string:
		if t.shape.form == formText && len(v) <= maxNumber {
			if out, ok := t.ff1Digits(v); ok {
				return t.seen(t.shape.fit(out))
			}
		}
	case int64:
		text := strconv.FormatInt(v, 10)
		sign := strings.HasPrefix(text, "-")
		text = strings.TrimPrefix(text, "-")
		// A first digit stays one other than 0, so that the length stays: FF1 is applied again until it is.
		for range 64 {
			out, ok := t.ff1Digits(text)
			if !ok {
				break
			}
			if text = out; out[0] != '0' {
				n, err := strconv.ParseInt(out, 10, 64)
				if err != nil || t.inRange(n) != n {
					continue
				}
				if sign {
					n = -n
				}
				return t.seen(n)
			}
		}
	}
	return t.redact(v)
}

func (t *treater) ff1Digits(s string) (string, bool) {
	if t.ff1 == nil {
		f, err := newFF1(t.masker.derive("ff1 " + t.column.Class)[:32], 10)
		if err != nil {
			return "", false
		}
		t.ff1 = f
	}
	var digits []uint16
	for i := range len(s) {
		switch b := s[i]; {
		case b-'0' <= 9:
			digits = append(digits, uint16(b-'0'))
		case characters[b] != separator:
			return "", false // letters would be shown
		}
	}
	masked, err := t.ff1.encrypt(digits, nil)
	if err != nil {
		return "", false
	}
	out, next := []byte(s), 0
	for i := range out {
		if out[i]-'0' <= 9 {
			out[i] = '0' + byte(masked[next])
			next++
		}
	}
	return string(out), true
}

// fakes are words for invented values. They are few and plain: what matters is that the same value has the same one.
var fakes = map[Class][][]string{
	Name: {
		strings.Fields("Alex Robin Kim Sam Jo Chris Pat Lee Max Toni Kai Dana Noa Sasha Andrea Jean Luca Mika Nika Remy Ariel Bobbie Casey Dale Eden Frankie Gale Harper Indigo Jules Kerry Lane"),
		strings.Fields("Ash Beck Clay Dell East Field Grove Hill Isle June Knoll Lake Moor North Oak Park Quill Reed Stone Thorn Vale West Yarrow Birch Cove Dune Elm Fern Glen Heath Marsh Pine"),
	},
	Address: {
		strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33"),
		strings.Fields("Oak Elm Pine Birch Maple Cedar Ash Willow Hill Lake River Park Mill Station School Church Market Garden Forest Meadow Bridge Harbour Castle Abbey Spring Summer Winter Autumn North South East West"),
		{"Street", "Road", "Lane", "Way"},
	},
}

// fake gives an invented value, the same for the same value.
func (t *treater) fake(v driver.Value) driver.Value {
	s, ok := v.(string)
	if !ok || t.shape.form != formText {
		return t.redact(v)
	}
	draw := t.chance("fake", s)
	if t.column.Class == string(Email) {
		name := fakes[Name]
		first, last := name[0][draw%32], name[1][(draw>>8)%32]
		return t.seen(t.shape.fit(strings.ToLower(first+"."+last) + "." + strconv.FormatUint(draw>>40, 36) + mailSuffix))
	}
	lists := fakes[Class(t.column.Class)]
	if lists == nil {
		return t.token(s)
	}
	words := make([]string, len(lists))
	for i, list := range lists {
		words[i] = list[draw%uint64(len(list))]
		draw /= uint64(len(list))
	}
	return t.seen(t.shape.fit(strings.Join(words, " ")))
}

// keyed gives the treatment of this file that the column has, for the types that it is made for; nil = another one.
func (t *treater) keyed() func(driver.Value) driver.Value {
	switch t.shape.form {
	case formText, formInt, formFloat, formNumeric, formTime:
	default:
		return nil
	}
	switch t.column.Treatment {
	case Fixed:
		return t.fixed
	case FF1:
		return t.formatPreserving
	case Shift:
		return t.shift
	case Bucket:
		return t.bucket
	case Noise:
		return t.noise
	case Fake:
		return t.fake
	}
	return nil
}
