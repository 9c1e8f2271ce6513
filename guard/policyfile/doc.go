// Package policyfile reads policies from YAML files, tests them without a database, and follows the files while a program
// runs. A blank import makes the key governed.policy of data source names work:
//
//	import _ "github.com/governedsql/governed/guard/policyfile"
//
//	db, err := sql.Open("governed-postgres", "postgres://app@db/shop?governed.policy=policy.yaml")
//
// In code, a [Watcher] is the Policy of a driver.Config:
//
//	w, err := policyfile.Watch(ctx, "policy.yaml", guard.Config{Profile: guard.Strict, Approvals: true}, nil)
//	connector, err := driver.NewConnector(dsn, &driver.Config{Profile: driver.Strict, Policy: w, Approver: approver})
//
// The file says what is allowed, held, denied, masked and limited. The base beside it says where that is: the profile, the
// environment, whether someone can approve. The file is looked at every two seconds; one that has a mistake in it, or whose
// own tests fail, changes nothing, is logged once and shows in [Watcher.Err]. Replace a file by renaming another onto it.
// Records carry the SHA-256 of the policy in force: sha256sum of the file prints the same.
//
// # Begin with three lines
//
// The built-in rules and the default masks are there without any policy: governed rules lists them, and a policy joins
// them. The smallest policy changes one thing:
//
//	version: 1
//	limits: { affected_rows: 1000 }
//
// An UPDATE of more than a thousand rows is undone. All else is as the profile says.
//
// # Datasets say what relations hold
//
//	datasets:
//	  - match: public.customers          # or a list; schema.table, * stands for any run of characters
//	    tags: [crm]                      # of the whole relation
//	    columns: { email: pii.email, ssn: [pii.national_id] }
//	  - match: shop.*
//	    tenant: shop_id                  # every write has to compare this column
//
// Names are folded and quoted as in SQL: public."Customers". The schema is always named, so that search_path does not decide
// what a policy means. A tag stands for those below it: pii for pii.email. The last word of a column's tag may be a class of
// data (email, phone, card, account, national_id, birth_date, name, address, network, location, secret, salary, health,
// special_category): the column is then masked as that class is. The tags pii, phi, pci, sensitive and confidential make a
// column sensitive whatever its name, and not_sensitive takes the class away that a name suggests. Two words say
// something else: lookup is a sensitive column by which even an agent may look rows up, comparing it with an argument, and
// untrusted is text that users wrote, after reading which a run (lineage.WithJob with a run id, or an agent) may not write
// or call without an approval.
//
// A tenant is compared by = with what the statement gives, and not set to anything else; an INSERT gives it a value. The row
// that is in the way of an upsert may be another tenant's: ON CONFLICT (shop_id, id), or DO UPDATE ... WHERE orders.shop_id =
// excluded.shop_id.
//
// What is said of a table (tags, a tenant, a mask, a rule that restricts) holds for its partitions and for the tables that
// inherit from it, by whichever name they are reached. A grant holds for the name that it gives. A rule for one partition is
// not seen by those who go through the table: write it for the table.
//
// # Rules say when, and then what
//
//	rules:
//	  - id: no-ddl-in-prod
//	    when: { env: production, statement: [DROP, TRUNCATE, ALTER] }
//	    then: deny
//	    reason: Schema changes go through migrations.
//
// The id stands in errors, records and approvals. All that is given under when has to hold; within a list, any entry. A rule
// without when always holds. A single word may stand for a list of one.
//
//	when:
//	  env: [production, staging]         # of the connector; * stands for any run of characters
//	  identity:
//	    kind: [agent]                    # human, service, agent, anonymous: who acts now
//	    actor: report-bot                # which agent
//	    subject: "*@example.com"         # on whose behalf
//	    issuer: https://idp.example
//	    roles: [analyst, dba]            # the subject has one of them
//	    not_roles: [pii-reader]          # and none of these
//	    verified: true                   # a verifier vouches for the caller
//	  job: nightly/*                     # by name, or namespace/name
//	  model: churn@*
//	  purpose: support
//	  time: { days: mon-fri, hours: "22:00-06:00", zone: Europe/Berlin, after: 2026-01-01, before: 2026-07-01 }
//	  statement: [UPDATE, ALTER TABLE DROP COLUMN]
//	  effects: [write, ddl]              # read, write, ddl, privilege, setting, transaction, call, lock, other
//	  has_where: false                   # UPDATE, DELETE, MERGE that nothing bounds
//	  relations: [public.orders, audit.*]
//	  columns: "*.*.ssn"
//	  tags_any: [pii]
//	  tags_all: [pii, crm]
//	  fingerprint: a3a5147d2fa4d7e1      # of one statement, as records and governed explain show it
//
// Hours without a zone are those of UTC. A window over midnight belongs to the day on which it began: fri "22:00-06:00" ends
// on Saturday morning. A job without a namespace is one of that name in any. Roles are compared as they are: * means nothing
// in them. In names * is the only wildcard, and relations: "*" is every relation of every schema.
//
// The words about statements are asked of each part of a statement: what it reads and writes, at any depth, in functions
// that it calls and below views that it names. SELECT is every read, also that of INSERT ... SELECT and of RETURNING. In what
// restricts, a word stands for the other commands that do the same: UPDATE for MERGE ... UPDATE, INSERT for COPY ... FROM,
// CREATE TABLE for SELECT INTO; what gives means the command that it names.
//
//	then: allow | warn | require_approval | deny
//	then:
//	  require_approval: { groups: [dba], count: 2, expires: 15m }   # or true, or a list of groups
//	  mask: { pii.email: redact, card: partial }                    # by tag or class, or one for all that the rule means
//	  limit: { rows: 100 }
//	then:
//	  clear: [email, pii.phone]                                     # or true: all columns that the rule means
//
// Treatments are null, fixed, redact, pseudonym (hmac is another word for it), ff1, fake, noise, bucket, shift, year, subnet
// and partial. Where several rules speak of a column, the strongest counts, in this order. One that does not fit a value
// leaves nothing of it; governed policy lint knows which fit which class. A rule with shadow: true (or mode: shadow) is
// recorded and not applied.
//
// # What wins
//
// Deny beats an approval, an approval beats a mask, a mask beats allow; warnings and limits count always, and of several
// limits the tightest. The order of rules says nothing. The built-in rules join in: no rule of a file takes one away. The
// masks that are there by default are lifted by clear, masks of the policy's own are not.
//
//	default: deny
//
// denies whatever no rule allows. An allow covers the parts of a statement that its when means, and every part has to be
// covered: to let INSERT INTO a SELECT FROM b through takes an allow for the write of a and one for the read of b. Where an
// allow names columns or tags, all columns that are touched have to be meant. Without default, the profile decides, so that
// a first policy does not stop an application.
//
// # Agents
//
// An agent never gets more than the one on whose behalf it acts. What restricts counts where it holds for either; what gives
// (allow, clear, an override that weakens) counts where it holds for both. So a mask with kind: agent works, and a clear
// with kind: agent does nothing. Roles are the subject's. A caller can say who it is; verified: true asks for proof, and
// belongs into every grant.
//
// # Built-in rules are changed by id, and by nothing else
//
//	overrides:
//	  DM05: deny                          # off, allow, warn, require_approval (or approve), deny, shadow
//	  DM01:
//	    to: require_approval
//	    when: { relations: public.carts, time: { hours: "08:00-18:00" } }
//	    require_approval: { groups: [dba], expires: 1h }
//	  DM02:                               # the first that holds counts
//	    - { to: off, when: { env: test } }
//	    - { to: require_approval }
//	shadow: [DD13]                        # recorded, not applied
//
// The rules that guard the guard itself (TX05, TX06, TX07 and the like) cannot be changed.
//
// # Limits
//
//	limits:                               # of every statement; a limit that is not named is as the profile has it
//	  affected_rows: 1000                 # counted after the statement has run, which is then undone
//	  rows: 10_000
//	  bytes: 50MB
//	  statement_timeout: 30s
//	  lock_timeout: 2s
//	  idle_timeout: 1m
//	  cost: 1e6                           # the planner's estimate
//	  budget: { rows: 1_000_000, bytes: 1GB, per: 24h }   # what one caller reads over time
//
// A limit of none lifts the one that strict has.
//
//	allow_list: statements.txt            # beside the file: any statement that is not on it is denied
//
// # Tests
//
// A policy carries its tests, and one that fails them is not put in force. They need no database: a relation is assumed to
// have the columns that datasets and the statement name, unless schema declares it.
//
//	schema: |
//	  CREATE TABLE customers (id bigint PRIMARY KEY, email text, ssn text);
//
//	tests:
//	  - name: an agent cannot drop a table
//	    given: { identity: { kind: agent }, sql: DROP TABLE public.customers }
//	    expect: { decision: deny, rule: no-ddl-in-prod }
//	  - name: nobody sees addresses without a reason
//	    given:
//	      env: production                 # unless set
//	      profile: standard               # unless set
//	      identity: { kind: human, subject: ada, roles: [support] }
//	      purpose: support
//	      time: 2026-03-02 10:00
//	      sql: SELECT email, id FROM customers WHERE id = $1
//	      args: [17]
//	    expect: { decision: allow, mask: { email: pseudonym, id: none } }
//
// Given takes job, model and approvals (whether someone can approve; unless set, if the file asks for approvals) too.
// Expected are decision, rule (one of the reasons), mask and clear by output column, and limit; what a test does not name
// it does not ask for. A denial for what could not be resolved or read does not satisfy a test that names no rule: declare
// what the statement calls under schema. A caller with roles or an issuer is verified unless it says verified: false.
//
//	governed policy test policy.yaml
//	governed policy lint policy.yaml
//	governed explain -policy policy.yaml -as 'agent bot for human ada' 'SELECT email FROM customers'
//
// # Mistakes
//
// Nothing is ignored: an unknown key, a key that is there twice, an unknown word, a value of another type are errors, with
// the place, what may stand there, and what was probably meant. All of them are reported at once, see [Error]:
//
//	policy.yaml:7:34: unknown key "has_were" in when; did you mean "has_where"?
//	    7 |     when: { statement: [UPDATE], has_were: false }
//	      |                                  ^
//
// Editors complete and check a file whose first line names the JSON Schema, which governed policy schema prints:
//
//	# yaml-language-server: $schema=./policy.schema.json
package policyfile
