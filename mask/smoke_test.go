package mask

import (
	"testing"
	"time"

	"github.com/governedsql/governed/lineage"
)

func TestSmoke(t *testing.T) {
	rel := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "customers"}}
	for _, c := range []lineage.Column{{Name: "email", Type: "text"}, {Name: "name", Type: "text"}, {Name: "id", Type: "bigint"}, {Name: "phone", Type: "character varying(20)"}, {Name: "birth_date", Type: "date"}, {Name: "city", Type: "text"}, {Name: "lastLoginIP", Type: "inet"}, {Name: "email_sent_at", Type: "timestamp with time zone"}, {Name: "created_at", Type: "date"}} {
		t.Log(c.Name, Classify(rel, &c))
	}
	m, _ := New(Config{Key: []byte("0123456789abcdef")})
	t.Log(m.Func(Column{Treatment: Pseudonym, Class: "email"}, Field{TypeOID: 25})("ada@example.com"))
	t.Log(m.Func(Column{Treatment: Partial, Class: "phone"}, Field{TypeOID: 25})("+49 (30) 1234-5678"))
	t.Log(m.Func(Column{Treatment: Year, Class: "birth_date"}, Field{TypeOID: 1082})(time.Now()))
	t.Log(m.Func(Column{Treatment: Redact, Class: "name"}, Field{TypeOID: 25})("Ada"))
	t.Log(m.Func(Column{Treatment: Subnet, Class: "network"}, Field{TypeOID: 869})("10.1.2.3"))
	t.Log(m.Func(Column{Treatment: Redact, Class: "name"}, Field{TypeOID: 1009})(`{"a b",NULL,c}`))
	t.Log(string(m.Func(Column{Treatment: Redact, Class: "name"}, Field{TypeOID: 3802})([]byte(`{"name": "a", "x": {"ada@b": 1}, "n":[1,true,null]}`)).([]byte)))
}

func BenchmarkToken(b *testing.B) {
	m, _ := New(Config{Key: []byte("0123456789abcdef")})
	f := m.Func(Column{Treatment: Pseudonym, Class: "email"}, Field{TypeOID: 25})
	in := make([]string, 4096)
	for i := range in {
		in[i] = "someone" + textOfInt(int64(i)) + "@example.com"
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		f(in[i&4095])
		i++
	}
}

func BenchmarkClassify(b *testing.B) {
	rel := &lineage.Relation{Name: lineage.Name{Schema: "public", Name: "customers"}}
	c := &lineage.Column{Name: "last_login_ip", Type: "inet", TypeOID: 869}
	b.ReportAllocs()
	for b.Loop() {
		Classify(rel, c)
	}
}
