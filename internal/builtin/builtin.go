// Package builtin knows what PostgreSQL brings before anybody creates anything: the relations of pg_catalog and
// information_schema and their functions, as PostgreSQL 15 has them. A later version has more; what is not here has to
// be asked of the server.
package builtin

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/governedsql/governed/lineage"
)

//go:generate go run ../oracle/builtin -out builtin.tsv.gz
//go:embed builtin.tsv.gz
var packed []byte

type data struct {
	relations     map[lineage.Name]*lineage.Relation
	functions     map[lineage.Name][]*lineage.Function
	relationList  []*lineage.Relation
	functionsList []*lineage.Function
}

var load = sync.OnceValue(func() *data {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("builtin: " + err.Error()) // the file is part of the program
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic("builtin: " + err.Error())
	}
	d := &data{relations: map[lineage.Name]*lineage.Relation{}, functions: map[lineage.Name][]*lineage.Function{}}
	for line := range strings.Lines(string(text)) {
		d.read(strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return d
})

func (d *data) read(f []string) {
	switch f[0] {
	case "R":
		r := relation(f)
		d.relations[r.Name] = r
		d.relationList = append(d.relationList, r)
	case "F":
		fn := function(f)
		d.functions[fn.Name] = append(d.functions[fn.Name], fn)
		d.functionsList = append(d.functionsList, fn)
	}
}

func relation(f []string) *lineage.Relation {
	r := &lineage.Relation{
		Name: lineage.Name{Schema: f[1], Name: f[2]}, OID: oid(f[3]), Kind: lineage.RelKind(f[4][0]),
		Columns: make([]lineage.Column, 0, len(f)-5),
	}
	for _, c := range f[5:] {
		p := strings.Split(c, "|")
		num, _ := strconv.Atoi(p[1])
		r.Columns = append(r.Columns, lineage.Column{Name: p[0], Num: int16(num), Type: p[2], TypeOID: oid(p[3])})
	}
	return r
}

func function(f []string) *lineage.Function {
	fn := &lineage.Function{
		Name: lineage.Name{Schema: f[1], Name: f[2]}, OID: oid(f[3]), Kind: f[4][0],
		ReturnsSet: f[5] == "t", Volatility: f[6][0], SecurityDefiner: f[7] == "t", PublicExecute: f[8] == "t",
		Language: f[9], Variadic: f[11] == "t", Returns: f[12],
		Args: list(f[14]), ArgModes: list(f[15]), ArgNames: list(f[16]),
	}
	fn.Defaults, _ = strconv.Atoi(f[10])
	if schema, name, ok := strings.Cut(f[13], "|"); ok {
		fn.ReturnsRelation = lineage.Name{Schema: schema, Name: name}
	}
	return fn
}

func oid(s string) uint32 {
	n, _ := strconv.ParseUint(s, 10, 32)
	return uint32(n)
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}

// Relation finds a relation of pg_catalog or information_schema. The OIDs of views differ between servers.
func Relation(schema, name string) (*lineage.Relation, bool) {
	r, ok := load().relations[lineage.Name{Schema: schema, Name: name}]
	return r, ok
}

// Functions lists the functions of that name in pg_catalog or information_schema.
func Functions(schema, name string) []*lineage.Function {
	return load().functions[lineage.Name{Schema: schema, Name: name}]
}

// Relations lists all relations.
func Relations() []*lineage.Relation { return load().relationList }

// AllFunctions lists all functions.
func AllFunctions() []*lineage.Function { return load().functionsList }
