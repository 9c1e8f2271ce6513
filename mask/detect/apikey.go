package detect

// key is how the keys of one issuer begin and go on.
type key struct {
	begins      string
	least, most int // characters behind the beginning; most 0 = any number
	set         charset
}

type charset uint8

const (
	anyToken charset = iota // letters, digits, _ and -
	alnum
	upper // capitals and digits
	hexDigits
	dotted // also dots and ~
	radix  // base64 of both alphabets, which goes on where a token would end
)

func (k *key) holds(b byte) bool {
	switch k.set {
	case alnum:
		return isAlnum(b)
	case upper:
		return isUpper(b) || isDigit(b)
	case hexDigits:
		return isHex(b)
	case dotted:
		return tokenByte[b]
	case radix:
		return isAlnum(b) || b == '_' || b == '-' || b == '+' || b == '/' || b == '='
	}
	return isAlnum(b) || b == '_' || b == '-'
}

// keys are those whose issuers document a fixed beginning.
var keys = []key{
	// Clouds.
	{"AKIA", 16, 16, upper},
	{"ASIA", 16, 16, upper},
	{"ABIA", 16, 16, upper},
	{"ACCA", 16, 16, upper},
	{"A3T", 17, 17, upper},
	{"ABSK", 100, 0, radix},
	{"AIza", 35, 35, anyToken},
	{"ya29.", 20, 0, anyToken},
	{"GOCSPX-", 24, 0, anyToken},
	{"LTAI", 12, 26, alnum},
	{"dop_v1_", 64, 64, hexDigits},
	{"doo_v1_", 64, 64, hexDigits},
	{"dor_v1_", 64, 64, hexDigits},
	{"AQVN", 35, 38, anyToken},
	{"YCAJE", 20, 0, anyToken},
	{"YC", 38, 38, anyToken},
	{"t1.", 80, 0, dotted},
	{"HRKU-", 36, 0, anyToken},
	{"fo1_", 40, 0, radix},
	{"fm1a_", 60, 0, radix},
	{"fm1r_", 60, 0, radix},
	{"fm2_", 60, 0, radix},
	{"tk-us-", 40, 0, anyToken},
	{"pscale_tkn_", 32, 0, dotted},
	{"pscale_pw_", 32, 0, dotted},
	{"pscale_oauth_", 32, 0, dotted},
	{"ovh", 60, 60, hexDigits},
	{"v1.0-", 140, 0, anyToken},
	{"1//0", 40, 0, anyToken},
	{"amzn.mws.", 36, 36, anyToken},
	{"bedrock-api-key-", 20, 0, radix},
	{"sbp_", 40, 40, hexDigits},
	{"dckr_pat_", 20, 0, anyToken},
	{"nfp_", 36, 0, alnum},
	{"dnkey-", 26, 0, anyToken},
	{"aio_", 28, 28, alnum},
	{"sl.", 100, 0, dotted},
	{"AAAAAAAAAAAAAAAAAAAAAA", 60, 0, radix},
	// Code and packages.
	{"ghp_", 36, 0, alnum},
	{"gho_", 36, 0, alnum},
	{"ghu_", 36, 0, alnum},
	{"ghs_", 36, 0, alnum},
	{"ghr_", 36, 0, alnum},
	{"github_pat_", 60, 0, anyToken},
	{"glpat-", 20, 0, dotted},
	{"gldt-", 20, 0, dotted},
	{"glrt-", 20, 0, dotted},
	{"glcbt-", 20, 0, anyToken},
	{"glptt-", 40, 0, anyToken},
	{"glsoat-", 20, 0, anyToken},
	{"glimt-", 20, 0, anyToken},
	{"glft-", 20, 0, anyToken},
	{"glffct-", 20, 0, anyToken},
	{"glagent-", 40, 0, anyToken},
	{"gloas-", 40, 0, anyToken},
	{"GR1348941", 20, 0, anyToken},
	{"_gitlab_session", 32, 0, anyToken},
	{"npm_", 36, 36, alnum},
	{"pypi-AgEIcHlwaS5vcmc", 50, 0, anyToken},
	{"rubygems_", 48, 48, hexDigits},
	{"oy2", 43, 43, alnum},
	{"CLOJARS_", 60, 60, alnum},
	{"AKCp", 60, 0, alnum},
	{"cmVmd", 59, 0, alnum},
	{"sgp_", 40, 0, anyToken},
	{"ATATT3", 180, 0, anyToken},
	{"ATBB", 28, 0, alnum},
	{"ATCTT3", 180, 0, anyToken},
	{"lin_api_", 40, 0, alnum},
	{"lin_oauth_", 32, 0, alnum},
	{"PMAK-", 59, 0, anyToken},
	{"pul-", 40, 40, hexDigits},
	{"pnu_", 36, 36, alnum},
	{"rdme_", 70, 70, alnum},
	{"ico-", 32, 32, alnum},
	{"dp.pt.", 43, 43, alnum},
	{"dp.st.", 40, 0, dotted},
	{"dp.ct.", 40, 0, dotted},
	{"dp.sa.", 40, 0, dotted},
	{"API-", 26, 26, upper},
	{"pat.", 48, 0, dotted},
	{"sat.", 48, 0, dotted},
	{"sha256~", 43, 43, anyToken},
	{"ntn_", 40, 0, alnum},
	{"secret_", 43, 43, alnum},
	{"figd_", 40, 0, anyToken},
	{"CFPAT-", 43, 0, anyToken},
	// Models.
	{"sk-proj-", 40, 0, anyToken},
	{"sk-svcacct-", 40, 0, anyToken},
	{"sk-admin-", 40, 0, anyToken},
	{"sk-ant-", 40, 0, anyToken},
	{"sk-or-v1-", 64, 0, alnum},
	{"sk-", 40, 0, alnum},
	{"hf_", 34, 34, alnum},
	{"api_org_", 34, 34, alnum},
	{"pplx-", 40, 0, alnum},
	{"gsk_", 48, 0, alnum},
	{"r8_", 37, 40, alnum},
	{"xai-", 60, 0, alnum},
	{"pcsk_", 50, 0, anyToken},
	{"nvapi-", 60, 0, anyToken},
	// Payments and shops.
	{"sk_live_", 10, 0, alnum},
	{"sk_test_", 10, 0, alnum},
	{"sk_prod_", 10, 0, alnum},
	{"rk_live_", 10, 0, alnum},
	{"rk_test_", 10, 0, alnum},
	{"rk_prod_", 10, 0, alnum},
	{"whsec_", 24, 0, anyToken},
	{"shpat_", 32, 32, hexDigits},
	{"shpca_", 32, 32, hexDigits},
	{"shppa_", 32, 32, hexDigits},
	{"shpss_", 32, 32, hexDigits},
	{"sq0atp-", 22, 0, anyToken},
	{"sq0csp-", 43, 0, anyToken},
	{"EAAA", 22, 60, anyToken},
	{"FLWSECK_TEST-", 12, 0, anyToken},
	{"FLWSECK-", 32, 0, anyToken},
	{"FLWPUBK_TEST-", 32, 0, anyToken},
	{"EZAK", 54, 54, alnum},
	{"EZTK", 54, 54, alnum},
	{"shippo_live_", 40, 0, hexDigits},
	{"shippo_test_", 40, 0, hexDigits},
	{"duffel_test_", 43, 0, anyToken},
	{"duffel_live_", 43, 0, anyToken},
	{"live_", 35, 40, anyToken},
	{"test_", 35, 40, anyToken},
	{"access-production-", 36, 36, anyToken},
	{"access-sandbox-", 36, 36, anyToken},
	{"access-development-", 36, 36, anyToken},
	// Messages and mail.
	{"xoxb-", 20, 0, anyToken},
	{"xoxp-", 20, 0, anyToken},
	{"xoxa-", 8, 0, anyToken},
	{"xoxr-", 8, 0, anyToken},
	{"xoxs-", 8, 0, anyToken},
	{"xoxo-", 8, 0, anyToken},
	{"xoxe-", 40, 0, anyToken},
	{"xoxe.", 60, 0, dotted},
	{"xapp-", 30, 0, anyToken},
	{"SK", 32, 32, hexDigits},
	{"key-", 32, 32, hexDigits},
	{"pubkey-", 32, 32, hexDigits},
	{"xkeysib-", 64, 0, anyToken},
	{"tfp_", 59, 0, dotted},
	{"EAA", 80, 0, alnum},
	// Operations and observability.
	{"hvs.", 24, 0, anyToken},
	{"hvb.", 24, 0, anyToken},
	{"hvr.", 24, 0, anyToken},
	{"s.", 24, 24, alnum},
	{"dapi", 32, 34, anyToken},
	{"dt0c01.", 80, 0, dotted},
	{"dt0s16.", 80, 0, dotted},
	{"glsa_", 40, 0, anyToken},
	{"eyJrIjoi", 60, 0, radix},
	{"pk.eyJ", 50, 0, dotted},
	{"sk.eyJ", 50, 0, dotted},
	{"squ_", 40, 0, radix},
	{"sqp_", 40, 0, radix},
	{"sqa_", 40, 0, radix},
	{"sc_", 40, 0, dotted},
	{"ext_", 40, 0, dotted},
	{"scauth_", 40, 0, dotted},
	{"authress_", 40, 0, dotted},
	{"glc_", 32, 0, radix},
	{"NRAK-", 27, 0, alnum},
	{"NRJS-", 19, 0, alnum},
	{"NRII-", 32, 0, anyToken},
	{"NRIQ-", 32, 0, anyToken},
	{"sntrys_", 60, 0, radix},
	{"sntryu_", 64, 0, alnum},
	{"AGE-SECRET-KEY-1", 58, 58, upper},
	{"ops_eyJ", 200, 0, radix},
	{"p8e-", 32, 32, alnum},
	{"fio-u-", 60, 0, anyToken},
	{"s-s4t2ud-", 64, 0, hexDigits},
	{"s-s4t2af-", 64, 0, hexDigits},
	{"sm_aat_", 16, 0, alnum},
	{"sm_pat_", 16, 0, alnum},
	{"sm_sat_", 16, 0, alnum},
	{"4b1d", 38, 38, alnum},
	{"A3-", 30, 0, anyToken},
}

// keySeconds has a bit for the lower half of each second byte of the keys that begin with a byte: most words end there.
var keySeconds = func() (t [256]uint64) {
	for _, k := range keys {
		t[k.begins[0]] |= 1 << (k.begins[1] % 64)
	}
	return t
}()

// keysByFirst are the keys by their first byte.
var keysByFirst = func() (t [256][]key) {
	for _, k := range keys {
		t[k.begins[0]] = append(t[k.begins[0]], k)
	}
	return t
}()
