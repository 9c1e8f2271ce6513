package detect

import "strings"

// called is what the words before a value say that it is. Several may be said at once.
type called uint32

const (
	calledPhone   called = 1 << iota
	calledReach          // call, mobile, cell: words that are also said of other things
	calledSSN            // of the United States
	calledSIN            // of Canada
	calledBSN            // of the Netherlands
	calledAadhaar        // of India
	calledNordic         // personnummer and its kin
	calledCNPJ           // of Brazil
	calledNINO           // of the United Kingdom
	calledSteuer         // of Germany
	calledVersion        // or a section of a text
	calledHost           // an address of a machine
	calledAmount
	calledOrder // an order, an invoice, a part: numbers that are made to be shown
	filler      // number, no., is, at: what is before it says more
)

const (
	maxHops  = 4  // words looked at
	maxApart = 10 // bytes between a word and the next, or the value
	maxWord  = 32
)

// calledBefore reads the words before s[at]: SSN# 123, "phone_number": "123, call me at 123.
func calledBefore(s string, at int) called {
	whole := at
	for range maxHops {
		end := between(s, at)
		if end < 0 {
			return 0
		}
		from := end
		for from > 0 && end-from < maxWord && (isLetter(s[from-1]) || s[from-1] == '_' || s[from-1] >= 0x80) {
			from--
		}
		if from == end {
			return 0
		}
		c := wordMeaning(s[from:end], end < len(s) && (s[end] == ':' || s[end] == '.'))
		if c != filler {
			return c
		}
		if name := s[from:end]; at < whole && strings.EqualFold(name, "my") || (at < whole || s[end] == ':') && strings.EqualFold(name, "contact") {
			return calledReach // my number is, contact: 123
		}
		at = from
	}
	return 0
}

// between goes back over what may stand between a name and its value, and gives where the name ends; -1 = nothing is before.
func between(s string, at int) int {
	i := at
	for i > 0 && at-i <= maxApart {
		switch b := s[i-1]; {
		case b < 0x80 && !isLetter(b) && !isDigit(b) && b != '_' && b != ';' && b != '{' && b != '}' && b != '\n':
			i--
		case b < 0x80:
			return i
		case strings.HasSuffix(s[:i], "\u00a0"):
			i -= 2
		case strings.HasSuffix(s[:i], "："), strings.HasSuffix(s[:i], "“"), strings.HasSuffix(s[:i], "№"):
			i -= 3
		default:
			return i
		}
	}
	return -1
}

// wordMeaning looks at the parts of a name from the last to the first: phoneNumber, home_phone. marked says that a colon or
// a dot stands behind it.
func wordMeaning(word string, marked bool) called {
	var lower [maxWord]byte
	n := copy(lower[:], word)
	parts := false
	for i := range n {
		switch {
		case isUpper(lower[i]):
			lower[i] |= 0x20
			parts = parts || i > 0
		case lower[i] == '_':
			parts = true
		}
	}
	if c := meaning(lower[:n], marked); c != 0 || !parts {
		return c // a word without parts is its own last part
	}
	for end := len(word); end > 0; {
		from := end - 1
		for from > 0 && word[from-1] != '_' && (!isUpper(word[from]) || isUpper(word[from-1])) {
			from--
		}
		n := copy(lower[:], word[from:end])
		for i := range n {
			if isUpper(lower[i]) {
				lower[i] |= 0x20
			}
		}
		if c := meaning(lower[:n], marked); c != filler {
			return c
		}
		for end = from; end > 0 && word[end-1] == '_'; end-- {
		}
	}
	return filler
}

