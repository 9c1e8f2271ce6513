package mask

import (
	"strings"

	"github.com/governedsql/governed/lineage"
)

// kinds is a set of sorts of types, as far as they matter for what a column can hold. An array counts as its elements.
type kinds uint16

const (
	kindText kinds = 1 << iota
	kindInt
	kindNumber // numeric, floats, money
	kindBool
	kindDay   // date and both timestamps
	kindClock // time, interval
	kindNet   // inet, cidr, macaddr
	kindUUID
	kindBytes
	kindDocument // json, jsonb, xml
	kindPlane    // point and the other geometric types
	kindRange
	kindOther // types that somebody made: enums, composites, those of extensions
	kindOID   // of a large object, but a number all the same
	kindNone  // holds no data of people: "char", pg_lsn ...
	kindAny   = ^kinds(0)
)

// textual are the kinds that can hold any text.
const textual = kindText | kindBytes | kindDocument | kindOther

var kindsByOID = map[uint32]kinds{
	16: kindBool, 17: kindBytes, 18: kindNone, 19: kindText, 20: kindInt, 21: kindInt, 23: kindInt, 25: kindText, 26: kindOID,
	114: kindDocument, 142: kindDocument, 600: kindPlane, 601: kindPlane, 602: kindPlane, 603: kindPlane, 604: kindPlane,
	628: kindPlane, 650: kindNet, 700: kindNumber, 701: kindNumber, 705: kindText, 718: kindPlane, 774: kindNet, 790: kindNumber,
	829: kindNet, 869: kindNet, 1042: kindText, 1043: kindText, 1082: kindDay, 1083: kindClock, 1114: kindDay, 1184: kindDay,
	1186: kindClock, 1266: kindClock, 1700: kindNumber, 2950: kindUUID, 3802: kindDocument, 3614: kindOther,
	3904: kindRange, 3906: kindRange, 3908: kindRange, 3910: kindRange, 3912: kindRange, 3926: kindRange,
	4451: kindRange, 4532: kindRange, 4533: kindRange, 4534: kindRange, 4535: kindRange, 4536: kindRange,
}

var kindsByName = map[string]kinds{
	"boolean": kindBool, "bool": kindBool, "bytea": kindBytes, `"char"`: kindNone, "name": kindText,
	"bigint": kindInt, "smallint": kindInt, "integer": kindInt, "int": kindInt, "int2": kindInt, "int4": kindInt, "int8": kindInt,
	"text": kindText, "character varying": kindText, "varchar": kindText, "character": kindText, "bpchar": kindText,
	"citext": kindText, "oid": kindOID, "xid": kindNone, "cid": kindNone, "tid": kindNone, "regclass": kindNone,
	"json": kindDocument, "jsonb": kindDocument, "xml": kindDocument, "hstore": kindDocument,
	"point": kindPlane, "line": kindPlane, "lseg": kindPlane, "box": kindPlane, "path": kindPlane, "polygon": kindPlane,
	"circle": kindPlane, "geometry": kindPlane, "geography": kindPlane,
	"cidr": kindNet, "inet": kindNet, "macaddr": kindNet, "macaddr8": kindNet,
	"real": kindNumber, "double precision": kindNumber, "float4": kindNumber, "float8": kindNumber, "numeric": kindNumber,
	"decimal": kindNumber, "money": kindNumber,
	"date": kindDay, "timestamp": kindDay, "timestamptz": kindDay,
	"timestamp without time zone": kindDay, "timestamp with time zone": kindDay,
	"time": kindClock, "timetz": kindClock, "time without time zone": kindClock, "time with time zone": kindClock,
	"interval": kindClock, "uuid": kindUUID,
	"int4range": kindRange, "int8range": kindRange, "numrange": kindRange, "daterange": kindRange, "tsrange": kindRange,
	"tstzrange": kindRange, "int4multirange": kindRange, "int8multirange": kindRange, "nummultirange": kindRange, "datemultirange": kindRange,
	"tsmultirange": kindRange, "tstzmultirange": kindRange, "tsvector": kindOther, "tsquery": kindOther,
}

// kindOf is the kind of a column's type, below domains and arrays.
func kindOf(c *lineage.Column) kinds {
	for _, oid := range [...]uint32{c.Base, c.TypeOID} {
		if k, ok := kindsByOID[oid]; ok {
			return k
		}
	}
	if c.Type == "" {
		return kindAny
	}
	name := bareType(c.Type)
	if k, ok := kindsByName[name]; ok {
		return k
	}
	if isLabels(name) {
		return kindNone
	}
	return kindOther
}

// isList reports whether a column is an array by its own type.
func isList(c *lineage.Column) bool { return strings.HasSuffix(c.Type, "[]") }

// isShort reports whether a column is of one of the types of whole numbers that take less than fourteen digits.
func isShort(c *lineage.Column) bool {
	switch bareType(c.Type) {
	case "integer", "smallint", "int", "int2", "int4":
		return true
	}
	return false
}

// isLabels reports whether a type is named as enums are: mail_status, phone_kind.
func isLabels(typ string) bool {
	w := split(typ)
	return w.len() > 0 && lexicon().labels.has(w.span(w.len()-1, w.len()))
}

// domainOf is the name of the type that somebody made for the column, "" where the type is one of PostgreSQL's own.
func domainOf(c *lineage.Column) string {
	name := bareType(c.Type)
	if _, ok := kindsByName[name]; ok || isLabels(name) {
		return ""
	}
	return name
}

// bareType is the name of a type as format_type prints it, without schema, modifiers and marks of arrays.
func bareType(t string) string {
	for strings.HasSuffix(t, "[]") {
		t = t[:len(t)-2]
	}
	if i := strings.IndexByte(t, '('); i >= 0 {
		end := strings.IndexByte(t, ')')
		if end < i {
			return t
		}
		t = t[:i] + t[end+1:]
	}
	if t == `"char"` {
		return t
	}
	if i := strings.LastIndexByte(t, '.'); i >= 0 {
		t = t[i+1:]
	}
	return strings.Trim(t, `"`)
}
