package driver

import (
	"maps"
	"slices"
	"strings"
)

// Code that no statement names runs with it: what defaults, generated columns, CHECK and EXCLUDE constraints and indexes of
// a table call, and what its policies call, also by way of the views and tables that they read. The catalog is asked whether
// it is known to be harmless: functions of PostgreSQL's own that change nothing, and native ones of extensions that follow
// from their arguments.

// writtenCode asks for what runs when rows are written to relations: class and OID of what holds an expression, its tree, and
// that it is of no policy.
func writtenCode(which string) string {
	return `select k.tableoid, k.oid, k.conbin::pg_catalog.text, false from pg_catalog.pg_constraint k
			where k.conrelid ` + which + ` and k.contype OPERATOR(pg_catalog.=) any (array['c', 'x']::"char"[])
		union all select e.tableoid, e.oid, e.adbin::pg_catalog.text, false from pg_catalog.pg_attrdef e where e.adrelid ` + which + `
		union all select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, x.indexrelid, pg_catalog.concat(x.indexprs::pg_catalog.text, x.indpred::pg_catalog.text), false
			from pg_catalog.pg_index x where x.indrelid ` + which + ` and (x.indexprs is not null or x.indpred is not null)`
}

// policyCode asks for what runs when rows of relations with row-level security are read or written.
func policyCode(which string) string {
	return `select o.tableoid, o.oid, pg_catalog.concat(o.polqual::pg_catalog.text, o.polwithcheck::pg_catalog.text), true from pg_catalog.pg_policy o where o.polrelid ` + which
}

// codeBehind asks which expressions call what may change the session: a row for each, that says whether it is of a policy of the
// relation itself. Dependencies name all that was added to a database,
// and nothing that PostgreSQL brings: of that the trees tell.
func codeBehind(expressions string) string {
	const in = "'::pg_catalog.regclass::pg_catalog.oid"
	query := `with recursive code(class, id, tree, policy) as (` + expressions + `
			union
			select n.class, n.id, n.tree, code.policy from code join pg_catalog.pg_depend d on d.classid = code.class and d.objid = code.id cross join lateral (
				select 'pg_catalog.pg_type` + in + `, d.refobjid, ''::pg_catalog.text where d.refclassid = 'pg_catalog.pg_type` + in + `
				union all select q.tableoid, q.oid, q.conbin::pg_catalog.text from pg_catalog.pg_constraint q
					where d.refclassid = 'pg_catalog.pg_type` + in + ` and q.contypid = d.refobjid
				union all select 'pg_catalog.pg_type` + in + `, a.atttypid, '' from pg_catalog.pg_type y
					join pg_catalog.pg_attribute a on a.attrelid = y.typrelid and a.attnum > 0::pg_catalog.int2 and not a.attisdropped
					where d.refclassid = 'pg_catalog.pg_type` + in + ` and y.oid = d.refobjid and y.typrelid <> 0::pg_catalog.oid and a.atttypid >= 16384::pg_catalog.oid
				union all select p.tableoid, p.oid, pg_catalog.concat(p.polqual::pg_catalog.text, p.polwithcheck::pg_catalog.text) from pg_catalog.pg_policy p
					join pg_catalog.pg_class t on t.oid = p.polrelid
					where d.refclassid = 'pg_catalog.pg_class` + in + ` and p.polrelid = d.refobjid and t.relrowsecurity
				union all select w.tableoid, w.oid, w.ev_action::pg_catalog.text from pg_catalog.pg_rewrite w
					where d.refclassid = 'pg_catalog.pg_class` + in + ` and w.ev_class = d.refobjid and w.rulename = '_RETURN'::pg_catalog.name) n(class, id, tree))
		select code.policy from code join pg_catalog.pg_depend d on d.classid = code.class and d.objid = code.id
			left join pg_catalog.pg_operator b on d.refclassid = 'pg_catalog.pg_operator` + in + ` and b.oid = d.refobjid
			join pg_catalog.pg_proc f on f.oid = case when d.refclassid = 'pg_catalog.pg_proc` + in + ` then d.refobjid else b.oprcode::pg_catalog.oid end
			where not (` + harmlessFunction + `)
		union all
		select code.policy from code cross join lateral pg_catalog.regexp_matches(code.tree, ':(?:funcid|aggfnoid|winfnoid) ([0-9]+)', 'g') m(oids)
			join pg_catalog.pg_proc f on f.oid = m.oids[1]::pg_catalog.oid
			where not (` + harmlessFunction + `)`
	for _, op := range [...]string{"=", "<>", ">=", ">", "<"} {
		query = strings.ReplaceAll(query, " "+op+" ", " OPERATOR(pg_catalog."+op+") ")
	}
	return query
}

// harmlessFunction is the condition that a function, f, changes nothing of the session. What PostgreSQL brings can run any
// query where it gives a query as XML. Native code (12 is internal, 13 is C) only a superuser adds.
var harmlessFunction = `case when f.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
				then f.proname OPERATOR(pg_catalog.!~~) '%\_to\_xml%' and (f.provolatile OPERATOR(pg_catalog.<>) 'v'
					or f.proname OPERATOR(pg_catalog.=) any ('{` + strings.Join(slices.Sorted(maps.Keys(harmless)), ",") + `}'::pg_catalog.name[]))
				when f.prolang OPERATOR(pg_catalog.=) 12::pg_catalog.oid then f.provolatile OPERATOR(pg_catalog.=) 'i'
				when f.prolang OPERATOR(pg_catalog.=) 13::pg_catalog.oid then (f.provolatile OPERATOR(pg_catalog.=) 'i'
					or f.proname OPERATOR(pg_catalog.=) any ('{gen_random_bytes,gen_random_uuid,gen_salt,uuid_generate_v1,uuid_generate_v1mc,uuid_generate_v4}'::pg_catalog.name[]))
					and exists (select 1 from pg_catalog.pg_depend h where h.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid
						and h.objid OPERATOR(pg_catalog.=) f.oid and h.deptype OPERATOR(pg_catalog.=) 'e')
				else false end`
