package driver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/governedsql/governed/lineage"
)

// The driver's own questions to the catalog. They do not pass the guard, hold no text of the caller's, and take names as
// parameters. Every name in them is qualified: the caller's search_path must not decide what they mean. One row is one
// object as JSON.
var (
	relationsQuery = `
select pg_catalog.json_build_object(
	'schema', n.nspname, 'name', c.relname, 'oid', c.oid::pg_catalog.int8, 'kind', c.relkind,
	'temporary', c.relpersistence OPERATOR(pg_catalog.=) 't', 'rows', c.reltuples,
	'analyzed', case when c.relhassubclass or exists (select 1 from pg_catalog.pg_inherits i where i.inhrelid OPERATOR(pg_catalog.=) c.oid)
		then (select pg_catalog.sum(` + timesAnalyzed("k.oid") + `) from (` + familyOf("c.oid") + `) k)
		else ` + timesAnalyzed("c.oid") + ` end, 'rls', c.relrowsecurity,
	'children', c.relhassubclass, 'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
	'definition', case when c.relkind OPERATOR(pg_catalog.=) any (array['v', 'm']::"char"[]) then pg_catalog.pg_get_viewdef(c.oid) end,
	'rules', exists (select 1 from pg_catalog.pg_rewrite r where r.ev_class OPERATOR(pg_catalog.=) c.oid
		and r.rulename OPERATOR(pg_catalog.<>) '_RETURN'),
	'behind', (select pg_catalog.json_agg(distinct w.policy) from (` + codeBehind(writtenCode("OPERATOR(pg_catalog.=) c.oid")+`
		union all `+policyCode("OPERATOR(pg_catalog.=) c.oid and c.relrowsecurity")) + `) w(policy)),
	'triggers', (select pg_catalog.json_agg(pn.nspname OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) p.proname order by t.tgname)
		from pg_catalog.pg_trigger t join pg_catalog.pg_proc p on p.oid OPERATOR(pg_catalog.=) t.tgfoid
		join pg_catalog.pg_namespace pn on pn.oid OPERATOR(pg_catalog.=) p.pronamespace
		where t.tgrelid OPERATOR(pg_catalog.=) c.oid and not t.tgisinternal and t.tgenabled OPERATOR(pg_catalog.<>) 'D'),
	'codes', case when c.relhastriggers then (select pg_catalog.json_agg(distinct m.found[1])
		from pg_catalog.pg_trigger t join pg_catalog.pg_proc p on p.oid OPERATOR(pg_catalog.=) t.tgfoid
		cross join lateral pg_catalog.regexp_matches(p.prosrc, '''([0-9A-Z]{5})''', 'g') m(found)
		where t.tgrelid OPERATOR(pg_catalog.=) c.oid and not t.tgisinternal and t.tgenabled OPERATOR(pg_catalog.<>) 'D') end,
	'constraints', (select pg_catalog.json_agg(u.name order by u.name) from (
		select k.conname as name from pg_catalog.pg_constraint k where k.conrelid OPERATOR(pg_catalog.=) c.oid
		union select i.relname from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid OPERATOR(pg_catalog.=) x.indexrelid
		where x.indrelid OPERATOR(pg_catalog.=) c.oid and x.indisunique) u),
	'checks', (select pg_catalog.json_agg(pg_catalog.pg_get_expr(k.conbin, k.conrelid) order by k.conname) from pg_catalog.pg_constraint k
		where k.conrelid OPERATOR(pg_catalog.=) c.oid and k.contype OPERATOR(pg_catalog.=) 'c' and k.convalidated),
	'columns', (select pg_catalog.json_agg(pg_catalog.json_build_object(
			'name', a.attname, 'num', a.attnum, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
			'oid', a.atttypid::pg_catalog.int8,
			'base', (with recursive d(oid, kind, below) as (
					select y.oid, y.typtype, case when y.typtype OPERATOR(pg_catalog.=) 'd' then y.typbasetype
						when y.typcategory OPERATOR(pg_catalog.=) 'A' and y.typelem OPERATOR(pg_catalog.<>) 0::pg_catalog.oid then y.typelem end
					from pg_catalog.pg_type y where y.oid OPERATOR(pg_catalog.=) a.atttypid
					union all
					select y.oid, y.typtype, case when y.typtype OPERATOR(pg_catalog.=) 'd' then y.typbasetype
						when y.typcategory OPERATOR(pg_catalog.=) 'A' and y.typelem OPERATOR(pg_catalog.<>) 0::pg_catalog.oid then y.typelem end
					from d join pg_catalog.pg_type y on y.oid OPERATOR(pg_catalog.=) d.below)
				select d.oid::pg_catalog.int8 from d where d.below is null limit 1),
			'notnull', a.attnotnull,
			'key', exists (select 1 from pg_catalog.pg_index x where x.indrelid OPERATOR(pg_catalog.=) c.oid
				and x.indisunique and x.indisvalid and x.indpred is null
				and (x.indisprimary or x.indnkeyatts OPERATOR(pg_catalog.=) 1) and a.attnum OPERATOR(pg_catalog.=) any (x.indkey)),
			'expression', case when a.attgenerated OPERATOR(pg_catalog.<>) '' then (select pg_catalog.pg_get_expr(e.adbin, e.adrelid)
				from pg_catalog.pg_attrdef e where e.adrelid OPERATOR(pg_catalog.=) c.oid and e.adnum OPERATOR(pg_catalog.=) a.attnum) end,
			'fields', (with recursive f(typ, name, type, comment, depth) as (
					select a.atttypid, a.attname, '', null::pg_catalog.text, 0
					union all
					select x.typ, x.name, x.type, x.comment, f.depth OPERATOR(pg_catalog.+) 1 from f join pg_catalog.pg_type y on y.oid OPERATOR(pg_catalog.=) f.typ,
					lateral (select y.typbasetype, f.name, f.type, f.comment where y.typtype OPERATOR(pg_catalog.=) 'd'
						union all select y.typelem, f.name, f.type, f.comment where y.typcategory OPERATOR(pg_catalog.=) 'A' and y.typelem OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
						union all select b.atttypid, b.attname, pg_catalog.format_type(b.atttypid, b.atttypmod), pg_catalog.col_description(b.attrelid, b.attnum)
							from pg_catalog.pg_attribute b
							where y.typtype OPERATOR(pg_catalog.=) 'c' and b.attrelid OPERATOR(pg_catalog.=) y.typrelid
							and b.attnum OPERATOR(pg_catalog.>) 0 and not b.attisdropped) x(typ, name, type, comment)
					where f.depth OPERATOR(pg_catalog.<) 6)
				select pg_catalog.json_agg(pg_catalog.json_build_object('name', f.name, 'type', f.type, 'oid', f.typ::pg_catalog.int8,
					'comment', f.comment, 'domains', ` + domainLabels("f.typ") + `))
				from f where f.type OPERATOR(pg_catalog.<>) ''),
			'fields_schema', fields.nspname, 'fields_of', fields.typname,
			'code', case when a.atttypid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid then ` + codeOf("select a.atttypid") + ` end,
			'generated', a.attgenerated OPERATOR(pg_catalog.<>) '' or a.attidentity OPERATOR(pg_catalog.<>) '',
			'comment', pg_catalog.col_description(c.oid, a.attnum), 'domains', ` + domainLabels("a.atttypid") + `,
			'security', (select pg_catalog.json_agg(sl.provider OPERATOR(pg_catalog.||) ': ' OPERATOR(pg_catalog.||) sl.label order by sl.provider)
				from pg_catalog.pg_seclabel sl where sl.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
				and sl.objoid OPERATOR(pg_catalog.=) c.oid and sl.objsubid OPERATOR(pg_catalog.=) a.attnum)) order by a.attnum)
		from pg_catalog.pg_attribute a
		left join lateral (select tn.nspname, ty.typname from pg_catalog.pg_type ty join pg_catalog.pg_namespace tn on tn.oid OPERATOR(pg_catalog.=) ty.typnamespace
			where ty.oid OPERATOR(pg_catalog.=) a.atttypid or ty.typarray OPERATOR(pg_catalog.=) a.atttypid
			order by ty.typarray OPERATOR(pg_catalog.=) a.atttypid desc limit 1) fields on true
		where a.attrelid OPERATOR(pg_catalog.=) c.oid and a.attnum OPERATOR(pg_catalog.>) 0 and not a.attisdropped),
	'related', case when c.relhassubclass or exists (select 1 from pg_catalog.pg_inherits i where i.inhrelid OPERATOR(pg_catalog.=) c.oid) then
		(with recursive up(oid) as (
				select i.inhparent from pg_catalog.pg_inherits i where i.inhrelid OPERATOR(pg_catalog.=) c.oid
				union select i.inhparent from up join pg_catalog.pg_inherits i on i.inhrelid OPERATOR(pg_catalog.=) up.oid),
			down(oid) as (
				select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent OPERATOR(pg_catalog.=) c.oid
				union select i.inhrelid from down join pg_catalog.pg_inherits i on i.inhparent OPERATOR(pg_catalog.=) down.oid)
			select pg_catalog.json_agg(pg_catalog.json_build_object('name', b.attname, 'comment', d.description) order by b.attrelid, b.attnum)
			from (select oid from up union select oid from down) k
			join pg_catalog.pg_description d on d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
				and d.objoid OPERATOR(pg_catalog.=) k.oid and d.objsubid OPERATOR(pg_catalog.>) 0
				and d.description OPERATOR(pg_catalog.~~*) '%[governed:%'
			join pg_catalog.pg_attribute b on b.attrelid OPERATOR(pg_catalog.=) k.oid and b.attnum OPERATOR(pg_catalog.=) d.objsubid) end,
	'parents', case when exists (select 1 from pg_catalog.pg_inherits i where i.inhrelid OPERATOR(pg_catalog.=) c.oid) then
		(with recursive up(oid) as (
				select i.inhparent from pg_catalog.pg_inherits i where i.inhrelid OPERATOR(pg_catalog.=) c.oid
				union select i.inhparent from up join pg_catalog.pg_inherits i on i.inhrelid OPERATOR(pg_catalog.=) up.oid)
			select pg_catalog.json_agg(pg_catalog.json_build_object('schema', un.nspname, 'name', uc.relname) order by uc.oid)
			from up join pg_catalog.pg_class uc on uc.oid OPERATOR(pg_catalog.=) up.oid
			join pg_catalog.pg_namespace un on un.oid OPERATOR(pg_catalog.=) uc.relnamespace
			where uc.relkind OPERATOR(pg_catalog.=) any (array['r', 'p', 'f']::"char"[])) end,
	'version', pg_catalog.concat_ws(':', c.xmin,
		(select pg_catalog.string_agg(a.xmin::pg_catalog.text, ',' order by a.attnum) from pg_catalog.pg_attribute a
			where a.attrelid OPERATOR(pg_catalog.=) c.oid),
		(select pg_catalog.string_agg(r.xmin::pg_catalog.text, ',' order by r.oid) from pg_catalog.pg_rewrite r
			where r.ev_class OPERATOR(pg_catalog.=) c.oid),
		(select pg_catalog.string_agg(d.xmin::pg_catalog.text, ',' order by d.objsubid) from pg_catalog.pg_description d
			where d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass and d.objoid OPERATOR(pg_catalog.=) c.oid))
)
from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) as w(s, r)
join pg_catalog.pg_namespace n on n.nspname OPERATOR(pg_catalog.=) w.s::pg_catalog.name
join pg_catalog.pg_class c on c.relnamespace OPERATOR(pg_catalog.=) n.oid and c.relname OPERATOR(pg_catalog.=) w.r::pg_catalog.name`

	functionsQuery = `
select pg_catalog.json_build_object(
	'schema', n.nspname, 'name', p.proname, 'oid', p.oid::pg_catalog.int8, 'kind', p.prokind,
	'args', (select pg_catalog.json_agg(pg_catalog.format_type(t.oid, null) order by t.i)
		from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality t(oid, i)),
	'names', p.proargnames, 'modes', p.proargmodes, 'defaults', p.pronargdefaults,
	'arg_defaults', pg_catalog.pg_get_expr(p.proargdefaults, 0::pg_catalog.oid),
	'variadic', p.provariadic OPERATOR(pg_catalog.<>) 0::pg_catalog.oid,
	'returns', pg_catalog.format_type(p.prorettype, null),
	'returns_schema', rn.nspname, 'returns_relation', r.relname,
	'set', p.proretset, 'volatility', p.provolatile, 'definer', p.prosecdef,
	'public', pg_catalog.has_function_privilege('public', p.oid, 'execute'),
	'language', l.lanname,
	'body', case when n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
		then coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) end,
	'extension', (select e.extname from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid OPERATOR(pg_catalog.=) d.refobjid
		where d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid OPERATOR(pg_catalog.=) p.oid
		and d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
		and d.deptype OPERATOR(pg_catalog.=) 'e' limit 1),
	'config', p.proconfig,
	'parts', case when p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid then ` + functionsAmong(`select u.oid from pg_catalog.pg_aggregate ag cross join lateral pg_catalog.unnest(array[ag.aggtransfn, ag.aggfinalfn, ag.aggcombinefn,
			ag.aggserialfn, ag.aggdeserialfn, ag.aggmtransfn, ag.aggminvtransfn, ag.aggmfinalfn]::pg_catalog.oid[]) u(oid)
		where ag.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.=) p.oid`) + ` end,
	'code', case when p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid then ` + codeOf(`select pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[]))
			union select p.prorettype`) + ` end,
	'version', p.xmin::pg_catalog.text)
from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) as w(s, f)
join pg_catalog.pg_namespace n on n.nspname OPERATOR(pg_catalog.=) w.s::pg_catalog.name
join pg_catalog.pg_proc p on p.pronamespace OPERATOR(pg_catalog.=) n.oid and p.proname OPERATOR(pg_catalog.=) w.f::pg_catalog.name
join pg_catalog.pg_language l on l.oid OPERATOR(pg_catalog.=) p.prolang
join pg_catalog.pg_type rt on rt.oid OPERATOR(pg_catalog.=) p.prorettype
left join pg_catalog.pg_class r on r.oid OPERATOR(pg_catalog.=) rt.typrelid
left join pg_catalog.pg_namespace rn on rn.oid OPERATOR(pg_catalog.=) r.relnamespace`

	operatorsQuery = `
select pg_catalog.json_build_object('schema', n.nspname, 'name', o.oprname,
	'function_schema', pn.nspname, 'function', p.proname,
	'own', pg_catalog.json_build_array(` + ownType("o.oprleft") + `, ` + ownType("o.oprright") + `))
from pg_catalog.unnest($1::pg_catalog.text[]) as w(o)
join pg_catalog.pg_operator o on o.oprname OPERATOR(pg_catalog.=) w.o::pg_catalog.name
join pg_catalog.pg_namespace n on n.oid OPERATOR(pg_catalog.=) o.oprnamespace
join pg_catalog.pg_proc p on p.oid OPERATOR(pg_catalog.=) o.oprcode::pg_catalog.oid
join pg_catalog.pg_namespace pn on pn.oid OPERATOR(pg_catalog.=) p.pronamespace
where o.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid or n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'`

	typesQuery = `
select pg_catalog.json_build_object(
	'schema', n.nspname, 'name', t.typname, 'oid', t.oid::pg_catalog.int8, 'kind', t.typtype, 'category', t.typcategory,
	'basetype', case when t.typtype OPERATOR(pg_catalog.=) 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end,
	'columns', (select pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname, 'num', a.attnum,
			'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'oid', a.atttypid::pg_catalog.int8) order by a.attnum)
		from pg_catalog.pg_attribute a where t.typrelid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
		and a.attrelid OPERATOR(pg_catalog.=) t.typrelid and a.attnum OPERATOR(pg_catalog.>) 0 and not a.attisdropped),
	'code', case when t.oid OPERATOR(pg_catalog.=) 'pg_catalog."any"'::pg_catalog.regtype then pg_catalog.json_build_object('casts',
			` + functionsAmong(`select q.castfunc from pg_catalog.pg_cast q
				where q.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid and q.castsource OPERATOR(pg_catalog.<) 16384::pg_catalog.oid and q.casttarget OPERATOR(pg_catalog.<) 16384::pg_catalog.oid`) + `)
		when t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid then ` + codeOf("select t.oid") + ` end,
	'version', t.xmin::pg_catalog.text)
from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) as w(s, t)
join pg_catalog.pg_namespace n on n.nspname OPERATOR(pg_catalog.=) w.s::pg_catalog.name
join pg_catalog.pg_type t on t.typnamespace OPERATOR(pg_catalog.=) n.oid and t.typname OPERATOR(pg_catalog.=) w.t::pg_catalog.name`

	pathQuery = `
select pg_catalog.json_build_object('path', pg_catalog.current_schemas(true), 'role', current_user,
	'session', session_user, 'database', pg_catalog.current_database(),
	'temporary', pg_catalog.current_schema() OPERATOR(pg_catalog.~~) 'pg\_temp\_%')`
)

