package mask

import (
	"strings"
	"unicode/utf8"

	"github.com/governedsql/governed/lineage"
)

// Class is the sort of personal data or secret that a column holds. The zero value is none.
type Class string

// The classes.
const (
	Email      Class = "email"
	Phone      Class = "phone"
	Card       Class = "card"        // numbers of payment cards
	Account    Class = "account"     // IBAN, account and routing numbers, wallets
	NationalID Class = "national_id" // social security, tax, passport and licence numbers
	BirthDate  Class = "birth_date"
	Name       Class = "name" // of a person
	Address    Class = "address"
	Network    Class = "network"  // IP and MAC addresses, user agents, IMEIs, advertising ids
	Location   Class = "location" // coordinates
	Secret     Class = "secret"   // passwords, hashes of them, tokens, keys
	Salary     Class = "salary"
	Health     Class = "health"
	Special    Class = "special_category" // belief, origin, orientation, biometrics, convictions
)

// Classify says what a column holds, by its labels, its name, its type, the relation that it belongs to and, where those say
// nothing, by what its values were found to be ([lineage.Column.Held]). It goes by the names that
// the catalog has: an alias in a statement is nothing to it. Columns of the system catalogs are no personal data, but some
// of them hold secrets or samples of other columns' values.
//
// A column of a composite type holds what the attributes of the type hold, and a generated column what it is computed from.
func Classify(rel *lineage.Relation, col *lineage.Column) Class {
	var none Rules
	return none.Classify(rel, col)
}

func classOfFields(col *lineage.Column) Class {
	var c Class
	of := &lineage.Relation{Name: col.FieldsOf}
	for i := range col.Fields {
		c = severest(c, Classify(of, &col.Fields[i]))
	}
	return c
}

// classOfExpression is the class of the columns that the expression of a generated column names, and of the members of
// documents that it takes.
func (r *Rules) classOfExpression(rel *lineage.Relation, col *lineage.Column) Class {
	var c Class
	for i := range rel.Columns {
		other := &rel.Columns[i]
		if other.Expression != "" || other.Name == col.Name {
			continue // an expression names no other generated column
		}
		if class := r.Classify(rel, other); class != "" && namesColumn(col.Expression, other.Name) {
			c = severest(c, class)
		}
	}
	keys := expressionKeys(col.Expression)
	if keys == nil {
		return c
	}
	above := []string{rel.Name.Name}
	for i := range rel.Columns {
		if other := &rel.Columns[i]; namesColumn(col.Expression, other.Name) {
			above = append(above, other.Name)
		}
	}
	return severest(c, classOfKeys(above, keys))
}

// namesColumn reports whether an expression names a column, by itself or as a whole row.
func namesColumn(expression, name string) bool {
	quoted := "\"" + strings.ReplaceAll(name, "\"", "\"\"") + "\""
	for i := 0; i < len(expression); {
		n := tokenEnd(expression[i:])
		if word := expression[i : i+n]; word == name || word == quoted {
			return true
		}
		i += n
	}
	return false
}

// tokenEnd is the length of the first token of an expression as PostgreSQL prints it.
func tokenEnd(s string) int {
	if s[0] == '\'' || s[0] == '"' {
		for i := 1; i < len(s); i++ {
			if s[i] != s[0] {
				continue
			}
			if i+1 == len(s) || s[i+1] != s[0] {
				return i + 1
			}
			i++
		}
		return 1 // not closed: what follows counts as words
	}
	n := 0
	for n < len(s) && isWord(s[n]) {
		n++
	}
	return max(n, 1)
}

func isWord(b byte) bool {
	return b == '_' || b == '$' || '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z' || b >= utf8.RuneSelf
}

// classByFacts is the class of a column for which no label speaks: its name is asked first, since it says more than values
// can, and then its values.
func classByFacts(rel *lineage.Relation, col *lineage.Column) Class {
	if c := classByName(rel, col); c != "" || isSystemSchema(rel.Schema) {
		return c
	}
	return Class(col.Held.Class)
}

// classByName classifies by the names alone.
func classByName(rel *lineage.Relation, col *lineage.Column) Class {
	if isSystemSchema(rel.Schema) {
		if catalogSecrets[rel.Name.Name+"."+col.Name] {
			return Secret
		}
		return ""
	}
	s := subject{column: split(col.Name), relation: split(rel.Name.Name), kind: kindOf(col), list: isList(col), short: isShort(col)}
	if c := severest(s.byPhrase(&s.column), s.byPlace()); c != "" {
		return c
	}
	if typ := domainOf(col); typ != "" {
		name := split(typ)
		return s.byPhrase(&name)
	}
	return ""
}

// Severest is the class of two that counts where a value holds both.
func Severest(a, b Class) Class { return severest(a, b) }

func severest(a, b Class) Class {
	if b == "" || a == b {
		return a
	}
	if severity[b] > severity[a] {
		return b
	}
	return a
}

func isSystemSchema(schema string) bool {
	return schema == "pg_catalog" || schema == "information_schema" || schema == "pg_toast"
}

// subject is a column that is classified.
type subject struct {
	column   wordList
	relation wordList
	kind     kinds
	list     bool // an array
	short    bool // a number of so few digits that it is no card's
}

