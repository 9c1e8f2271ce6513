package detection

import (
	"math/rand/v2"
	"net/mail"
	"strings"
	"testing"

	"github.com/go-faker/faker/v4"

	"github.com/governedsql/governed/mask/detect"
)

// mailSamples are addresses of generators, and forms that RFC 5321, 5322 and 6531 allow.
func mailSamples(*testing.T) []sample {
	faker.SetRandomSource(faker.NewSafeSource(seeded(9)))
	r := rand.New(rand.NewPCG(9, 9))
	var list []sample
	add := func(form, group, value string) {
		list = append(list, whole(detect.Email, form, group, value))
	}
	for i := range 500 {
		add("generated", numbered("gofakeit", i), fake.Email())
		add("generated", numbered("faker", i), faker.Email())
		first, last := strings.ToLower(fake.FirstName()), strings.ToLower(fake.LastName())
		domain := fake.DomainName()
		add("made of a name", numbered("name", i), pick(r, first+"."+last, first+"_"+last+digits(r, 2), last+"-"+first, strings.ToUpper(first)+"."+last, first+"+"+fake.Word()+"@x", first[:1]+last)+"@"+domain)
	}
	for i := range list {
		list[i].text = strings.Replace(list[i].text, "@x@", "@", 1)
		list[i].to = len(list[i].text)
	}
	for i := range 150 {
		name, domain := strings.ToLower(fake.LastName()), fake.DomainName()
		g := numbered("other script", i)
		add("letters beyond ASCII", g, pick(r, "jürgen"+digits(r, 2), "françois", "søren"+digits(r, 2), "łukasz", "иван"+digits(r, 2), "用户", "मोहन", "müller.é")+"@"+domain)
		add("letters beyond ASCII", g, name+"@"+pick(r, "bücher.example", "例え.jp", "почта.рф", "xn--bcher-kva.ch", "sub.münchen.de", "xn--80a1acny.xn--p1ai"))
		g = numbered("form", i)
		add("unusual and legal", g, pick(r, "o'"+name, name+"/sales", name+"=x", "#"+name, name+"!list", name+"%dept", "{"+name+"}", name+"|x", name+"&co", "_"+name+"_", "-"+name, name+"~1", "$"+name, "+"+digits(r, 11), digits(r, 6), "a", name+"?")+
			"@"+domain)
		add("quoted or with an address for a domain", g, pick(r, `"`+name+" "+name+`"@`+domain, `"`+name+`@home"@`+domain, name+"@[192.168.2.1"+digits(r, 2)+"]", name+"@[IPv6:2001:db8::1"+digits(r, 2)+"]"))
		add("long domain", g, name+"@"+pick(r, "a.b.c.d.", "mail-"+digits(r, 2)+".eu-west-1.", "x--y.", "1.")+pick(r, domain, "example.photography", "example.co.uk", "example.com.br", "1and1.info"))
		add("written to be hidden", g, name+pick(r, "%40", " [at] ", "(at)", " (at) ", "[at]", "&#64;", " {at} ", "\\u0040")+domain)
	}
	var out []sample
	for i, s := range framed(list, 2) {
		s.optional = s.form == "written to be hidden"
		out = append(out, s)
		if i%7 == 0 && s.from == 0 && !strings.ContainsAny(s.text, "?#{|&/ \"%=") {
			for _, frame := range []string{"mailto:%s", "https://example.com/u?email=%s&x=1", "Ada <%s>, Bob", "smtp; RCPT TO:<%s>", "\"Doe, J.\" <%s>", "%s;other", "to=%s,", "a:%s", "/users/%s/edit", "https://example.com/unsubscribe/%s"} {
				out = append(out, s.within(frame))
			}
		}
	}
	for i := range out {
		if a := out[i].text[out[i].from:out[i].to]; out[i].form == "generated" {
			if _, err := mail.ParseAddress(a); err != nil {
				panic(err)
			}
		}
	}
	return out
}