// domainLabels asks for the comments with labels of the domains that a type is, or is made of: domains below domains, and
// those of the elements of arrays.
func domainLabels(oid string) string {
	return `case when ` + oid + ` OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid then (with recursive w(oid, kind, below) as (
					select y.oid, y.typtype, case when y.typtype OPERATOR(pg_catalog.=) 'd' then y.typbasetype else y.typelem end
					from pg_catalog.pg_type y where y.oid OPERATOR(pg_catalog.=) ` + oid + `
					union
					select y.oid, y.typtype, case when y.typtype OPERATOR(pg_catalog.=) 'd' then y.typbasetype else y.typelem end
					from w join pg_catalog.pg_type y on y.oid OPERATOR(pg_catalog.=) w.below)
				select pg_catalog.json_agg(q.description order by q.objoid) from w join pg_catalog.pg_description q
					on q.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass and q.objoid OPERATOR(pg_catalog.=) w.oid and q.objsubid OPERATOR(pg_catalog.=) 0
				where w.kind OPERATOR(pg_catalog.=) 'd' and q.description OPERATOR(pg_catalog.~~*) '%[governed:%') end`
}

// timesAnalyzed asks how often a relation was analysed, by hand and by the autovacuum. Any role may ask.
func timesAnalyzed(oid string) string {
	return `(pg_catalog.pg_stat_get_analyze_count(` + oid + `) OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_autoanalyze_count(` + oid + `))`
}

