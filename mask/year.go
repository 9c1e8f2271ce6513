package mask

import (
	"database/sql/driver"
	"strconv"
	"strings"
	"time"

	"github.com/governedsql/governed/lineage"
)

// year keeps the year of a date.
func (t *treater) year(v driver.Value) driver.Value {
	switch v := v.(type) {
	case time.Time:
		if !isYear(v.Year()) {
			return t.redact(v)
		}
		out := time.Date(v.Year(), time.January, 1, 0, 0, 0, 0, v.Location())
		t.rememberYear(out)
		return out
	case string:
		if v == "infinity" || v == "-infinity" {
			return v // no date of anybody's
		}
	}
	return t.redact(v)
}

// isYear reports whether a year is one in which people are born. What else stands in a date is no date of birth, and the
// year could be anything.
func isYear(n int) bool {
	const first, last = 1900, 2100
	return first <= n && n <= last
}

func (t *treater) rememberYear(first time.Time) {
	n := first.Year() - 1900
	if n < 0 || n >= 64*len(t.years) {
		t.remember(yearKey(first))
		return
	}
	if bit := uint64(1) << (n % 64); t.years[n/64]&bit == 0 {
		t.years[n/64] |= bit
		t.remember(yearKey(first))
	}
}

// yearText keeps the year of a date that a text holds.
func (t *treater) yearText(s string) driver.Value {
	for _, l := range dateLayouts {
		d, err := time.Parse(l.read, s)
		if err != nil {
			continue
		}
		if !isYear(d.Year()) {
			continue
		}
		first := time.Date(d.Year(), time.January, 1, 0, 0, 0, 0, time.UTC)
		out := first.Format(l.write)
		if t.shape.limit > 0 && len(out) > t.shape.limit {
			break
		}
		t.rememberYear(first)
		return t.shape.fit(out)
	}
	return t.redactText(s)
}

// dateLayouts are the forms of dates in text that are recognised, and what is put out for each.
var dateLayouts = []struct{ read, write string }{
	{"2006-1-2", "2006-01-02"},
	{time.RFC3339Nano, "2006-01-02T15:04:05Z"},
	{"2006-1-2 15:04:05.999999999", "2006-01-02 15:04:05"},
	{"2006-1-2 15:04:05.999999999Z07:00", "2006-01-02 15:04:05Z"},
	{"2006-1-2 15:04:05.999999999Z07", "2006-01-02 15:04:05Z"},
	{"2006-1-2T15:04:05.999999999", "2006-01-02T15:04:05"},
	{"2006/1/2", "2006/01/02"},
	{"2006.1.2", "2006.01.02"},
	{"20060102", "20060102"},
	{"2.1.2006", "02.01.2006"},
	{"2/1/2006", "02/01/2006"},
	{"1/2/2006", "01/02/2006"},
	{"2-1-2006", "02-01-2006"},
	{"1-2-2006", "01-02-2006"},
	{"2 January 2006", "2 January 2006"},
	{"2 Jan 2006", "2 Jan 2006"},
	{"January 2, 2006", "January 2, 2006"},
	{"Jan 2, 2006", "Jan 2, 2006"},
}

// The prefixes of keys by which dates and addresses are remembered.
const (
	yearPrefix    = "year "
	dayPrefix     = "day "
	networkPrefix = "net "
)

// yearKey is how the first of January of a year is remembered; "" for any other time.
func yearKey(d time.Time) string {
	if d.Month() != time.January || d.Day() != 1 || d.Hour() != 0 || d.Minute() != 0 || d.Second() != 0 || d.Nanosecond() != 0 {
		return ""
	}
	return yearPrefix + strconv.Itoa(d.Year())
}

func parseDate(s string) (time.Time, bool) {
	for _, l := range dateLayouts {
		if d, err := time.Parse(l.read, s); err == nil {
			return d, true
		}
	}
	return time.Time{}, false
}

// dateKind says what becomes of a text that a column takes for a date.
type dateKind uint8

const (
	noDate     dateKind = iota // it is none
	anyDate                    // it may stay a text
	momentDate                 // a date with a time
	dayDate                    // the time in it is dropped
)

func dateKindOf(col *lineage.Column) dateKind {
	const oidDate = 1082
	switch {
	case kindOf(col) != kindDay:
		return anyDate
	case col.Base == oidDate, col.TypeOID == oidDate, bareType(col.Type) == "date":
		return dayDate
	}
	return momentDate
}

// dateWords are those that a date may hold beside its numbers: they say nothing of it that the first of January does not, or how
// it is written.
var dateWords = setOf(`jan january mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday sat saturday
	sun sunday t z utc gmt ad am allballs date timestamp yyyy mm dd ddd month hh24 mi ss`)

// firstOfYear is the key of a text that PostgreSQL reads as the first of January of a year, in whatever notation; "" for any other.
// A year alone is no date, but a function may make one of it: bare then.
func firstOfYear(s string, kind dateKind) (key string, bare bool) {
	const longest = 64
	if len(s) > longest {
		return "", false
	}
	year, clock := "", false
	bare = true
	for i := 0; i < len(s); {
		end := i + 1
		switch b := s[i]; {
		case '0' <= b && b <= '9':
			end = i + len(s[i:]) - len(strings.TrimLeft(s[i:], "0123456789"))
			n := s[i:end]
			if end < len(s) && s[end] == ':' || clock && (s[i-1] == '+' || s[i-1] == '-') {
				end = i + len(s[i:]) - len(strings.TrimLeft(s[i:], "0123456789:."))
				if !clock && kind != dayDate && strings.Trim(s[i:end], "0:.") != "" {
					return "", false
				}
				clock = true
				break
			}
			if year == "" && len(n) >= len("1973") && (len(n) == len("1973") || n[4:] == "001" || n[4:] == "0101") {
				year, bare = n[:4], bare && len(n) == len("1973")
			} else if rest := strings.TrimLeft(n, "0"); rest != "" && rest != "1" {
				return "", false
			} else {
				bare = false
			}
		case 'a' <= b|0x20 && b|0x20 <= 'z':
			for end < len(s) && ('a' <= s[end]|0x20 && s[end]|0x20 <= 'z' || s[end] == '2' && end+1 < len(s) && s[end+1] == '4') {
				end++
			}
			if !dateWords.has(strings.ToLower(s[i:end])) {
				return "", false
			}
		case b >= 0x80:
			return "", false
		}
		i = end
	}
	if year == "" {
		return "", false
	}
	return yearPrefix + strings.TrimLeft(year, "0"), bare
}

func textOfInt(n int64) string { return strconv.FormatInt(n, 10) }