// meaning is what one word says, in small letters.
func meaning(w []byte, marked bool) called {
	switch string(w) {
	case "number", "numbers", "num", "no", "nr", "n", "nbr", "id", "is", "are", "was", "me", "us", "my", "your", "his", "her", "at", "on", "to", "from", "of", "the", "a", "or", "value", "nummer",
		"numero", "número", "numéro", "номер", "sur", "au", "al", "bei", "unter", "an", "under", "security", "insurance", "ist", "est", "es", "identification", "identity", "for", "str", "text", "us_", "nº", "main", "work", "home", "contact",
		"office", "day", "evening", "private", "privat", "new", "old", "primary", "secondary":
		return filler
	case "phone", "phones", "phoned", "tel", "tele", "telef", "telefon", "telefone", "telefono", "telefonnummer", "teléfono", "telephone", "téléphone", "tél", "tlf", "tlfn", "puh", "puhelin", "telf", "fax", "telefax",
		"msisdn", "whatsapp", "тел", "Тел", "телефон", "Телефон", "факс", "Факс", "hotline", "rufnummer", "telnr", "telno", "phonenumber", "mobilnummer", "handynummer", "mobilenumber", "cellphone", "handphone", "tfno", "fon", "telefoon",
		"τηλ", "sími", "homephone", "workphone", "mobilephone", "telefonszám", "faks", "Tél", "Téléphone":
		return calledPhone
	case "mobile", "mobil", "mob", "cell", "cellular", "celular", "handy", "ruf", "call", "calls", "called", "callback", "caller", "dial", "dialed", "dialled", "ring", "sms", "móvil", "movil", "portable", "gsm", "ph", "hp", "viber",
		"natel", "моб", "reach", "landline", "toll", "tollfree", "freephone", "mobiel", "matkapuhelin", "komórka", "cel", "mobiltelefon", "telegram", "signal":
		return calledReach
	case "t", "m", "p", "f", "c":
		if marked {
			return calledReach
		}
	case "ssn", "taxpayer", "itin", "ssns":
		return calledSSN
	case "social":
		return calledSSN | calledSIN
	case "sin":
		return calledSIN
	case "bsn", "burgerservicenummer", "sofinummer", "sofi":
		return calledBSN
	case "aadhaar", "aadhar", "adhaar", "uidai", "uid", "आधार":
		return calledAadhaar
	case "personnummer", "pnr", "personnr", "cpr", "fødselsnummer", "personal", "samordningsnummer":
		return calledNordic
	case "cnpj":
		return calledCNPJ
	case "nino", "national", "ni":
		return calledNINO
	case "steuer", "steuerid", "idnr", "steueridentifikationsnummer", "identifikationsnummer", "tin":
		return calledSteuer
	case "ver", "vers", "version", "versions", "release", "rel", "build", "firmware", "fw", "rev", "revision", "section", "sec", "clause", "chapter", "chap", "table", "figure", "fig", "kapitel", "abschnitt", "kap", "abs", "article",
		"artikel", "item", "update", "updated", "upgrade", "upgraded", "sdk", "driver", "bios", "patch", "patched", "oid", "para", "paragraph", "appendix", "step", "level", "chrome", "kernel", "software", "isbn", "issn", "doi", "punkt", "ziffer", "versione", "versión", "версия":
		return calledVersion
	case "ip", "ips", "ipaddr", "ipaddress", "ipv", "host", "hostname", "server", "client", "addr", "address", "remote", "src", "dst", "source", "destination", "gateway", "dns", "nameserver", "ping", "peer", "node", "rhost", "resolver", "inet":
		return calledHost
	case "order", "orders", "invoice", "inv", "ref", "reference", "ticket", "sku", "batch", "serial", "lot", "po", "rma", "tracking", "shipment", "parcel", "model", "bestellung", "rechnung", "auftrag", "commande", "facture", "pedido", "factura", "ean", "upc",
		"konto", "kto", "postfach", "box", "gtin", "barcode", "imei", "vin", "seq", "sequence", "row", "line", "page", "pages", "epoch", "timestamp", "port", "pid":
		return calledOrder
	case "total", "sum", "amount", "umsatz", "revenue", "turnover", "price", "eur", "usd", "gbp", "chf", "sek", "nok", "dkk", "pln", "czk", "betrag", "summe", "preis", "montant", "importe", "balance", "saldo", "cost", "rs", "inr", "kr", "population":
		return calledAmount
	}
	if len(w) == 0 || w[len(w)-1] < 0x80 {
		return 0
	}
	for _, w2 := range [...]string{"电话", "電話", "手机", "手機", "携帯", "電話番号", "电话号码", "전화", "휴대폰", "传真", "هاتف"} {
		if len(w) >= len(w2) && string(w[len(w)-len(w2):]) == w2 {
			return calledPhone
		}
	}
	return 0
}

// isMeasured reports whether a unit, a currency or a decimal stands behind s[to].
func isMeasured(s string, to int) bool {
	if to < len(s) && (s[to] == ',' || s[to] == '.') && to+1 < len(s) && isDigit(s[to+1]) {
		return true
	}
	for to < len(s) {
		if sep, width := separator(s, to); sep != ' ' {
			break
		} else {
			to += width
		}
	}
	rest := s[to:]
	for _, sign := range [...]string{"€", "$", "£", "¥", "₹", "%", "°", "zł", "₽", "±"} {
		if strings.HasPrefix(rest, sign) {
			return true
		}
	}
	var lower [8]byte
	n := 0
	for n < len(rest) && isLetter(rest[n]) {
		if n == len(lower) {
			return false
		}
		lower[n] = rest[n] | 0x20
		n++
	}
	switch string(lower[:n]) {
	case "mm", "cm", "km", "m", "kg", "g", "mg", "l", "ml", "gb", "mb", "kb", "tb", "eur", "euro", "euros", "usd", "gbp", "chf", "sek", "nok", "dkk", "pln", "czk", "huf", "kr", "ft", "lb", "lbs", "oz", "unit", "units", "pcs", "pc", "stk", "people", "users",
		"rows", "row", "items", "item", "bytes", "ms", "uhr", "hz", "mhz", "ghz", "kw", "kwh", "mwh", "w", "px", "dollars", "rubles", "yen", "votes", "views", "times", "records", "shares", "tons", "t", "ha", "cents", "points", "miles", "hours", "days", "jpy", "cny", "inr":
		return true
	}
	return false
}