// familyOf asks for the relations of whose samples one is judged: itself, those that it inherits from, and all that are of
// one table with it; so many of each.
func familyOf(oid string) string {
	return `(with recursive f(oid) as (
		select coalesce(pg_catalog.pg_partition_root(` + oid + `::pg_catalog.regclass)::pg_catalog.oid, ` + oid + `)
		union select i.inhrelid from f join pg_catalog.pg_inherits i on i.inhparent OPERATOR(pg_catalog.=) f.oid),
	up(oid) as (select ` + oid + ` union select i.inhparent from up join pg_catalog.pg_inherits i on i.inhrelid OPERATOR(pg_catalog.=) up.oid)
	(select f.oid from f limit ` + strconv.Itoa(sampleRelations) + `) union (select up.oid from up limit ` + strconv.Itoa(sampleRelations) + `))`
}

// ownType asks whether a type is a user's own to which no value of another type is cast by itself. Arrays and domains take
// what their elements and the types below them take.
func ownType(oid string) string {
	return `(select t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid and t.typtype OPERATOR(pg_catalog.=) any (array['b', 'c', 'e', 'r', 'm']::"char"[])
		and t.typcategory OPERATOR(pg_catalog.<>) 'A' and not exists (select 1 from pg_catalog.pg_cast q
			where q.casttarget OPERATOR(pg_catalog.=) t.oid and q.castcontext OPERATOR(pg_catalog.=) 'i')
		from pg_catalog.pg_type t where t.oid OPERATOR(pg_catalog.=) ` + oid + `)`
}

