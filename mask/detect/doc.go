// Package detect finds personal data and secrets in values: by their structure, their check digits and the words beside
// them, without a label to go by. It is the second net, under lineage and names: it sees what stands in a text that nobody
// labelled, and it cannot see a value that was changed or cut in two.
//
// [Text] looks for spans in a text, [Value] judges a value as a whole. Neither allocates where nothing is found. One pass
// over the bytes decides which of the scanners can find anything at all; ordinary values end there.
//
// # What is found
//
// A value that could as well be an order's number is left alone unless its form or a word before it tells: masking it would
// break somebody's program, and passing a real one would leak it. The figures are of values from sources that the scanners
// were not written from, alone and inside of sentences, documents, links and lines of logs, against some ten thousand
// ordinary values that look alike. The two numbers of each are those of the half that was looked at, and of the half that
// was not. To measure again:
//
//	cd internal/peers && go test ./detection -v
//
//	class          recall          precision       values
//	email          0.989   0.993   0.999   0.999   10180
//	phone          0.992   0.992   0.999   1.000   16008
//	card           0.994   0.992   0.988   0.991    4260
//	IBAN           1.000   1.000   1.000   1.000   10148
//	national id    1.000   1.000   0.992   0.996    7680
//	IP address     0.999   0.999   1.000   1.000    9032
//	JWT            1.000   1.000   0.999   1.000    1193
//	API key        0.984   0.984   0.984   0.995    6037
//	private key    1.000   1.000   0.985   1.000     430
//	password hash  1.000   0.998   1.000   1.000     864
//
// # E-mail
//
// RFC 5321 and 6531: any local part, quoted ones, letters of all scripts, a domain with a dot or an address in brackets,
// and an @ that is hidden as %40, &#64;, [at] or (at). In a link or a setting only the address itself is taken: where the
// characters = / ? & | { } stand in a local part inside of a longer text, what is before the last of them is left out.
// Names of files and of units of a system (icon@2x.png, getty@tty1.service) and git@host:path are none. Of addresses that any
// sign joins each is found. Missed: user@host without a dot, addresses written with "at" and "dot" as bare words, digits
// behind Chinese letters in a local part.
//
// # Phone
//
// ITU-T E.164: a + or 00 with 7 to 15 digits behind a calling code, in any grouping, and a + with ten digits or more in one
// piece whatever they begin with. Within a country: what begins with 0 and has separators, what has an area in
// parentheses, 3-3-4, and the groups with spaces that are in use; figures with spaces between their thousands, books'
// numbers and measures are none, nor are two groups of which the first is a year, or that begin with 0 or 1 where both have
// four digits, or that stand in a geometry, behind the request in a line of a log, or behind SO, RE or INV. Any five to
// fifteen digits behind a word that says phone, tel, fax, mobile, call and their like in some twenty languages. By
// libphonenumber's examples for all regions and types, in the order of both halves:
//
//	E.164, international format, RFC 3966     0.995  0.996
//	national format behind a word             0.977  0.974
//	national format alone, parentheses        1.000  1.000
//	national format alone, leading 0          0.960  0.975   services: 0800 1234
//	national format alone, other separators   0.761  0.750   short ones: 2 345 678, 860-1234, 38 12 34
//	national format alone, digits only        0      0       left to the name of the column
//
// Missed besides: numbers of three and four digits, a few services with less than seven digits behind a calling code,
// digits of other scripts than ASCII.
//
// # Card
//
// ISO/IEC 7812: 12 to 19 digits of a known issuer with Luhn's check digit, in one piece or in the groups of a card with the
// same between them: a space, a dash, a dot, an underscore, also those beyond ASCII. Of numbers of 16 digits drawn by lot
// about one in thirty passes for a card. In one piece of 14 to 16 digits it is found whatever sign joins it to something
// else. Missed: a number right behind a letter, groups with more such groups behind them.
//
// # IBAN
//
// ISO 13616: the length of its country and the rest of 97, in large or small letters, in one piece or with one or two of
// the same between groups, beside an underscore as well. Missed: a space inside of the country and check digits.
//
// # National ids
//
// Alone, by check digits, dates and grouping: SSN of the United States with separators, NINO of the United Kingdom, DNI and
// NIE, codice fiscale, NIR, CPF, CNPJ with separators, PESEL, Aadhaar in groups of four, PAN of India, Steuer-ID,
// personnummer, henkilötunnus, Danish CPR, fødselsnummer, the resident ids of China and Korea, kimlik of Turkey, NRIC,
// CURP, AHV, Belgian and Romanian numbers, those of South Africa, INN. Behind a word that names them only: SSN, SIN, BSN,
// Aadhaar, CNPJ, personnummer as bare digits, NINO in small letters. Of numbers of 11 digits drawn by lot three in a
// hundred pass, those behind words such as order and invoice excepted. Of several in a row each is found, and
// so is one that something is joined to by a sign that does not stand between its groups. Missed: bare ones that dashes join;
// bare SSN, BSN, SIN and Aadhaar without a word; passports and driving licences.
//
// # IP address
//
// IPv4 but for loopback, masks and what is a version, a section or a time by the words around it; four numbers of at most
// 20 (8.8.8.8, 4.18.0.1) count only with a port, a network or a word such as host or dns beside them, or from 10.0.0.0/8.
// IPv6 in full, and shortened where it begins as addresses do that are given out: a::b and abc::def are names in programs.
// What a version ends in (-rc1, -SNAPSHOT) makes it one. Missed: figures with leading zeros, 192[.]0[.]2[.]1.
//
// # Secrets
//
// JWT: RFC 7519 and 7516, without signature too, and in base64 once more. API keys: some 180 beginnings that their issuers
// document, also behind one another or behind another word that a dash, a dot or an underscore joins, webhooks, and what a
// text itself names: the last part of the name before =, :, =>, a comma or > says token,
// secret, auth, password or a key that is none of a table, and the value looks drawn by lot (for a password: letters and
// digits, or any word that a setting quotes). Private keys: RFC 7468, RFC 4716, OpenPGP, PuTTY, the private members of RFC
// 7517, and armour in base64. Password hashes: crypt's modular format whatever its id, bcrypt, argon2, scrypt, PBKDF2,
// phpass, Django, Werkzeug, LDAP's schemes, SCRAM, those of MySQL and Cisco. Passwords in the addresses of services and
// behind curl -u. Missed: a random text that nothing names (a digest, the key of a service without a fixed beginning), one
// that is named only by its service ("cloudflare: ..."), passwords of letters alone outside of quotes.
package detect
