package detection

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-faker/faker/v4"
	"github.com/nyaruka/phonenumbers"

	"github.com/governedsql/governed/mask/detect"
)

// phoneWords are what stands before a number that is called one.
var phoneWords = []string{
	"Tel. %s", "Tel: %s", "Phone: %s", "phone %s", "Mobile %s", "mobile: %s", "call me at %s", "Call %s today", "Fax: %s", "fax %s", "Téléphone : %s", "Teléfono: %s", "Telefon %s", "Telefono %s", "Ruf %s",
	"Handy: %s", "Móvil: %s", "Celular: %s", "тел. %s", "電話：%s", "电话:%s", "WhatsApp %s", "phone=%s", `{"phone":"%s"}`, `{"mobile_number": "%s"}`, "cell: %s", "Tlf. %s", "puh. %s", "hotline %s", "SMS to %s",
	"contact number: %s", "phone number is %s", "T: %s", "my number is %s", "Tél. %s", "Tel.: %s, Fax none", "call %s or write", "Please phone %s for details.", "customer phoned from %s", "dial %s",
}

// phoneSamples are the example numbers of libphonenumber for every region and type, in the formats that it writes.
func phoneSamples(t *testing.T) []sample {
	t.Helper()
	var international, national, alone []sample
	add := func(group string, n *phonenumbers.PhoneNumber) {
		if n == nil {
			return
		}
		for form, format := range map[string]phonenumbers.PhoneNumberFormat{
			"E.164": phonenumbers.E164, "international format": phonenumbers.INTERNATIONAL, "RFC 3966": phonenumbers.RFC3966,
		} {
			text := phonenumbers.Format(n, format)
			s := whole(detect.Phone, form, group, text)
			if format == phonenumbers.RFC3966 {
				s.from = len("tel:")
			}
			international = append(international, s)
		}
		text := phonenumbers.Format(n, phonenumbers.NATIONAL)
		named := whole(detect.Phone, "national format after a word", group, text)
		national = append(national, named)
		bare := whole(detect.Phone, "national format alone, "+looks(text), group, text)
		bare.optional = true
		alone = append(alone, bare)
	}
	regions := slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
	for _, region := range regions {
		seen := map[string]bool{}
		for typ := phonenumbers.FIXED_LINE; typ <= phonenumbers.VOICEMAIL; typ++ {
			n := phonenumbers.GetExampleNumberForType(region, typ)
			if n == nil || seen[phonenumbers.Format(n, phonenumbers.E164)] {
				continue
			}
			seen[phonenumbers.Format(n, phonenumbers.E164)] = true
			add("region "+region, n)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(phonenumbers.GetSupportedGlobalNetworkCallingCodes())) {
		add("code "+strconv.Itoa(code), phonenumbers.GetExampleNumberForNonGeoEntity(code))
	}
	// The map above has an order of its own each time.
	slices.SortFunc(international, func(a, b sample) int { return strings.Compare(a.form+a.group+a.text, b.form+b.group+b.text) })
	r := rand.New(rand.NewPCG(5, 6))
	list := framed(international, 2)
	for _, s := range national {
		for range 3 {
			list = append(list, s.within(pick(r, phoneWords...)))
		}
	}
	list = append(list, alone...)
	faker.SetRandomSource(faker.NewSafeSource(seeded(7)))
	for i := range 300 {
		list = append(list, framed([]sample{
			whole(detect.Phone, "generated", numbered("faker", i), faker.Phonenumber()), whole(detect.Phone, "generated", numbered("faker", i), faker.E164PhoneNumber()),
			whole(detect.Phone, "generated", numbered("faker", i), faker.TollFreePhoneNumber()), whole(detect.Phone, "generated", numbered("gofakeit", i), fake.PhoneFormatted()),
		}, 1)...)
	}
	return list
}

// looks says what there is to tell a national number by.
func looks(text string) string {
	switch {
	case strings.Trim(text, "0123456789") == "":
		return "digits only"
	case strings.ContainsAny(text, "()"):
		return "parentheses"
	case strings.HasPrefix(text, "0"):
		return "leading 0 and separators"
	}
	return "separators"
}
