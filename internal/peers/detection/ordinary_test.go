package detection

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/governedsql/governed/mask/detect"
)

// ordinarySamples are values in which nothing is to be found, and which look as if there were.
func ordinarySamples(*testing.T) []sample {
	r := rand.New(rand.NewPCG(41, 41))
	var list []sample
	add := func(form, value string) {
		list = append(list, whole(detect.None, form, "ordinary "+value, value))
	}
	for i := range 260 {
		at := time.Unix(r.Int64N(2e9), r.Int64N(1e9)).UTC()
		m, s1, s2 := md5.Sum([]byte(digits(r, 9))), sha1.Sum([]byte(digits(r, 9))), sha256.Sum256([]byte(digits(r, 9)))
		add("order id", pick(r, "ORD-%d-%s", "order #%d%s", "PO-%d/%s", "INV%d-%s", "RMA %d-%s", "SO-%d%s-01", "#%d-%s", "Bestellung %d-%s", "T-%d-%s", "case %d%s"))
		list[len(list)-1] = whole(detect.None, "order id", numbered("order", i), fmt.Sprintf(list[len(list)-1].text, 2015+r.IntN(12), digits(r, 4+r.IntN(4))))
		add("SKU", pick(r, "SKU-"+digits(r, 5)+"-"+from(r, upper, 2), from(r, upper, 3)+"-"+digits(r, 4)+"-"+digits(r, 3), from(r, upper, 2)+digits(r, 6), digits(r, 4)+"-"+from(r, upper, 3)+"-"+digits(r, 2), "A"+digits(r, 3)+"."+digits(r, 3)+"."+digits(r, 2), digits(r, 6)+"-"+digits(r, 3), "art. "+digits(r, 3)+"."+digits(r, 3)+"."+digits(r, 2), from(r, upper+figures, 10)))
		add("digest", pick(r, hex.EncodeToString(m[:]), hex.EncodeToString(s1[:]), hex.EncodeToString(s2[:]), strings.ToUpper(hex.EncodeToString(m[:])), "sha256:"+hex.EncodeToString(s2[:]), hex.EncodeToString(s1[:4])[:7], "md5="+hex.EncodeToString(m[:]), "sha256-"+base64.StdEncoding.EncodeToString(s2[:]), hex.EncodeToString(m[:])+"  archive.tar.gz", "W/\""+hex.EncodeToString(m[:8])+"\"", "etag: "+hex.EncodeToString(m[:])))
		add("commit", pick(r, "commit "+hex.EncodeToString(s1[:]), "fix in "+hex.EncodeToString(s1[:])[:8], "Merge "+hex.EncodeToString(s1[:])[:12]+" into main", "v1.2.3-0."+at.Format("20060102150405")+"-"+hex.EncodeToString(s1[:6]), "g"+hex.EncodeToString(s1[:])[:7]))
		add("UUID", fake.UUID())
		add("version", pick(r, fake.AppVersion(), fmt.Sprintf("%d.%d.%d.%d", r.IntN(20), r.IntN(20), r.IntN(20), r.IntN(20)), fmt.Sprintf("v%d.%d.%d.%d", r.IntN(30), r.IntN(100), r.IntN(100), r.IntN(200)), fmt.Sprintf("version %d.%d.%d.%d", r.IntN(30), r.IntN(100), r.IntN(100), r.IntN(200)), fmt.Sprintf("%d.%d.%d-rc.%d+build.%d", r.IntN(9), r.IntN(30), r.IntN(30), r.IntN(9), r.IntN(9999)), fmt.Sprintf("Chrome/%d.0.%d.%d", 80+r.IntN(50), 3000+r.IntN(4000), r.IntN(300)), fmt.Sprintf("%d:%d.%d.%d-%dubuntu%d.%d", r.IntN(3), r.IntN(9), r.IntN(30), r.IntN(30), r.IntN(9), r.IntN(9), r.IntN(9)), "Ver. "+fmt.Sprintf("%d.%d.%d.%d", r.IntN(30), r.IntN(100), r.IntN(100), r.IntN(200)), "firmware "+fmt.Sprintf("%d.%d.%d.%d", r.IntN(30), r.IntN(100), r.IntN(100), r.IntN(200))))
		add("timestamp", pick(r, at.Format(time.RFC3339Nano), at.Format(time.RFC3339), at.Format(time.DateTime), at.Format(time.RFC1123), fmt.Sprint(at.Unix()), fmt.Sprint(at.UnixMilli()), fmt.Sprint(at.UnixMicro()), fmt.Sprint(at.UnixNano()), at.Format("02.01.2006 15:04"), at.Format("20060102150405"), at.Format("2006-01-02T15:04:05.000000-07:00"), at.Format("02/Jan/2006:15:04:05 -0700"), at.Format("20060102T150405Z"), at.Format("2006/01/02 15:04:05.000"), at.Format("01-02-2006"), at.Format("02.01.06"), at.Format("15:04:05.000"), at.Format("02.01.2006 - 03.01.2006"), at.Format("2006-01-02 - 2006-01-03"), at.Format("2006-01-02_15-04-05")))
		lat, long := r.Float64()*180-90, r.Float64()*360-180
		add("coordinates", pick(r, fmt.Sprintf("%.4f, %.4f", lat, long), fmt.Sprintf("%.6f,%.6f", lat, long), fmt.Sprintf("%+.4f%+.4f/", lat, long), fmt.Sprintf("%+.6f %+.6f", lat, long), fmt.Sprintf("POINT(%.6f %.6f)", long, lat), fmt.Sprintf("%d°%d'%d\"N", r.IntN(90), r.IntN(60), r.IntN(60)), fmt.Sprintf("geo:%.5f,%.5f", lat, long), fmt.Sprintf("lat=%.7f&lon=%.7f", lat, long), fmt.Sprintf("%+010.5f, %+011.5f", lat, long), fmt.Sprintf("%.8f", lat), fmt.Sprintf("@%.5f,%.5f,12z", lat, long), fmt.Sprintf("%+.2f %+.2f", lat, long), fmt.Sprintf("%d %d", r.IntN(9e6), r.IntN(9e6))))
		amount := r.IntN(9e9)
		add("amount", pick(r, thousands(amount, ","), thousands(amount, " "), thousands(amount, "."), thousands(amount, " ")+",50 €", "$"+thousands(amount, ",")+".99", "EUR "+thousands(amount, "."), "+"+thousands(amount/1000, " "), "+"+thousands(amount, ","), fmt.Sprintf("%d.%02d", amount/1e4, r.IntN(100)), "-"+thousands(amount, " "), thousands(amount, "'"), thousands(amount, "\u00a0"), thousands(amount, "\u202f")+" kr", "₹ 12,34,56,789", fmt.Sprintf("+%d.%02d", amount/1e4, r.IntN(100)), fmt.Sprintf("%de%d", r.IntN(9), r.IntN(300)), thousands(amount, " ")+" USD", thousands(amount, " ")+" units", "total "+thousands(amount, " "), "+"+thousands(amount, " "), fmt.Sprintf("+%d", r.IntN(9e6))))
		add("file name", pick(r, "IMG_"+at.Format("20060102_150405")+".jpg", "report-"+at.Format("2006-01-02")+".pdf", "size@2x.png", "icon-"+digits(r, 3)+"@3x.png", "backup_"+digits(r, 10)+".tar.gz", "/var/log/app-"+digits(r, 8)+".log", "C:\\data\\"+digits(r, 6)+"\\f.txt", "scan "+digits(r, 4)+" "+digits(r, 3)+".tiff", "libfoo.so."+fmt.Sprintf("%d.%d.%d", r.IntN(9), r.IntN(9), r.IntN(9)), hex.EncodeToString(m[:])+".png", "chunk-"+hex.EncodeToString(m[:4])+".js", "getty@tty"+digits(r, 1)+".service", "user@"+digits(r, 4)+".service", "WhatsApp Image "+at.Format("2006-01-02 at 15.04.05")+".jpeg", "logo@2x.webp", "DSC"+digits(r, 5)+".JPG"))
		add("ISBN", pick(r, isbn13(r, "-"), isbn13(r, ""), isbn13(r, " "), isbn10(r, "-"), isbn10(r, " "), isbn10(r, ""), "ISBN "+isbn10(r, "-"), "ISBN-13: "+isbn13(r, "-"), "ISSN "+digits(r, 4)+"-"+digits(r, 4), ean13(r)))
		add("9 digits", digits(r, 9))
		add("16 digits", digits(r, 16))
		add("16 digits in groups", pick(r, grouped(digits(r, 16), " "), grouped(digits(r, 16), "-")))
		add("digits", digits(r, 5+r.IntN(11)))
		add("digits", digits(r, 11))
		add("word and digits", pick(r, "id ", "no. ", "ref:", "account id=", "user_id: ", "customer ", "ticket #", "row ", "batch ", "pid ", "seq=", "key: ", "key=", "order ", "Nr. ", "item ")+digits(r, 6+r.IntN(8)))
		add("code", pick(r, "std::vector", "a::b", "abc::def", "face::cafe", "Foo::Bar::baz", "x = y::z(1, 2)", "dead::beef", "ab::cd::ef", "ad::"+from(r, "abcdef", 3), "fe::ed", "1::2", "a[1::2]", "x[::2]", "::1", "use std::fmt::{self}", "C::", "0::0", "d::e::f", "add::"+digits(r, 2)))
		add("time of day", pick(r, "10.11.12.13 Uhr", "10:11:12:13", "12:34:56", "09:05-17:30", "00:01:02:03.456", "10.30-12.45 Uhr", "8.00 - 16.30", "1-2-3-4", "10.11.12", "24/7", "Mo-Fr 08:00-18:00", fmt.Sprintf("%d.%d.%d.%d Uhr", r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(99)), "um 10.11.12.13 Uhr", fmt.Sprintf("%02d:%02d:%02d:%02d", r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(25))))
		add("ratio and measure", pick(r, "1920x1080", "10 x 20 x 30", "100x200x300", "1/2", "3:2", digits(r, 3)+" "+digits(r, 3)+" "+digits(r, 2)+" mm", "4 158 675 309", "1-"+digits(r, 3), digits(r, 2)+"-"+digits(r, 2), "pages "+digits(r, 3)+"-"+digits(r, 3), digits(r, 4)+"-"+digits(r, 4), digits(r, 4)+" / "+digits(r, 4), digits(r, 5)+" "+digits(r, 5), "0 1 2 3 4 5 6 7", "10 20 30 40 50", "1 2 3", "12 24 36 48", "2 12 85 06", digits(r, 5)+"-"+digits(r, 4), "zip "+digits(r, 5)+"-"+digits(r, 4), digits(r, 3)+"/"+digits(r, 3), "100 200 300 400", "score 3-1, 2-2", "0.0.1", "range 1000-2000", "§ 12.3.4.5", "Section 10.20.30.40", "Table 3.2.1.1", "clause 8.5.1.2"))
		add("token words", pick(r, "token: missing", "password: must be 8 characters", "api_version=2024-01-02", "primary key: order_id", "key: some-file-name-2024.txt", "keyboard: Logitech-K380-Wireless", "tokenizer: bert-base-uncased-v2", "author: j.smith2024x", "monkey=banana-42-split", "cache_key=user:"+digits(r, 6)+":profile", "idempotency_key: "+fake.UUID(), "secretary: Mrs. Smith-Jones-2", "sort_key=created_at_desc_2", "token_type=bearer_token_v2", "key=value", "foreign key (order_id) references orders(id)", "password=********", "password: ${DB_PASSWORD}", "token=<your-token-here>", "api_key: YOUR_API_KEY_HERE", "public_key_id: "+digits(r, 8), "keyword: iphone-15-pro-max-256", "hotkey: Ctrl+Shift+F12", "passport office: 12 Main-Street-2024", "turkey: 2024-recipe-v2-final", "key_count: 1234567890", "password changed at "+at.Format(time.RFC3339), "max_tokens=4096", "tokens: 1234567", "secret santa: 2024-12-24", "auth_method=oauth2-pkce-v1", "token expired at "+at.Format(time.DateTime), "s3_key=exports/2024/05/report-17.csv", "password_reset_at: "+at.Format(time.RFC3339), "key: "+at.Format("2006-01-02"), "partition_key = tenant-17", "registry key HKLM\\Software\\App2", "keyspace: orders_v2_archive"))
		add("identifier", pick(r, "i-0"+from(r, hexSet, 16), "pod/web-"+from(r, hexSet, 10)+"-"+from(r, lower+figures, 5), "arn:aws:iam::"+digits(r, 12)+":role/app-"+digits(r, 2), "cus_"+from(r, lower+upper+figures, 14), "pi_"+from(r, lower+upper+figures, 24), "01H"+from(r, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23), from(r, lower+figures, 25), from(r, hexSet, 24), "urn:uuid:"+fake.UUID(), "sess-"+digits(r, 12), "vol-0"+from(r, hexSet, 16), "req_"+from(r, lower+figures, 20), "tracking 1Z999AA1"+digits(r, 10), "VIN 1HGCM82633A"+digits(r, 6), "IMEI "+digits(r, 15), "trace="+from(r, hexSet, 32), "AB"+digits(r, 6), from(r, upper, 2)+digits(r, 9)+from(r, upper, 2), "0x"+from(r, hexSet, 40), from(r, upper+figures, 8)+"-"+from(r, upper+figures, 4), "doi:10."+digits(r, 4)+"/"+from(r, lower, 6)+"."+digits(r, 4), "arXiv:"+digits(r, 4)+"."+digits(r, 5), "CVE-"+fmt.Sprint(2015+r.IntN(10))+"-"+digits(r, 5), "RFC "+digits(r, 4), "LEI "+from(r, upper+figures, 18)+digits(r, 2), "US"+digits(r, 10), "DE"+digits(r, 9), from(r, upper, 1)+digits(r, 8)+from(r, upper, 1)))
		add("link", pick(r, "https://example.com/a/"+digits(r, 8)+"?page="+digits(r, 2), "https://medium.com/@"+strings.ToLower(fake.FirstName())+"/title-"+from(r, hexSet, 12), "https://cdn.example.com/pkg@"+fake.AppVersion()+"/index.js", "git@github.com:org/repo.git", "https://example.com/#section-3.1.4.1", "ftp://example.com/pub/"+digits(r, 6), "https://example.com/?utm_source=x&gclid="+from(r, lower+upper+figures+"_-", 40), "s3://bucket/2024/05/"+from(r, hexSet, 32), "pkg:npm/%40angular/core@12.3.1", "@angular/core@"+fake.AppVersion(), "docker.io/library/app@sha256:"+hex.EncodeToString(s2[:]), "https://youtu.be/"+from(r, lower+upper+figures, 11), "redis://cache:6379/0", "localhost:8080", "user@localhost"))
		add("prose", pick(r, fake.Sentence(), fake.ProductName(), fake.City()+" "+fake.Zip(), fake.Street(), fake.Company(), fake.UserAgent(), fake.Name(), fake.JobTitle(), fake.HackerPhrase(), "Room 101, floor 3, building 7-B, since 1999-2004", fake.HexColor(), fake.Street()+", "+fake.City()+" "+fake.Zip(), "Call of Duty 4 2007", "phone case 2024 model 15", "mobile app 3.14.15", "12 345 678 people", "fax machine model 1234-5678-AB", "tel aviv 1948", "call number 823.912 TOL", "the phone has 128 GB and 6.7 in", "cell B12:C34"))
	}
	out := slices.Clone(list)
	for i, s := range list {
		if i%3 == 0 {
			s.to = len(s.text)
			f := s.within(frames[r.IntN(len(frames))])
			f.to = 0
			f.from = 0
			out = append(out, f)
		}
	}
	for i := range out {
		out[i].from, out[i].to = 0, 0
	}
	return out
}

func thousands(n int, sep string) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + sep + s[i:]
	}
	return s
}

func isbn13(r *rand.Rand, sep string) string {
	s := pick(r, "978", "979") + fmt.Sprint(r.IntN(8)) + digits(r, 8)
	s += fmt.Sprint((10 - sum(s, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10) % 10)
	n := 2 + r.IntN(5)
	return strings.Join([]string{s[:3], s[3:4], s[4 : 4+n], s[4+n : 12], s[12:]}, sep)
}

func isbn10(r *rand.Rand, sep string) string {
	s := fmt.Sprint(r.IntN(8)) + digits(r, 8)
	s += string("0123456789X"[(11-sum(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11])
	n := 2 + r.IntN(5)
	return strings.Join([]string{s[:1], s[1 : 1+n], s[1+n : 9], s[9:]}, sep)
}

func ean13(r *rand.Rand) string {
	s := "40" + digits(r, 10)
	return s + fmt.Sprint((10-sum(s, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10)%10)
}