// codeOf asks what the types that a query gives call, and all types below them: the constraints of domains, and casts.
func codeOf(types string) string {
	return `(with recursive k(oid) as (` + types + `
			union
			select b.oid from k join pg_catalog.pg_type y on y.oid OPERATOR(pg_catalog.=) k.oid cross join lateral (
				select y.typbasetype union all select y.typelem
				union all select f.atttypid from pg_catalog.pg_attribute f where y.typrelid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
					and f.attrelid OPERATOR(pg_catalog.=) y.typrelid and f.attnum OPERATOR(pg_catalog.>) 0 and not f.attisdropped
				union all select g.rngsubtype from pg_catalog.pg_range g where g.rngtypid OPERATOR(pg_catalog.=) y.oid) b(oid)
			where b.oid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid)
		select case when x.checks is not null or x.casts is not null or x.conditions is not null
			then pg_catalog.json_build_object('checks', x.checks, 'casts', x.casts, 'conditions', x.conditions) end
		from (select (select pg_catalog.json_agg(pg_catalog.pg_get_expr(q.conbin, 0::pg_catalog.oid) order by q.oid)
				from k join pg_catalog.pg_constraint q on q.contypid OPERATOR(pg_catalog.=) k.oid
				where q.contype OPERATOR(pg_catalog.=) 'c') as conditions, ` + functionsAmong(`select coalesce(o.oprcode::pg_catalog.oid, d.refobjid)
				from k join pg_catalog.pg_constraint q on q.contypid OPERATOR(pg_catalog.=) k.oid
				join pg_catalog.pg_depend d on d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass
					and d.objid OPERATOR(pg_catalog.=) q.oid
				left join pg_catalog.pg_operator o on d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_operator'::pg_catalog.regclass
					and o.oid OPERATOR(pg_catalog.=) d.refobjid
				where o.oid is not null or d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass`) + ` as checks, ` +
		functionsAmong(`select q.castfunc from k join pg_catalog.pg_cast q
					on q.castsource OPERATOR(pg_catalog.=) k.oid or q.casttarget OPERATOR(pg_catalog.=) k.oid
				where k.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid`) + ` as casts) x)`
}

