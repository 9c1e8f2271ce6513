package main

import (
	"strings"

	"github.com/governedsql/governed/internal/builtin"
	"github.com/governedsql/governed/lineage"
)

// offline is the catalog of one input line: the relations that it gives and what PostgreSQL brings. Functions and types
// of users are not known, which is not the same as absent.
type offline struct {
	path      []string
	relations map[lineage.Name]*lineage.Relation
	names     map[string]bool
}

func (o *offline) SearchPath() []string { return o.path }

func (o *offline) Relation(schema, name string) (*lineage.Relation, lineage.Found) {
	if r, ok := o.relations[lineage.Name{Schema: schema, Name: name}]; ok {
		return r, lineage.Present
	}
	if r, ok := builtin.Relation(schema, name); ok {
		return r, lineage.Present
	}
	if o.names[name] || schema == "pg_catalog" || schema == "information_schema" {
		return nil, lineage.Absent
	}
	// The input line lists no relation of that name in any schema.
	return nil, lineage.NotLoaded
}

func (o *offline) add(r *lineage.Relation) {
	o.relations[r.Name] = r
	o.names[r.Name.Name] = true
}

func newOffline(path []string) *offline {
	return &offline{path: path, relations: map[lineage.Name]*lineage.Relation{}, names: map[string]bool{}}
}

func (o *offline) Functions(schema, name string) ([]*lineage.Function, lineage.Found) {
	if list := builtin.Functions(schema, name); len(list) > 0 {
		return list, lineage.Present
	}
	if schema == "pg_catalog" || schema == "information_schema" {
		return nil, lineage.Absent
	}
	return nil, lineage.NotLoaded
}

func (o *offline) Operators(string) ([]*lineage.Operator, lineage.Found) { return nil, lineage.Absent }

func (o *offline) Type(schema, name string) (*lineage.Type, lineage.Found) {
	if schema == "pg_catalog" {
		return nil, lineage.Absent
	}
	return nil, lineage.NotLoaded
}

// splitName takes schema.name apart; neither has quotes.
func splitName(s string) lineage.Name {
	schema, name, _ := strings.Cut(s, ".")
	return lineage.Name{Schema: schema, Name: name}
}
