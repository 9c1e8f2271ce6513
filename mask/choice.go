package mask

import "strings"

// chooses reports whether the assignment at pos, name = value, takes one of several values as it is: a column, a
// parameter or a constant, or COALESCE or CASE over these, where parameters alone decide. Programs that change only what
// they are given are written this way.
func chooses(sql string, pos int) bool {
	if pos < 0 || pos >= len(sql) {
		return false
	}
	c := chooser{rest: strings.ToLower(sql[pos:])}
	if !c.name() || !c.take("=") || !c.value(0) {
		return false
	}
	for _, end := range [...]string{",", "where", "returning", "from", ";", ")"} {
		if c.take(end) {
			return true
		}
	}
	c.space()
	return c.rest == ""
}

type chooser struct{ rest string }

func (c *chooser) space() { c.rest = strings.TrimLeft(c.rest, " \t\r\n") }

// take takes one word or sign.
func (c *chooser) take(text string) bool {
	c.space()
	rest, ok := strings.CutPrefix(c.rest, text)
	if !ok || isWord(text[0]) && rest != "" && isWord(rest[0]) {
		return false
	}
	c.rest = rest
	return true
}

// name takes a name, with or without what it belongs to.
func (c *chooser) name() bool {
	for {
		c.space()
		if c.rest == "" {
			return false
		}
		n := tokenEnd(c.rest)
		if c.rest[0] != '"' && (!isWord(c.rest[0]) || c.rest[0] == '$' || '0' <= c.rest[0] && c.rest[0] <= '9') || c.rest[0] == '"' && n < 2 {
			return false
		}
		c.rest = c.rest[n:]
		if !c.take(".") {
			return true
		}
	}
}

func (c *chooser) value(depth int) bool {
	const deepest = 8
	if depth > deepest {
		return false
	}
	var ok bool
	switch {
	case c.take("coalesce"):
		ok = c.take("(") && c.value(depth+1)
		for ok && c.take(",") {
			ok = c.value(depth + 1)
		}
		ok = ok && c.take(")")
	case c.take("nullif"):
		ok = c.take("(") && c.given() && c.take(",") && c.given() && c.take(")")
	case c.take("case"):
		ok = c.choice(depth + 1)
	case c.take("("):
		ok = c.value(depth+1) && c.take(")")
	default:
		ok = c.given() || c.name()
		if c.space(); strings.HasPrefix(c.rest, "(") {
			return false // a call
		}
	}
	return ok && c.cast()
}

// choice takes WHEN condition THEN value ... END.
func (c *chooser) choice(depth int) bool {
	for c.take("when") {
		if !c.condition() || !c.take("then") || !c.value(depth) {
			return false
		}
	}
	return (!c.take("else") || c.value(depth)) && c.take("end")
}

func (c *chooser) condition() bool {
	if !c.given() || !c.cast() {
		return false
	}
	switch {
	case c.take("is"):
		c.take("not")
		return c.take("null") || c.take("true")
	case c.take("="), c.take("<>"), c.take("!="):
		return c.given() && c.cast()
	}
	return true
}

// given takes a parameter or a constant.
func (c *chooser) given() bool {
	c.space()
	if c.rest == "" {
		return false
	}
	switch b := c.rest[0]; {
	case b == '$', '0' <= b && b <= '9':
		n := tokenEnd(c.rest)
		if n < 2 && b == '$' || b == '$' && strings.Trim(c.rest[1:n], "0123456789") != "" {
			return false
		}
		c.rest = c.rest[n:]
		return true
	case b == '\'':
		n := tokenEnd(c.rest)
		if n < 2 || strings.Contains(c.rest[:n], "\\") {
			return false
		}
		c.rest = c.rest[n:]
		return true
	}
	return c.take("null") || c.take("true") || c.take("false") || c.take("default")
}

// cast takes a cast to a type that keeps all of a value.
func (c *chooser) cast() bool {
	for c.take("::") {
		kept := false
		for _, typ := range [...]string{"text", "citext", "varchar", "character varying", "boolean", "bool", "date", "timestamptz", "timestamp", "inet", "uuid", "bigint", "int8", "numeric", "jsonb", "json"} {
			if c.take(typ) {
				kept = true
				break
			}
		}
		if c.space(); !kept || strings.HasPrefix(c.rest, "(") || strings.HasPrefix(c.rest, "[") {
			return false
		}
	}
	return true
}