// functionsAmong asks for the names of functions by a query for their OIDs. What PostgreSQL brings, and what extensions
// have in native code, is left out where it is immutable and anybody's.
func functionsAmong(oids string) string {
	return `(select pg_catalog.json_agg(pg_catalog.json_build_object('schema', h.nspname, 'name', h.proname)) from (
				select distinct hn.nspname, hp.proname from pg_catalog.pg_proc hp
				join pg_catalog.pg_namespace hn on hn.oid OPERATOR(pg_catalog.=) hp.pronamespace
				join pg_catalog.pg_language hl on hl.oid OPERATOR(pg_catalog.=) hp.prolang
				where (hp.provolatile OPERATOR(pg_catalog.<>) 'i' or not pg_catalog.has_function_privilege('public', hp.oid, 'execute')
					or hp.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
				and not (hl.lanname OPERATOR(pg_catalog.=) any (array['c', 'internal']::pg_catalog.name[]) and hp.prokind OPERATOR(pg_catalog.<>) 'a'
					and exists (select 1 from pg_catalog.pg_depend hd
						where hd.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
						and hd.objid OPERATOR(pg_catalog.=) hp.oid and hd.deptype OPERATOR(pg_catalog.=) 'e')))
				and hp.oid OPERATOR(pg_catalog.=) any (` + oids + `) order by 1, 2) h)`
}

