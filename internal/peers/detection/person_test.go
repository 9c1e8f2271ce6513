package detection

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/governedsql/governed/mask/detect"
)

// personSamples are identity numbers, each made by its authority's rule as it is published.
func personSamples(*testing.T) []sample {
	r := rand.New(rand.NewPCG(31, 31))
	var list, out []sample
	put := func(form string, i int, value string, optional bool) {
		s := whole(detect.NationalID, form, numbered(form, i), value)
		s.optional = optional
		list = append(list, s)
	}
	for i := range 120 {
		add := func(form, value string) { put(form, i, value, false) }
		weak := func(form, value string) { put(form+", alone", i, value, true) }
		// The frames that name a number, in the languages in which it is named.
		named := func(form, value string, frames ...string) {
			out = append(out, whole(detect.NationalID, form+", named", numbered(form, i), value).within(pick(r, frames...)))
		}
		ssn := fmt.Sprintf("%03d%02d%04d", pick(r, 1+r.IntN(665), 667+r.IntN(232)), 1+r.IntN(99), 1+r.IntN(9999))
		ssnFrames := []string{"SSN %s", "ssn: %s", "Social Security Number: %s", "social security no. %s", `{"ssn":"%s"}`, "ssn=%s", "SSN# %s", "taxpayer id %s", "My social is %s"}
		add("US SSN", ssn[:3]+"-"+ssn[3:5]+"-"+ssn[5:])
		named("US SSN bare", ssn, ssnFrames...)
		named("US SSN spaced", ssn[:3]+" "+ssn[3:5]+" "+ssn[5:], ssnFrames...)
		weak("US SSN bare", ssn)
		nino := pick(r, "AB", "CE", "JG", "PX", "SR", "WL") + digits(r, 6) + from(r, "ABCD", 1)
		add("UK NINO", nino)
		add("UK NINO", nino[:2]+" "+nino[2:4]+" "+nino[4:6]+" "+nino[6:8]+" "+nino[8:])
		named("UK NINO in small letters", strings.ToLower(nino), "NI number %s", "nino: %s", "National Insurance %s")
		v := r.IntN(1e8)
		add("ES DNI", fmt.Sprintf("%08d%c", v, "TRWAGMYFPDXBNJZSQVHLCKE"[v%23]))
		add("ES DNI", fmt.Sprintf("%08d-%c", v, "TRWAGMYFPDXBNJZSQVHLCKE"[v%23]))
		v = r.IntN(3e7)
		add("ES NIE", fmt.Sprintf("%c%07d%c", "XYZ"[v/1e7], v%1e7, "TRWAGMYFPDXBNJZSQVHLCKE"[v%23]))
		add("IT codice fiscale", fiscal(r))
		nir := fmt.Sprintf("%d%02d%02d%02d%03d%03d", 1+r.IntN(2), r.IntN(100), 1+r.IntN(12), 1+r.IntN(95), 1+r.IntN(900), 1+r.IntN(900))
		var n int
		_, _ = fmt.Sscan(nir, &n)
		nir += fmt.Sprintf("%02d", 97-n%97)
		add("FR NIR", nir)
		add("FR NIR", nir[:1]+" "+nir[1:3]+" "+nir[3:5]+" "+nir[5:7]+" "+nir[7:10]+" "+nir[10:13]+" "+nir[13:])
		cpf := mod11(digits(r, 9), []int{10, 9, 8, 7, 6, 5, 4, 3, 2}, []int{11, 10, 9, 8, 7, 6, 5, 4, 3, 2})
		add("BR CPF", cpf)
		add("BR CPF", cpf[:3]+"."+cpf[3:6]+"."+cpf[6:9]+"-"+cpf[9:])
		cnpj := mod11(digits(r, 8)+"0001", []int{5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2}, []int{6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2})
		add("BR CNPJ", cnpj[:2]+"."+cnpj[2:5]+"."+cnpj[5:8]+"/"+cnpj[8:12]+"-"+cnpj[12:])
		named("BR CNPJ bare", cnpj, "CNPJ %s", "cnpj: %s")
		day, month, year := 1+r.IntN(28), 1+r.IntN(12), 40+r.IntN(60)
		pesel := fmt.Sprintf("%02d%02d%02d%s", year, month, day, digits(r, 4))
		pesel += fmt.Sprint((10 - sum(pesel, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10) % 10)
		add("PL PESEL", pesel)
		aadhaar := verhoeff(fmt.Sprint(2+r.IntN(8)) + digits(r, 10))
		add("IN Aadhaar", aadhaar[:4]+" "+aadhaar[4:8]+" "+aadhaar[8:])
		named("IN Aadhaar bare", aadhaar, "Aadhaar %s", "aadhaar_no: %s", "UIDAI %s", "Aadhar number: %s")
		weak("IN Aadhaar bare", aadhaar)
		add("IN PAN", from(r, upper, 3)+from(r, "PCHABG", 1)+from(r, upper, 1)+digits(r, 4)+from(r, upper, 1))
		bsn := bsn(r)
		named("NL BSN", bsn, "BSN %s", "bsn: %s", "burgerservicenummer %s", "BSN-nummer: %s", `{"bsn":"%s"}`)
		weak("NL BSN", bsn)
		steuer := steuerID(r)
		named("DE Steuer-ID", steuer, "Steuer-ID %s", "Steuer-ID: %s", "IdNr. %s", "Steueridentifikationsnummer: %s", "steuer_id=%s")
		add("DE Steuer-ID in groups", steuer[:2]+" "+steuer[2:5]+" "+steuer[5:8]+" "+steuer[8:])
		add("DE Steuer-ID in one piece", steuer)
		nordic := fmt.Sprintf("%02d%02d%02d", year, month, day) + digits(r, 3)
		nordic += luhnDigit(nordic)
		add("SE personnummer", nordic[:6]+"-"+nordic[6:])
		add("SE personnummer", "19"+nordic[:6]+"-"+nordic[6:])
		named("SE personnummer bare", nordic, "personnummer %s", "pnr: %s", "Personnr: %s")
		hetu := fmt.Sprintf("%02d%02d%02d", day, month, year)
		number := fmt.Sprintf("%03d", 2+r.IntN(898))
		_, _ = fmt.Sscan(strings.TrimLeft(hetu+number, "0"), &n)
		add("FI henkilötunnus", hetu+pick(r, "-", "A", "+")+number+string("0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31]))
		add("CN resident id", resident(r, 1900+year, month, day))
		rrn := fmt.Sprintf("%02d%02d%02d-%d%s", year, month, day, 1+r.IntN(2), digits(r, 5))
		plain := strings.ReplaceAll(rrn, "-", "")
		add("KR RRN", rrn+fmt.Sprint((11-sum(plain, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10))
		cpr := fmt.Sprintf("%02d%02d%02d-%s", day, month, year, digits(r, 4))
		add("DK CPR", cpr)
		tckn := tckn(r)
		add("TR kimlik", tckn)
		s := digits(r, 7)
		add("SG NRIC", "S"+s+string("JZIHGFEDCBA"[sum(s, 2, 7, 6, 5, 4, 3, 2)%11]))
		sin := fmt.Sprint(1+r.IntN(7)) + digits(r, 7)
		sin += luhnDigit(sin)
		named("CA SIN", sin[:3]+"-"+sin[3:6]+"-"+sin[6:], "SIN %s", "social insurance number: %s")
		named("CA SIN", sin, "SIN %s", "Social Insurance No %s")
		be := fmt.Sprintf("%02d%02d%02d%03d", year, month, day, 1+r.IntN(997))
		_, _ = fmt.Sscan(strings.TrimLeft(be, "0"), &n)
		be += fmt.Sprintf("%02d", 97-n%97)
		add("BE register", be[:2]+"."+be[2:4]+"."+be[4:6]+"-"+be[6:9]+"."+be[9:])
		ahv := "756" + digits(r, 9)
		ahv += fmt.Sprint((10 - sum(ahv, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10) % 10)
		add("CH AHV", ahv[:3]+"."+ahv[3:7]+"."+ahv[7:11]+"."+ahv[11:])
	}
	return append(out, framed(list, 1)...)
}

func sum(s string, weights ...int) int {
	total := 0
	for i, w := range weights {
		total += int(s[i]-'0') * w
	}
	return total
}

// mod11 adds two check digits as Brazil counts them.
func mod11(s string, weights ...[]int) string {
	for _, w := range weights {
		c := 11 - sum(s, w...)%11
		if c > 9 {
			c = 0
		}
		s += fmt.Sprint(c)
	}
	return s
}

func luhnDigit(s string) string {
	for c := range 10 {
		if luhn(s + fmt.Sprint(c)) {
			return fmt.Sprint(c)
		}
	}
	return ""
}

func fiscal(r *rand.Rand) string {
	s := from(r, "BCDFGLMNPRSTV", 6) + digits(r, 2) + from(r, "ABCDEHLMPRST", 1) + fmt.Sprintf("%02d", 1+r.IntN(28)) + from(r, "ABCDEFGHIL", 1) + digits(r, 3)
	odd := []int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	total := 0
	for i, c := range []byte(s) {
		v := int(c - 'A')
		if c <= '9' {
			v = int(c - '0')
		}
		if i%2 == 0 {
			v = odd[v]
		}
		total += v
	}
	return s + string(rune('A'+total%26))
}

func verhoeff(s string) string {
	d := [10][10]int{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1}, {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}}
	p := [8][10]int{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1}, {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}}
	inverse := []int{0, 4, 3, 2, 1, 5, 6, 7, 8, 9}
	c := 0
	for i := range len(s) {
		c = d[c][p[(i+1)%8][s[len(s)-1-i]-'0']]
	}
	return s + fmt.Sprint(inverse[c])
}

func bsn(r *rand.Rand) string {
	for {
		s := digits(r, 8)
		if c := sum(s, 9, 8, 7, 6, 5, 4, 3, 2) % 11; c < 10 && s[0] != '0' {
			return s + fmt.Sprint(c)
		}
	}
}

func steuerID(r *rand.Rand) string {
	for {
		p := r.Perm(10)
		p[9] = p[r.IntN(9)]
		r.Shuffle(10, func(i, j int) { p[i], p[j] = p[j], p[i] })
		if p[0] == 0 {
			continue
		}
		s, product := "", 10
		for _, v := range p {
			s += fmt.Sprint(v)
			x := (v + product) % 10
			if x == 0 {
				x = 10
			}
			product = x * 2 % 11
		}
		return s + fmt.Sprint((11-product)%10)
	}
}

func resident(r *rand.Rand, year, month, day int) string {
	s := pick(r, "110105", "310101", "440305", "510104") + fmt.Sprintf("%04d%02d%02d", year, month, day) + digits(r, 3)
	return s + string("10X98765432"[sum(s, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11])
}

func tckn(r *rand.Rand) string {
	s := fmt.Sprint(1+r.IntN(9)) + digits(r, 8)
	ten := ((sum(s, 1, 0, 1, 0, 1, 0, 1, 0, 1)*7-sum(s, 0, 1, 0, 1, 0, 1, 0, 1))%10 + 10) % 10
	return s + fmt.Sprint(ten) + fmt.Sprint((sum(s, 1, 1, 1, 1, 1, 1, 1, 1, 1)+ten)%10)
}
