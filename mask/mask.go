// Package mask keeps personal data and secrets from code that has no grant for them.
//
// [Classify] says what a column of the database holds, by the labels in its comment ([governed: email]), its name, its
// type and what a sample of its values was found to be ([Judge]). [Masker.Plan] says, from the lineage of a statement, which of its outputs carry such columns, and which labels its
// copies need ([Plan.Labels]); [Plan.Reconcile] holds that against what the server says of the
// result. [Masker.Func] makes the function that masks the values of one output: the masked value has the same Go type and
// is a valid value of the same PostgreSQL type, so that programs keep working; of a domain it is one of the type below:
// CHECK constraints of domains are not evaluated. [Masker.Check] refuses statements that would store a masked value.
//
// What is not known is masked: an output whose sources are not resolved, a column that the two witnesses name
// differently, a value that a mask cannot read.
package mask

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"hash/maphash"
	"sync"

	"github.com/governedsql/governed/lineage"
)

// Config says how values are masked.
type Config struct {
	// Key keys pseudonyms, at least 16 bytes. With the same key the same value has the same pseudonym in every process.
	Key []byte
}

// Masker masks values. It is safe for concurrent use.
type Masker struct {
	key     []byte
	seed    maphash.Seed
	pools   sync.Map // of *pseudonyms by class
	columns sync.Map // of *trace by lineage.ColumnID: what was put out
}

const minKey = 16

// New checks a configuration and makes a masker of it.
func New(c Config) (*Masker, error) {
	if len(c.Key) < minKey {
		return nil, errors.New("mask: the key has less than 16 bytes")
	}
	return &Masker{key: bytes.Clone(c.Key), seed: maphash.MakeSeed()}, nil
}

// derive makes the key of one domain, so that the pseudonyms of one class say nothing of those of another.
func (m *Masker) derive(domain string) []byte {
	h := hmac.New(sha256.New, m.key)
	h.Write([]byte("governed/mask/1/" + domain))
	return h.Sum(nil)
}

// Input is what a plan is made of.
type Input struct {
	Statement *lineage.Statement
	Catalog   lineage.Catalog
	// Arg gives the texts in the value of a parameter that is a key of a document, and false where it is not known. Nil
	// means that none is.
	Arg func(n int) ([]string, bool)
	Rules
}

// Plan says what is done to each output of a statement. It is immutable.
type Plan struct {
	Columns []Column
	// Sensitive means that the statement touches a relation with a sensitive column that is not cleared, or something
	// unresolved: text from the server may carry values then.
	Sensitive bool
	// Cleared are the sensitive columns that a grant shows.
	Cleared []lineage.ColumnMask
	// Findings are what the statement does with sensitive columns beside returning them.
	Findings []Finding
	// Params are the parameters whose values are keys of documents: the plan is one for these values.
	Params []int
	// Labels have to be written with the statement.
	Labels []Label

	rules  Rules
	system bool // all relations are those of the system catalogs
}

// Column is what is done to one output. The zero value leaves it as it is.
type Column struct {
	Treatment string             // "" = none
	Class     string             // of the first sensitive source
	Sources   []lineage.ColumnID // the sensitive base columns
	Origin    *lineage.Source    // what the server's description must name
	// KeyAt is the number of the output, from 1, that holds the key of each value of this one: see [Scan.Key]. 0 = there is
	// none.
	KeyAt int

	typ       string             // the output's type, where it is known
	derived   bool               // the value is made from its sources: nothing of it is kept, not even that it is empty
	watch     []lineage.ColumnID // the columns whose own value it is
	unkeyed   bool               // nobody knows the key of the value: only what a document's own keys tell is shown
	keys      []string           // constant keys by which it was taken out of a document
	member    bool               // it is a member of a document as it stands there
	members   []string           // keys by which it was taken out of documents, as their blanks are remembered
	holders   []lineage.ColumnID // the columns of those documents
	xml       bool               // it is made of XML
	pieces    bool               // it is computed: documents may be parts of a text
	scan      bool               // nobody labelled what it is made of: its values are looked at
	scanned   []lineage.ColumnID // what it is made of, where it is scanned
	documents []document         // those of scanned, or of unkeyed, that hold documents
	turned    turns              // how its texts may be written
	texts     bool               // some of what it is made of are texts or documents
	brought   bool               // something else in the statement may have brought what is stored
	stored    bool               // it is a column as it is
	things    bool               // all of that are references by a sample of their values
	numbers   bool               // some of that are numbers that may be of something, or may be made into one
	named     bool               // and the names of all of it say that they identify, count or measure
}

// Field is the server's description of one column of a result.
type Field struct {
	TableOID uint32
	Num      int16
	TypeOID  uint32
	TypeMod  int32
}