// object is one row of any of the questions.
type object struct {
	Schema      string   `json:"schema"`
	Name        string   `json:"name"`
	OID         uint32   `json:"oid"`
	Kind        string   `json:"kind"`
	Temporary   bool     `json:"temporary"`
	Rows        float32  `json:"rows"`
	Analyzed    int64    `json:"analyzed"`
	RLS         bool     `json:"rls"`
	Children    bool     `json:"children"`
	Comment     string   `json:"comment"`
	Definition  string   `json:"definition"`
	Rules       bool     `json:"rules"`
	Behind      []bool   `json:"behind"` // see codeBehind
	Triggers    []string `json:"triggers"`
	Codes       []string `json:"codes"`
	Constraints []string `json:"constraints"`
	Checks      []string `json:"checks"`
	Related     []struct {
		Name    string `json:"name"`
		Comment string `json:"comment"`
	} `json:"related"`
	Parents []lineage.Name `json:"parents"`
	Columns []struct {
		Name      string            `json:"name"`
		Num       int16             `json:"num"`
		Type      string            `json:"type"`
		OID       uint32            `json:"oid"`
		Base      uint32            `json:"base"`
		NotNull   bool              `json:"notnull"`
		Key       bool              `json:"key"`
		Generated bool              `json:"generated"`
		Code      *lineage.TypeCode `json:"code"`
		Comment   string            `json:"comment"`
		Domains   []string          `json:"domains"`
		Security  []string          `json:"security"`

		Expression   string `json:"expression"`
		FieldsSchema string `json:"fields_schema"`
		FieldsOf     string `json:"fields_of"`
		Fields       []struct {
			Name    string   `json:"name"`
			Type    string   `json:"type"`
			OID     uint32   `json:"oid"`
			Comment string   `json:"comment"`
			Domains []string `json:"domains"`
		} `json:"fields"`
	} `json:"columns"`
	Args            []string          `json:"args"`
	Config          []string          `json:"config"`
	Parts           []lineage.Name    `json:"parts"`
	Code            *lineage.TypeCode `json:"code"`
	Names           []string          `json:"names"`
	Modes           []string          `json:"modes"`
	Defaults        int               `json:"defaults"`
	ArgDefaults     string            `json:"arg_defaults"`
	Variadic        bool              `json:"variadic"`
	Returns         string            `json:"returns"`
	ReturnsSchema   string            `json:"returns_schema"`
	ReturnsRelation string            `json:"returns_relation"`
	Set             bool              `json:"set"`
	Volatility      string            `json:"volatility"`
	Definer         bool              `json:"definer"`
	Public          bool              `json:"public"`
	Language        string            `json:"language"`
	Body            string            `json:"body"`
	Extension       string            `json:"extension"`
	FunctionSchema  string            `json:"function_schema"`
	Function        string            `json:"function"`
	Own             [2]bool           `json:"own"`
	Category        string            `json:"category"`
	BaseType        string            `json:"basetype"`
	Version         string            `json:"version"`
}

func (o *object) columns() []lineage.Column {
	out := make([]lineage.Column, len(o.Columns))
	for i, c := range o.Columns {
		out[i] = lineage.Column{
			Name: c.Name, Num: c.Num, Type: c.Type, TypeOID: c.OID, Base: c.Base, NotNull: c.NotNull, Key: c.Key,
			Generated: c.Generated, Comment: c.Comment, Expression: c.Expression, Code: c.Code,
			Security: c.Security, Related: c.Domains,
		}
		for _, r := range o.Related {
			if r.Name == c.Name {
				out[i].Related = append(out[i].Related, r.Comment)
			}
		}
		for n, f := range c.Fields {
			out[i].Fields = append(out[i].Fields, lineage.Column{Name: f.Name, Num: int16(n + 1), Type: f.Type, TypeOID: f.OID, Comment: f.Comment, Related: f.Domains})
		}
		if len(c.Fields) > 0 {
			out[i].FieldsOf = lineage.Name{Schema: c.FieldsSchema, Name: c.FieldsOf}
		}
	}
	return out
}