// byPhrase looks for phrases of the dictionary in a name. Of several the most severe class counts.
func (s *subject) byPhrase(name *wordList) Class {
	var found Class
	lex := lexicon()
	for i := 0; i < name.len(); {
		n := 1
		for width := min(maxPhrase, name.len()-i); width > 0; width-- {
			entries := lex.phrases[name.span(i, i+width)]
			if entries == nil && width == 1 {
				entries = lex.stem(name.span(i, i+1))
			}
			if entries == nil {
				continue
			}
			n = width
			for _, e := range entries {
				if s.holds(name, e, i, i+width) {
					found = severest(found, e.class)
				}
			}
			break
		}
		i += n
	}
	if found == "" && s.namesPerson(name) {
		return Name
	}
	return found
}

// holds reports whether a phrase in a name means what it means by itself: the type fits, and no word around it says that
// the column is about something else, as in email_count.
func (s *subject) holds(name *wordList, e *entry, from, to int) bool {
	lex := lexicon()
	if s.kind&e.kinds == 0 || e.people && !s.ofPeople() || s.outside(e.class) {
		return false
	}
	if s.counts(name, from, to) {
		return false
	}
	if from > 0 && s.isOther(name, e, from, to) {
		return false
	}
	if (e.class == Card || e.long) && s.short {
		return false
	}
	for i := to; i < name.len(); i++ {
		w := name.span(i, i+1)
		if lex.aspectsOf[e.class].has(w) || lex.aspects.has(w) && !lex.keeps[e.class].has(w) {
			return false
		}
	}
	return true
}

// isOther reports whether the word before a phrase makes it mean something else.
func (s *subject) isOther(name *wordList, e *entry, from, to int) bool {
	lex := lexicon()
	word := name.span(from-1, from)
	return lex.before[e.class].has(word) || lex.loose.has(name.span(from, to)) && lex.beforeOne[e.class].has(word)
}

// outside reports whether the relation is one in which the class is no matter of people.
func (s *subject) outside(c Class) bool {
	set := lexicon().outside[c]
	return set.has(s.relationEnd(1)) || set.has(s.relationEnd(2))
}

// counts reports whether a whole number is a count or a reference and no number of the thing itself.
func (s *subject) counts(name *wordList, from, to int) bool {
	if s.kind&(kindInt|kindNumber) == 0 {
		return false
	}
	lex := lexicon()
	last := name.span(name.len()-1, name.len())
	if s.kind&kindInt != 0 && last == "id" && !(to == name.len() && s.isNumbered(name.span(from, to))) || to == name.len() && name.plural && !s.list {
		return true
	}
	return from > 0 && lex.counters.has(name.span(0, 1))
}

// isNumbered reports whether a whole number by a name that ends in "id" is a number that people have, and no reference to a row.
func (s *subject) isNumbered(phrase string) bool {
	lex := lexicon()
	return lex.numbered.has(phrase) || lex.numberedOfPeople.has(phrase) && s.ofPeople()
}

// namesPerson reports whether a name ends in a word for people and "name".
func (s *subject) namesPerson(name *wordList) bool {
	n := name.len()
	if n < 2 || s.kind&textual == 0 {
		return false
	}
	lex := lexicon()
	whose := name.span(n-2, n-1)
	if !lex.bareNames.has(name.span(n-1, n)) || !lex.people.has(whose) {
		return false
	}
	return !lex.relatives.has(whose) || s.ofPeople()
}

// byPlace classifies names that mean something only in a relation named for it: name in customers, number in cards.
func (s *subject) byPlace() Class {
	lex := lexicon()
	name := s.column.text
	if n := s.column.len(); n > 1 && lex.writings.has(s.column.span(n-1, n)) {
		name = s.column.span(0, n-1)
	}
	for i := range lex.places {
		p := &lex.places[i]
		if s.kind&p.kinds == 0 || !p.columns.has(name) || p.class == Card && s.short {
			continue
		}
		if p.heads == nil && s.ofPeople() || p.heads.has(s.relationEnd(1)) || p.heads.has(s.relationEnd(2)) {
			return p.class
		}
	}
	return ""
}

// isPlace reports whether other names mean something in a relation of this name.
func (s *subject) isPlace() bool {
	lex := lexicon()
	for i := range lex.places {
		if heads := lex.places[i].heads; heads.has(s.relationEnd(1)) || heads.has(s.relationEnd(2)) {
			return true
		}
	}
	return false
}

// ofPeople reports whether the relation is named for people.
func (s *subject) ofPeople() bool {
	lex := lexicon()
	n := s.headIndex()
	if n < 0 || !lex.people.has(s.relation.span(n, n+1)) {
		return false
	}
	return n == 0 || !lex.machines.has(s.relation.span(n-1, n))
}

// headIndex is the index of the word that says what the relation's rows are, -1 where there is none: the last one that is
// no word like history or details.
func (s *subject) headIndex() int {
	lex := lexicon()
	for i := s.relation.len() - 1; i >= 0; i-- {
		if w := s.relation.span(i, i+1); i == 0 || !lex.tails.has(w) && (w[0] < '0' || w[0] > '9') {
			return i
		}
	}
	return -1
}

// relationEnd gives the last words of the relation's name up to the head.
func (s *subject) relationEnd(n int) string {
	i := s.headIndex()
	if i+1 < n {
		return ""
	}
	return s.relation.span(i+1-n, i+1)
}
