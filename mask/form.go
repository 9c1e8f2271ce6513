package mask

import (
	"strings"
	"time"
)

// form is how a type's values arrive and which masks they can have.
type form uint8

const (
	formNull form = iota // no valid value exists that is known here: NULL
	formText
	formTextArray
	formInt
	formFloat
	formNumeric // a number as text
	formTime    // time.Time
	formUUID
	formInet
	formCIDR
	formMAC
	formJSON
	formBytes // zero length
	formXML
	formFixed // the constant of the type, as text
)

// Type OIDs of pg_type that masks have to know.
const (
	oidBytea        = 17
	oidInt8         = 20
	oidFloat8       = 701
	oidMoney        = 790
	oidNumeric      = 1700
	oidJSONB        = 3802
	oidXID8         = 5069
	oidQuotedChar   = 18
	oidName         = 19
	oidNameArray    = 1003
	oidBpchar       = 1042
	oidVarchar      = 1043
	oidBpcharArray  = 1014
	oidVarcharArray = 1015
)

var forms = map[uint32]form{
	25: formText, oidVarchar: formText, oidBpchar: formText, oidName: formText, oidQuotedChar: formText, 705: formText,
	2275: formText, 194: formText, 1790: formText,
	1009: formTextArray, oidBpcharArray: formTextArray, oidVarcharArray: formTextArray, oidNameArray: formTextArray,
	20: formInt, 21: formInt, 23: formInt, 26: formInt, 28: formInt, 29: formInt,
	700: formFloat, 701: formFloat, 1700: formNumeric, 790: formNumeric,
	1082: formTime, 1114: formTime, 1184: formTime,
	2950: formUUID, 869: formInet, 650: formCIDR, 829: formMAC, 774: formMAC,
	114: formJSON, 3802: formJSON, 17: formBytes, 142: formXML,
}

// constants are the values of types whose values arrive as text and of which nothing is kept: zero or empty.
var constants = map[uint32]string{
	1083: "00:00:00", 1266: "00:00:00+00", 1186: "00:00:00", 600: "(0,0)", 27: "(0,0)", 3614: "", 5069: "0", 22: "", 30: "",
	// ranges
	3904: "empty", 3906: "empty", 3908: "empty", 3910: "empty", 3912: "empty", 3926: "empty",
	// multiranges
	4451: "{}", 4532: "{}", 4533: "{}", 4534: "{}", 4535: "{}", 4536: "{}",
	// arrays
	143: "{}", 199: "{}", 210: "{}", 270: "{}", 271: "{}", 272: "{}", 273: "{}", 629: "{}", 651: "{}", 719: "{}", 775: "{}", 791: "{}", 1000: "{}", 1001: "{}",
	1002: "{}", 1005: "{}", 1006: "{}", 1007: "{}", 1008: "{}", 1010: "{}", 1011: "{}", 1012: "{}", 1013: "{}", 1016: "{}", 1017: "{}",
	1018: "{}", 1019: "{}", 1020: "{}", 1021: "{}", 1022: "{}", 1027: "{}", 1028: "{}", 1034: "{}", 1040: "{}", 1041: "{}",
	1115: "{}", 1182: "{}", 1183: "{}", 1185: "{}", 1187: "{}", 1231: "{}", 1263: "{}", 1270: "{}", 1561: "{}", 1563: "{}",
	2201: "{}", 2207: "{}", 2208: "{}", 2209: "{}", 2210: "{}", 2211: "{}", 2277: "{}", 2287: "{}", 2949: "{}", 2951: "{}", 3221: "{}", 3643: "{}", 3644: "{}", 3645: "{}", 3735: "{}", 3770: "{}", 3807: "{}",
	3905: "{}", 3907: "{}", 3909: "{}", 3911: "{}", 3913: "{}", 3927: "{}", 4073: "{}", 4090: "{}", 4097: "{}", 4192: "{}", 5039: "{}", 6150: "{}", 6151: "{}", 6152: "{}",
	6153: "{}", 6155: "{}", 6157: "{}",
}

// named are types of extensions, whose OIDs differ from database to database.
var named = map[string]form{"citext": formText, "citext[]": formTextArray, "hstore": formFixed}

// shape is what a mask has to know of the type of its values.
type shape struct {
	form  form
	limit int    // characters that fit, 0 = any number
	pad   int    // characters to which values are filled with blanks, 0 = none
	fixed string // of formFixed
	oid   uint32
}

// shapeOf reads the server's description of a type; typ is what the analysis calls it.
func shapeOf(f Field, typ string) shape {
	s := shape{oid: f.TypeOID}
	if c, ok := constants[f.TypeOID]; ok {
		s.form, s.fixed = formFixed, c
		return s
	}
	if fm, ok := forms[f.TypeOID]; ok {
		s.form = fm
	} else if f.TypeOID >= firstUserOID || f.TypeOID == 0 {
		s.form, s.fixed = formByName(typ)
	}
	const header = 4 // what a type modifier counts besides the length
	switch f.TypeOID {
	case oidVarchar, oidVarcharArray:
		s.limit = max(0, int(f.TypeMod)-header)
	case oidBpchar, oidBpcharArray:
		s.limit = max(0, int(f.TypeMod)-header)
		s.pad = s.limit
	case oidName, oidNameArray:
		s.limit = 63
	case oidQuotedChar:
		s.limit = 1
	}
	return s
}

// significant is a text without what is no part of it: the blanks at the end of a character(n) take no part in comparisons,
// and values that are equal have the same mask.
func (s *shape) significant(text string) string {
	if s.oid == oidBpchar || s.oid == oidBpcharArray {
		return strings.TrimRight(text, " ")
	}
	return text
}

func formByName(typ string) (form, string) {
	array := len(typ) > 2 && typ[len(typ)-2:] == "[]"
	name := bareType(typ)
	if array {
		name += "[]"
	}
	if f, ok := named[name]; ok {
		return f, ""
	}
	if array {
		return formFixed, "{}"
	}
	return formNull, ""
}

// zeroTime is what a redacted date is: the first day of the year 1, which is also the zero time of Go.
var zeroTime = time.Time{}