func (o *object) relation() *lineage.Relation {
	return &lineage.Relation{
		Name: lineage.Name{Schema: o.Schema, Name: o.Name}, OID: o.OID, Kind: lineage.RelKind(first(o.Kind)),
		Temporary: o.Temporary, Columns: o.columns(), Definition: o.Definition, Comment: o.Comment, Rows: o.Rows, Analyzed: o.Analyzed,
		RowSecurity: o.RLS, Triggers: o.Triggers, Codes: o.Codes, Rules: o.Rules, Calls: slices.Contains(o.Behind, false), PolicyCalls: slices.Contains(o.Behind, true), Children: o.Children, Constraints: o.Constraints, Checks: o.Checks, Parents: o.Parents,
		Version: o.Version,
	}
}

func (o *object) function() *lineage.Function {
	return &lineage.Function{
		Name: lineage.Name{Schema: o.Schema, Name: o.Name}, OID: o.OID, Kind: first(o.Kind), Args: o.Args,
		ArgNames: o.Names, ArgModes: o.Modes, Defaults: o.Defaults, ArgDefaults: o.ArgDefaults, Variadic: o.Variadic, Returns: o.Returns,
		ReturnsRelation: lineage.Name{Schema: o.ReturnsSchema, Name: o.ReturnsRelation}, ReturnsSet: o.Set,
		Volatility: first(o.Volatility), SecurityDefiner: o.Definer, PublicExecute: o.Public, Language: o.Language,
		Body: o.Body, Extension: o.Extension, Version: o.Version, Config: o.Config, Parts: o.Parts, Code: o.Code,
	}
}

func (o *object) operator() *lineage.Operator {
	return &lineage.Operator{
		Name:     lineage.Name{Schema: o.Schema, Name: o.Name},
		Function: lineage.Name{Schema: o.FunctionSchema, Name: o.Function}, Own: o.Own,
	}
}

func (o *object) typ() *lineage.Type {
	return &lineage.Type{
		Name: lineage.Name{Schema: o.Schema, Name: o.Name}, OID: o.OID, Kind: first(o.Kind), Category: first(o.Category),
		Columns: o.columns(), Base: o.BaseType, Code: o.Code,
	}
}

func first(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

// question is one of the driver's own questions with its parameters and what to do with a row.
type question struct {
	sql    string
	params [][]byte
	row    func(*object, *loaded)
}

func questions(needs []lineage.Need) []question {
	var out []question
	ask := func(kind lineage.NeedKind, sql string, row func(*object, *loaded)) {
		var schemas, names []string
		for _, n := range needs {
			if n.Kind == kind {
				schemas, names = append(schemas, n.Name.Schema), append(names, n.Name.Name)
			}
		}
		switch {
		case len(names) == 0:
		case kind == lineage.NeedOperator:
			out = append(out, question{sql, [][]byte{textArray(names)}, row})
		default:
			out = append(out, question{sql, [][]byte{textArray(schemas), textArray(names)}, row})
		}
	}
	ask(lineage.NeedRelation, relationsQuery, func(o *object, l *loaded) { l.relations = append(l.relations, o.relation()) })
	ask(lineage.NeedFunction, functionsQuery, func(o *object, l *loaded) { l.functions = append(l.functions, o.function()) })
	ask(lineage.NeedOperator, operatorsQuery, func(o *object, l *loaded) { l.operators = append(l.operators, o.operator()) })
	ask(lineage.NeedType, typesQuery, func(o *object, l *loaded) { l.types = append(l.types, o.typ()) })
	return out
}

// read asks the server for all needs in one round trip.
func (c *conn) read(ctx context.Context, needs []lineage.Need) (*loaded, error) {
	asked := questions(needs)
	out, err := c.answers(ctx, asked, true)
	if err != nil && c.stale(err) {
		for _, q := range asked { // something took the prepared statements away
			c.cache.drop(ctx, c.pgx, preparedKey{text: q.sql})
		}
		out, err = c.answers(ctx, asked, false)
	}
	if err != nil {
		return nil, fmt.Errorf("governed: reading the catalog: %w", err)
	}
	return out, nil
}

// answers asks all questions in one round trip.
func (c *conn) answers(ctx context.Context, asked []question, prepare bool) (*loaded, error) {
	batch := &pgconn.Batch{}
	for _, q := range asked {
		var p *prepared
		if prepare {
			p = c.planned(ctx, q.sql)
		}
		if p != nil {
			batch.ExecPrepared(p.sd.Name, q.params, nil, nil)
			continue
		}
		batch.ExecParams(q.sql, q.params, nil, nil, nil)
	}
	results := c.pc.ExecBatch(ctx, batch)
	out := &loaded{}
	for i := 0; results.NextResult(); i++ {
		rr := results.ResultReader()
		for rr.NextRow() {
			var o object
			if err := json.Unmarshal(rr.Values()[0], &o); err != nil {
				_ = results.Close()
				return nil, err
			}
			asked[i].row(&o, out)
		}
		if _, err := rr.Close(); err != nil {
			break // Close of the whole batch reports it
		}
	}
	return out, results.Close()
}

// planned gives a question of the driver's own as a prepared statement: to plan one takes the server longer than to answer
// it. Inside a transaction, where a statement that is gone would fail it, and for poolers that know none, it gives nil.
func (c *conn) planned(ctx context.Context, text string) *prepared {
	if c.mode != pgx.QueryExecModeCacheStatement || c.pc.TxStatus() != 'I' {
		return nil
	}
	p, err := c.cache.get(ctx, c.pgx, text, guise{})
	if err != nil {
		return nil
	}
	p.kept, p.shared = true, true
	return p
}

// where is how a connection resolves names.
type where struct {
	Path     []string `json:"path"`
	Role     string   `json:"role"`
	Session  string   `json:"session"`
	Database string   `json:"database"`
	// Temporary: the path names the session's temporary schema first, and new objects go there.
	Temporary bool `json:"temporary"`
}

// where reads it as a role, "" = as it is.
func (c *conn) where(ctx context.Context, role string) (where, error) {
	var w where
	ask := []preamble{{text: pathQuery, read: func(row [][]byte) error { return json.Unmarshal(row[0], &w) }, once: true}}
	if role != "" {
		before, after := c.s.aside([]preamble{{text: roleQuery, args: []string{role}, mute: true}})
		ask = slices.Concat(before, ask, after)
	}
	if err := c.run(ctx, ask); err != nil {
		return w, fmt.Errorf("governed: reading the search path: %w", err)
	}
	if w.Temporary && len(w.Path) > 0 && w.Path[0] != "pg_catalog" {
		w.Path = append(w.Path[:1:1], w.Path...) // the server searches it first in any case: once more says that it was named
	}
	return w, nil
}

// textArray writes a text[] in the text format.
func textArray(list []string) []byte {
	var b strings.Builder
	b.WriteByte('{')
	for i, s := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		for j := 0; j < len(s); j++ {
			if s[j] == '"' || s[j] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(s[j])
		}
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return []byte(b.String())
}

// version is a digest of what a list of names resolves to, in any order.
func (l *loaded) version() string {
	var lines []string
	for _, r := range l.relations {
		line := fmt.Sprint("r", r.Name, r.OID, r.Version, r.Triggers, r.Codes, r.RowSecurity, r.Calls, r.PolicyCalls, r.Checks, r.Parents)
		for i := range r.Columns {
			c := &r.Columns[i]
			if c.Code != nil {
				line += fmt.Sprint(" ", i, c.Code)
			}
			if c.Held.References {
				line += fmt.Sprint(" ", i, " references")
			}
			if c.Held.Class != "" {
				line += fmt.Sprint(" ", i, c.Held.Class)
			}
			if c.Related != nil || c.Security != nil {
				line += fmt.Sprintf(" %d %q %q", i, c.Related, c.Security)
			}
			for j := range c.Fields {
				if f := &c.Fields[j]; f.Comment != "" || f.Related != nil {
					line += fmt.Sprintf(" %d %d %q %q", i, j, f.Comment, f.Related)
				}
			}
		}
		lines = append(lines, line)
	}
	for _, f := range l.functions {
		lines = append(lines, fmt.Sprint("f", f.Name, f.OID, f.Version, f.PublicExecute, f.Parts, f.Code))
	}
	for _, o := range l.operators {
		lines = append(lines, fmt.Sprint("o", o.Name, o.Function, o.Own))
	}
	for _, t := range l.types {
		lines = append(lines, fmt.Sprint("t", t.Name, t.OID, t.Columns, t.Code))
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}
