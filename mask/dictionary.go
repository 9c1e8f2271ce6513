package mask

// The dictionary: which words in the name of a column, of which type and in which relation, speak of people. All of it is
// data. Words stand as [split] gives them or are brought into that form: lower case, no accents, singular, joined by "_".

// entry is a list of phrases that mean a class wherever they stand in a name, unless a word around them says otherwise.
type entry struct {
	class   Class
	kinds   kinds  // of types that can hold it
	people  bool   // only in a relation named for people
	long    bool   // not of numbers of so few digits that they are flags, levels and references
	phrases string // separated by white space
	stems   string // also inside a word that is written in one
}

// severity decides between classes found in one name.
var severity = map[Class]int{
	Labelled: 1, Secret: 14, Card: 13, NationalID: 12, Account: 11, Health: 10, Special: 9, Email: 8, Phone: 7, BirthDate: 6, Salary: 5,
	Address: 4, Location: 3, Network: 2, Name: 1,
}

const (
	digits  = textual | kindInt | kindNumber
	numbers = kindInt | kindNumber
)

var dictionary = []entry{
	{
		class: Email, kinds: textual, stems: "email courriel",
		phrases: `email e_mail mail mailid email_id mail_id mailbox email_address mail_address emailaddress emailaddr mailaddr mailaddress
			useremail reply_to correo correo_electronico courriel e_post epost emailadresse mailadresse email_adresse e_mail_adresse
			email_change email_confirmed new_email_change indirizzo_email adresse_mail adresse_email adresse_electronique sahkoposti почта эл_почта 邮箱 電子郵件 メール`,
	},
	{
		class: Phone, kinds: digits, stems: "telefon phonenumber phoneno mobilephone cellphone",
		phrases: `phone phone_number phone_no phone_num telephone tel telno tel_no mobile mobile_number mobile_no mobile_phone
			mobilenumber mobileno cellular cell_phone cell_number cell_no cellphone homephone workphone landline msisdn fax fax_number fax_no
			phonenumber telefon telefono telefone telefonnummer telefoonnummer handy handynummer mobil mobilnummer mobiltelefon movil celular
			portable_tel numero_telephone numero_de_telephone numero_telefono cellulare puhelin telefoon whatsapp whatsapp_number
			phone_change phone_confirmed sms_number caller_id caller_number calling_number called_number callback_number contact_number contact_no телефон 电话 手机 電話`,
	},
	{
		class: Card, kinds: digits, stems: "creditcard cardnumber debitcard kreditkart",
		phrases: `card_number card_no card_num cardnumber cardno credit_card creditcard credit_card_number creditcardnumber debit_card
			debit_card_number debitcard payment_card payment_card_number bank_card bankcard cc_number cc_num cc_no ccnum ccnumber
			primary_account_number ccn kreditkarte kreditkartennummer kartennummer tarjeta numero_tarjeta numero_de_tarjeta tarjeta_credito
			carte_bancaire numero_carte carta_credito numero_cartao cartao_credito card_track card_track_data magstripe`,
	},
	{class: Card, kinds: textual | kindInt, phrases: `pan`},
	{
		class: Account, kinds: digits, stems: "accountnumber accountno kontonummer",
		phrases: `iban bban bic swift_code bic_code bank_account bank_account_number bank_account_no bank_acct bank_acct_no bank_number
			account_number account_no account_num accountnumber acct_number acct_no acct_num acctno routing_number routing_no routing_num
			routingnumber aba_number aba_routing sort_code bank_code bsb_number clabe kontonummer konto_nummer konto_nr bankverbindung
			numero_cuenta numero_de_cuenta cuenta_bancaria numero_compte compte_bancaire numero_conto conto_corrente conta_bancaria
			acc_number acc_no acc_num bank_acc upi_id rekeningnummer wallet_address wallet_addr crypto_address payout_account bankleitzahl blz`,
	},
	{
		class: NationalID, kinds: digits, stems: "passportn passportnumber driverslicen socialsecurity",
		phrases: `ssn ssn_last_4 social_security social_security_number social_security_no social_security_num social_insurance
			social_insurance_number socialsecurity sozialversicherungsnummer sozialversicherung sv_nummer svnr tax_id taxid
			taxpayer_id tax_identification_number tax_ident steuer_id steuernummer steuer_nr steuernr steueridentifikationsnummer itin
			national_id nationalid national_identifier national_identity national_identity_number national_number national_insurance
			national_insurance_number national_insurance_no personal_no ni_number nino identity_number identity_no identity_card identity_card_number id_number
			id_no id_card id_card_number id_card_no idcard personal_id personal_id_number personal_number personal_code personal_identity_code
			citizen_id resident_id residence_permit citizenship_number government_id gov_id passport passport_number passport_no
			passport_num passportno passport_id reisepass pasaporte passeport passaporto paspoort driver_license driver_licence drivers_license
			drivers_licence driver_license_number driver_licence_number drivers_license_number drivers_licence_number driver_license_no
			driver_licence_no driving_license driving_licence driving_licence_number license_driver dl_number dl_no fuhrerschein permis_conduire
			cpf cpf_cnpj nif nie dni nif_nie documento_identidad pesel bsn burgerservicenummer aadhaar aadhar aadhaar_number aadhar_number uid_aadhaar
			pan_number pan_card curp cuil cuit personnummer fodselsnummer henkilotunnus hetu cpr_number cpr_nummer personalausweis
			personalausweisnummer ausweisnummer perso_nr codice_fiscale codicefiscale numero_securite_sociale num_secu numero_secu numero_fiscal
			ahv_nummer ahv_nr egn emso oib jmbg rodne_cislo numar_identificare cnp voter_id voter_number nhs_number nhs_no medicare medicare_number
			medicare_no military_id alien_number visa_number green_card_number matricola_sanitaria identification_number identification_no
			ssnid identification_id idnumber cedula nric hkid emirates_id iqama cnic tckn tc_kimlik tc_kimlik_no taxvat panno
			инн снилс паспорт 身份证 身份证号 护照 birth_certificate birth_certificate_number`,
	},
	{class: NationalID, kinds: kindUUID | kindOID, phrases: `ssn social_security social_security_number social_security_no socialsecurity`},
	{class: NationalID, kinds: textual, phrases: `tax_number tax_no taxnumber nin`},
	{class: NationalID, kinds: numbers, people: true, phrases: `nin`},
	{class: NationalID, kinds: numbers, people: true, phrases: `tax_number tax_no taxnumber`},
	{class: NationalID, kinds: textual, people: true, phrases: `vat vat_number vat_no vat_id`},
	{class: NationalID, kinds: digits, people: true, phrases: `sin tin nik rg rfc rut nir cpr document_number document_no doc_number license_number licence_number license_no licence_no`},
	{
		class: BirthDate, kinds: textual | kindDay | kindInt | kindRange, stems: "birthd dateofbirth geburtsd",
		phrases: `dob bdate birth birthday birthdate birth_date birth_day birth_month birth_dt birth_ts birth_timestamp date_of_birth dateofbirth date_birth day_of_birth birthtime
			birth_time bday geburtsdatum geburtstag geburt geb_datum gebdat fecha_nacimiento fecha_de_nacimiento
			nacimiento data_nascimento data_de_nascimento nascimento date_naissance date_de_naissance naissance data_di_nascita
			data_nascita nascita data_urodzenia geboortedatum fodselsdato fodelsedatum datum_narozeni дата_рождения 生日 出生日期`,
	},
	{class: BirthDate, kinds: textual | kindDay, phrases: `b_day`},
	{class: BirthDate, kinds: kindNumber | kindClock, phrases: `dob birthday birthdate birth_date birth_day birth_ts birth_timestamp date_of_birth dateofbirth birth_time birthtime`},
	{class: BirthDate, kinds: textual | kindDay | kindInt | kindRange, people: true, phrases: `born born_on born_at`},
	{class: BirthDate, kinds: kindDay, phrases: `born born_on born_at born_date date_born`},
	{class: BirthDate, kinds: textual | numbers, people: true, phrases: `birth_year birthyear yob year_of_birth birth_yr`},
	{
		class: Name, kinds: textual, stems: "firstname lastname fullname surname username middlename vorname nachname maidenname",
		phrases: `first_name firstname last_name lastname full_name fullname surname family_name familyname given_name givenname middle_name
			middlename middle_initial maiden_name maidenname birth_name forename second_name fname lname mname f_name l_name name_first name_last name_full
			name_middle name_family name_given first_nm last_nm username user_name login_name user_login user_nicename ship_name usernm preferred_name nickname nick_name kana_name
			name_kana name_suffix_last cardholder card_holder cardholder_name card_holder_name name_on_card card_name account_holder
			account_holder_name account_owner_name beneficiary beneficiary_name payee payee_name signatory contact_person contact_name
			emergency_contact next_of_kin kin_name father_name mother_name mothers_name fathers_name spouse_name guardian_name billing_name
			shipping_name bill_to_name ship_to_name delivery_name recipient recipient_name sender_name receiver_name consignee consignee_name comment_author traveler_name traveller_name
			holder_name owner_name borrower_name real_name personal_name person_name legal_first legal_last
			vorname vornamen nachname familienname zuname rufname geburtsname benutzername anwendername ansprechpartner
			apellido primer_apellido segundo_apellido apellido_paterno apellido_materno nombre_completo primer_nombre nombre_usuario
			prenom nom_famille nom_de_famille nom_complet nom_utilisateur cognome nome_completo nome_utente sobrenome nome_usuario
			voornaam achternaam gebruikersnaam imie nazwisko imie_nazwisko imie_i_nazwisko fornavn etternavn efternavn fornamn efternamn
			etunimi sukunimi jmeno prijmeni имя фамилия отчество фио 姓名 名字 氏名`,
	},
	{class: Name, kinds: textual, people: true, phrases: `display_name displayname screen_name legal_name alias initial contact pen_name`},
	{
		class: Address, kinds: textual, stems: "streetaddress homeaddress addressline",
		phrases: `address addr street street_name street_address street_number street_no streetaddress home_address work_address mailing_address postal_address
			billing_address shipping_address delivery_address address_line address_line_1 address_line_2 address_line_3 addr_line addressline
			house_number house_no house_num housenumber apartment apartment_no apartment_number apt apt_no apt_number po_box residence
			birth_place birthplace place_of_birth geburtsort anschrift adresse strasse str_nr hausnummer hausnr wohnort postanschrift
			direccion calle domicilio lugar_nacimiento rue adresse_postale lieu_naissance lieu_de_naissance indirizzo luogo_di_nascita
			luogo_nascita endereco logradouro adres straat huisnummer ulica adresa osoite адрес улица 地址 住所`,
	},
	{
		class: Address, kinds: textual | kindInt, stems: "zipcode postcode postalcode postleitzahl",
		phrases: `zip zip_code zipcode zip_4 zip_plus_4 postcode post_code postal_code postalcode postal_zip plz postleitzahl codigo_postal
			code_postal cep codice_postale kod_pocztowy pincode pin_code_postal postnummer postnr`,
	},
	{
		class: Network, kinds: textual | kindNet | kindInt, stems: "ipaddr useragent",
		phrases: `ip ips ipv ip_v ip_addr ip_address ipaddr ipaddress ip_v_4 ip_v_6 ipv_4 ipv_6 lastip hostip ipv_4_address ipv_6_address remote_ip remote_addr remote_address remote_host client_ip
			client_addr user_ip login_ip source_ip src_ip dst_ip sign_in_ip last_ip current_sign_in_ip last_sign_in_ip peer_addr x_forwarded_for
			forwarded_for mac_addr mac_address macaddr macaddress hw_addr hardware_address adresse_ip direccion_ip ip_adresse`,
	},
	{class: Network, kinds: kindText | kindNet, phrases: `mac`}, // in bytes it is a message authentication code
	{
		class: Network, kinds: textual,
		phrases: `user_agent useragent comment_agent agent_string browser_fingerprint device_fingerprint imei imsi iccid idfa gaid advertising_id
			advertiser_id device_serial`,
	},
	{
		class: Location, kinds: numbers | textual | kindPlane, stems: "latitude longitude geolocation",
		phrases: `lat latitude lng lon longitude latlng lat_lng lat_lon lat_long latlong coordinate coord geo_point geopoint geo_location geolocation geo_coord
			gps gps_location gps_position gps_coordinate home_location current_location last_location last_known_location user_location
			breitengrad langengrad latitud longitud широта долгота`,
	},
	{class: Location, kinds: textual | kindPlane, people: true, phrases: `location geo geom`},
	{class: Location, kinds: kindPlane, people: true, phrases: `position`},
	{
		class: Secret, kinds: textual | kindUUID,
		stems: "password passwort passwd passphrase accesstoken refreshtoken authtoken apikey secretkey privatekey clientsecret contrasen",
		phrases: `password passwd pwd pswd passwort kennwort pass passphrase pass_phrase passcode pw pass_hash pwd_hash pw_hash password_hash passwordhash
			password_digest password_salt hashed_password hashed_pw encrypted_password crypted_password password_hint password_history passhash pass_salt
			contrasena contrasenya senha mot_de_passe motdepasse mdp losenord lozinka haslo heslo jelszo wachtwoord parola_chiave salasana
			пароль 密码 パスワード salt secret secret_key secretkey client_secret clientsecret app_secret api_secret webhook_secret shared_secret
			signing_secret totp_secret otp_secret mfa_secret two_factor_secret token accesstoken access_token refresh_token refreshtoken
			auth_token id_token bearer jwt csrf api_key apikey api_token app_key access_key accesskey access_key_id secret_access_key
			private_key privatekey signing_key encryption_key decryption_key master_key auth_key ssh_private_key license_key licence_key
			session_key session_secret session_cookie cookie credential connection_string conn_string connstr database_url db_url
			otp otp_code otp_seed totp hotp one_time_code recovery_code backup_code reset_code activation_code verification_code auth_code
			activation_key invite_key invitation_key reset_key confirmation_key confirm_code authkey auth_tkt code_verifier
			authorization_code security_code security_answer secret_answer pass_code private_pem seed_phrase recovery_phrase mnemonic keystore
			credential_hash pin_hash pgp_private_key gpg_private_key hmac_key aes_key vault_secret macaroon`,
	},
	{
		class: Secret, kinds: textual,
		phrases: `session_data stripe_key stripe_secret stripe_secret_key two_factor_code two_fa_code confirmation_code magic_link login_link
			password_reset login_code`,
	},
	{class: Secret, kinds: textual, phrases: `authorization authorization_header auth_header proxy_authorization auth_basic basic_auth pgp_secret_key gpg_secret_key`},
	{
		class: Secret, kinds: numbers,
		phrases: `otp otp_code one_time_code verification_code two_factor_code confirmation_code activation_code reset_code login_code recovery_code backup_code
			security_code passcode pass_code password`,
	},
	{class: Secret, kinds: numbers, long: true, phrases: `secret`},
	{class: Secret, kinds: textual, phrases: `pin`},
	{class: Secret, kinds: numbers, people: true, phrases: `pin`},
	{
		class: Secret, kinds: digits,
		phrases: `pin_code pin_number card_pin atm_pin otp_pin cvv cvv_2 cvc cvc_2 cid_code csc card_cvv card_cvc card_security_code cvv_code cvc_code`,
	},
	{class: Secret, kinds: textual, people: true, phrases: `clave parola hash digest passkey`},
	{
		class: Salary, kinds: numbers | textual | kindRange | kindClock, stems: "salary gehalt",
		phrases: `salary wage base_salary annual_salary monthly_salary gross_salary net_salary hourly_wage base_pay gross_pay net_pay take_home_pay
			annual_income monthly_income household_income yearly_income gross_income net_income personal_income remuneration net_worth credit_score
			gehalt lohn bruttogehalt nettogehalt bruttolohn salario sueldo nomina salaire remuneration_brute stipendio salaris
			wynagrodzenie pensja zarplata зарплата 工资 年收入`,
	},
	{class: Salary, kinds: numbers | textual, phrases: `compensation total_compensation base_compensation annual_compensation`},
	{class: Salary, kinds: numbers | textual, people: true, phrases: `sal income hourly_rate pay pay_rate bonus commission ctc rate_of_pay earning`},
	{
		class: Health, kinds: textual, stems: "diagnos",
		phrases: `diagnosis diagnose diagnoses diagnostic_code diagnosis_code medical_history medical_record medical_record_number medical_record_no
			medical_condition medical_note mrn health_condition health_status health_record allergy medication prescription symptom
			blood_type blood_group disability disability_type hiv hiv_status hiv_positive hiv_result pregnancy pregnancy_status mental_health chronic_disease
			vaccination vaccination_status immunization icd_10 icd_9 icd_code icd_10_code surgical_history lab_result test_result_medical
			diagnostico enfermedad historia_clinica krankheit krankenversicherungsnummer befund maladie antecedents_medicaux gruppo_sanguigno
			health_insurance_number health_insurance_no health_card health_card_number insurance_member_no диагноз 诊断`,
	},
	{class: Health, kinds: kindInt | kindNumber | kindUUID | kindBool, phrases: `diagnosis diagnose diagnosis_code diagnostic_code`},
	{class: Health, kinds: textual, phrases: `dx dx_code`},
	{class: Health, kinds: kindBool, phrases: `hiv hiv_positive hiv_status pregnant pregnancy`},
	{class: Health, kinds: textual, people: true, phrases: `disease illness condition treatment handicap`},
	{
		class: Special, kinds: textual | kindBool,
		phrases: `religion religious_belief religious_affiliation ethnicity ethnic_origin ethnic_group racial_origin sexual_orientation sexuality gender_identity
			political_opinion political_affiliation party_affiliation union_membership trade_union criminal_record criminal_history
			conviction biometric biometric_template biometric_data fingerprint_template face_template face_embedding face_encoding iris_scan
			voice_print voiceprint dna dna_sequence genome genetic_data religiousbelief konfession religionszugehorigkeit religione
			orientation_sexuelle orientacion_sexual`,
	},
	{
		class: Special, kinds: numbers | kindRange,
		phrases: `face_embedding face_encoding face_vector face_descriptor face_template voice_embedding fingerprint_template iris_template iris_scan biometric_template
			biometric_data biometric_vector voice_print voiceprint`,
	},
	{class: Special, kinds: textual, phrases: `political_party face_vector face_descriptor voice_embedding iris_template biometric_vector handwritten_signature`},
	{class: Special, kinds: textual, people: true, phrases: `race caste faith fingerprint nationality`},
	{class: Special, kinds: kindBytes, people: true, phrases: `signature`},
}

// place is a name that means a class only in relations whose name ends in one of some words; "" = in words for people.
type place struct {
	class     Class
	kinds     kinds
	columns   string
	relations string
}

var places = []place{
	{Name, textual, `name nombre nom nome naam navn namn nimi nev jmeno nm label_name`, ""},
	{Name, textual, `first last given family maiden middle full nick handle`, ""},
	{Name, textual, `first last given family maiden middle full`, `name nombre nom nome naam navn namn jmeno`},
	{Name, textual, `contact`, `vendor supplier company organization organisation merchant`},
	{Phone, textual, `cell`, ""},
	{Salary, numbers, `bonus commission allowance overtime pay`, `payroll salary wage paycheck payslip pay_slip compensation employment employment_contract labor_contract remuneration`},
	{Salary, numbers | textual, `amount value gross net total base`, `payroll salary wage paycheck payslip pay_slip compensation`},
	{Network, textual, `ua`, `session login login_attempt visit visitor page_view access_log audit_log request_log signin sign_in auth_log user device request`},
	{Email, textual, `address addr value to from cc bcc sender recipient reply_to from_address to_address sender_address recipient_address`, `email mail e_mail mailbox outbox inbox email_log mail_queue email_queue mail_log email_message mail_message email_address mail_address`},
	{Email, textual, `cc bcc`, `message notification`},
	{Phone, digits, `number no num value`, `phone phone_number telephone mobile mobile_number telephone_number contact_number`},
	{Card, digits, `number no num value card card_data`, `card credit_card debit_card payment_card payment_method bank_card`},
	{Card, digits, `card cc pan`, `payment transaction charge checkout billing order donation customer`},
	{Account, digits, `number no num routing swift bank_id holder`, `bank_account account bank_detail bank payment payout iban account_number`},
	{NationalID, digits, `tin`, `vendor supplier company merchant taxpayer employer organization organisation business`},
	{NationalID, digits, `number no num value`, `passport license licence driver_license driver_licence driving_licence identity_document identity_card national_id id_document id_card ssn identification`},
	{Address, textual, `line line_1 line_2 line_3 full text value formatted door building`, `address addres addr`},
	{Secret, textual | kindUUID, `key value hash digest data code body content payload secret_data key_hash key_digest`, `secret credential api_key apikey token access_token api_token auth_token refresh_token password otp otp_code recovery_code backup_code verification_code private_key access_key session_token password_reset one_time_password reset_token vault`},
	{Secret, numbers, `pin`, `card bank_card credit_card debit_card payment_card account bank_account wallet login credential auth sim sim_card locker safe`},
	{Secret, textual, `basic bearer header`, `auth authorization authentication`},
	{Secret, textual, `hash digest key_hash`, `password_history account login session auth identity`},
	{Secret, textual | kindInt, `code`, `otp otp_code verification_code recovery_code backup_code two_factor mfa_code password_reset login_code one_time_password`},
	{Network, kindNet, `source src client`, `session login login_attempt visit visitor page_view access_log audit_log request_log signin sign_in auth_log`},
	{Network, textual | kindNet, `addr address host remote`, `session login login_attempt visit visitor page_view access_log audit_log request_log signin sign_in auth_log`},
	{Location, textual | kindPlane | numbers, `location position point lat long geo geom`, `trip ride checkin check_in ping device_location user_location location_history visit track tracking_point gps_log gps_point`},
}

// people are words for relations whose rows are persons, and for the parts that persons play.
const people = `
	customer user person people persons employee patient contact member student client author staff teacher doctor physician nurse
	passenger guest applicant candidate attendee participant subscriber donor volunteer resident citizen owner guardian spouse
	beneficiary policyholder cardholder recipient prospect lead visitor player manager instructor professor lecturer coach pupil
	trainee actor inmate prisoner witness victim suspect borrower lender buyer shopper individual human worker_profile child children
	kid parent father mother husband wife relative dependent dependant consumer alumnus alumni freelancer contractor
	officer clerk cashier supervisor colleague colleagues friend follower profile account_holder holder payee payer insured subject_person
	renter landlord driver rider courier sender receiver consumer_profile therapist dentist lawyer attorney judge soldier voter
	personnel man woman men women insuree claimant debtor creditor speaker
	usr emp cust
	partner kaufer verkaufer besteller empfanger absender mieter vermieter schuldner
	kunde kunden benutzer nutzer mitarbeiter person_en personen patienten mitglied mitglieder schuler studenten anwender ansprechpartner
	cliente usuario empleado persona paciente alumno miembro contacto trabajador estudiante
	utilisateur personne employe etudiant eleve membre salarie
	utente clienti utenti dipendente dipendenti persone pazienti studente
	pessoa funcionario aluno utilizador membro
	klant klanten gebruiker medewerker patient leerling
	pracownik pracownicy klient klienci uzytkownik uzytkownicy osoba osoby
	bruker kunder ansatt anvandare anstalld asiakas kayttaja
	пользователь клиент сотрудник 用户 客户 员工`

// machines before a word for people make it a program: api_clients.
const machines = `api oauth oidc http service machine web rest grpc device driver db database sso saml mqtt package password task window 2`

// bareNames are the words for a name that is a person's only next to a word for people.
const bareNames = `name nm`

// relatives are words for people that, before "name", name parts of trees as well, unless the relation is one of people.
const relatives = `parent child children kid`

// writings are words at the end of a column's name that say how the same is written there.
const writings = `tsv tsvector fts search lower upper ci norm normalized normalised enc encrypted`

// tails are words at the end of a relation's name that do not say what its rows are.
const tails = `
	account detail info information data profile record history archive archived old new backup bak copy tmp temp staging stage stg raw
	import export view master main table tbl list_view v base basic extended ext snapshot current latest all active deleted audit dim fact
	stammdaten daten`

// labels end the names of types that are lists of labels and no text.
const labels = `kind type status state mode level enum category class role label reason source channel frequency`

// counters before a whole number make it a count.
const counters = `count cnt num number_of n nr total max min avg sum has is no_of qty`

// aspects are words behind a phrase that make the column say something about the thing and not what it is.
const aspects = `
	count cnt total quantity at time timestamp ts created updated deleted modified changed change verified verification verify confirmed
	confirmation validated validity valid invalid status state type kind category class mode level sent send opened bounced bounce
	clicked delivered queued enabled disabled active activated activation allowed required optional visible hidden flag flagged id uuid guid
	template subject body layout format provider vendor brand model make carrier operator issuer issued issuing scheme bin domain host
	hostname server port protocol encoding charset language lang locale preference pref notification alert subscription subscribed
	unsubscribed unsubscribe opt optin optout frequency interval schedule limit quota max min length len size strength policy rule algorithm
	algo alg method version iteration round expiry expire expired expiration exp ttl lifetime duration attempt failure failed retry try
	error reason title label description desc note comment color colour icon image logo url uri link path file filename folder
	directory table column index idx order position rank score rating priority weight width height pattern regex prefix suffix symbol
	decimal supply price currency fee budget campaign list group segment tag queue job log event action trigger handler service app config
	setting option country region area zone timezone extension ext os plan program system platform device feature support permission role
	scope audience grant usage use used uses reset rotation rotated revoked refreshed synced sync imported processed complaint
	reputation quality confidence similarity distance name last_4 last four digest_algorithm consent accepted check checked present
	exist exists missing unique match matched hits city town province county grade band period year place order_no month_count
	question attempts_left remaining budgeted bot parser family category_id section page tab tree seq sequence queue_id
	threshold window step percent pct ratio rate factor`

// aspectsOf are aspects of single classes.
var aspectsOf = map[Class]string{
	Email:     `client app marketing newsletter digest text restriction restricted additional content html footer signature`,
	Secret:    `public bits address sauce santa ingredient recipe garden menu society mission boss ballot shopper admirer`,
	BirthDate: `gift offer discount greeting`,
	Salary:    `review date share ratio`,
	Address:   `view bar space`,
	Card:      `count reader`,
	Health:    `date`,
	Special:   `date`,
	Location:  `accuracy precision ref`,
	Network:   `allowed whitelist blacklist allowlist denylist range pool block`,
	Phone:     `plan code case stand charger cover`,
}

// keeps are aspects that are none for single classes: a dob_date is a date of birth.
var keeps = map[Class]string{
	BirthDate: `date time timestamp ts at day`,
	Address:   `name label number description`,
}

// before are words before a phrase that make it mean something else.
var before = map[Class]string{
	Email:    `voice snail`,
	Phone:    `micro head`,
	Address:  `memory contract web url site website bind listen host server node base pool token register bus pci start end peer network broadcast gateway subnet load program function proxy payment smart`,
	Secret:   `public`,
	Account:  `gl ledger chart`,
	Name:     `file table column host product`,
	Card:     `game business postcard`,
	Network:  `server node public_server`,
	Location: `plan`,
}

// beforeOne are words before a phrase of one word that may mean anything, those of loose: a token of a page, a pass to a train.
var beforeOne = map[Class]string{
	Secret: `lock page next prev previous cursor continuation pagination design boarding season test by high low band ski day bus lexical semantic nlp erc
		nft start end stop bos eos pad unk first multi single full render shader vertex sync syntax parser`,
}

// loose are the phrases that beforeOne is about.
const loose = `token pass`

// numbered are phrases that end in "id" and are a number that people have, and no reference to a row, as whole numbers too;
// numberedOfPeople those that are so only in a relation named for people: the tax_id of a product is a row of taxes.
const (
	numbered         = `national_id nationalid steuer_id government_id gov_id emirates_id`
	numberedOfPeople = `tax_id taxpayer_id`
)

// outside are the relations in which a class is not a matter of people: the coordinates of airports, the addresses of
// servers, the pay that a vacancy offers.
var outside = map[Class]string{
	Location: publicPlaces + ` map`, Address: publicPlaces + ` register node server host peer network contract memory interface node_address server_address host_address listener endpoint file archive attachment upload download`,
	Network: `geo geo_ip ip_location ip_country server node network subnet firewall firewall_rule acl router route dns vpc cluster pod interface nic switch gateway ip_pool ip_range upstream host geoip`,
	BirthDate: `process job task thread worker container pod instance session connection batch lot beer wine star planet galaxy company brand
		animal pet dog cat horse cow cattle livestock bird fish sheep goat pig puppy kitten litter`,
	Salary: `claim flight complaint ticket booking incident carbon saga saga_step step workflow sensor job job_posting posting job_post vacancy position grade pay_grade salary_grade job_title band title`,
	Health: `icd icd_code drug medicine disease catalogue reference vector point offset delta motion translate transform sprite shape
		mouse pointer drag gesture scroll swipe bbox rect canvas svg path grid tile mesh axis vehicle engine`,
	Special: `religion ethnicity political_party party election`,
	Secret:  `vocabulary corpus lexicon lexer parser tokenizer board pinboard gpio gpio_pin chip map dish recipe meal food ingredient`,
}

const publicPlaces = `country city town state province county region district airport station stop store shop branch warehouse venue hotel
	restaurant poi landmark zip zipcode zip_code postal_code postcode plz continent timezone port harbour museum park theater theatre
	cinema lake river mountain place gazetteer geoname volcano earthquake quake peak beach church school university college hospital
	clinic campus mall atm bridge tunnel dam observatory buoy lighthouse municipality village suburb neighborhood neighbourhood hub depot
	sensor weather weather_station turbine well zone geofence office site marker measurement vessel ship substation pipeline
	outlet showroom facility factory parking_lot stop tree shape aircraft airplane satellite`

// catalogSecrets are the columns of system relations that hold secrets, or values of other columns.
var catalogSecrets = map[string]bool{
	"pg_authid.rolpassword": true, "pg_shadow.passwd": true,
	"pg_user_mapping.umoptions": true, "pg_user_mappings.umoptions": true, "user_mapping_options.option_value": true,
	"pg_foreign_server.srvoptions": true, "foreign_server_options.option_value": true,
	"pg_subscription.subconninfo": true, "pg_stat_wal_receiver.conninfo": true,
	"pg_stats.most_common_vals": true, "pg_stats.histogram_bounds": true, "pg_stats.most_common_elems": true,
	"pg_stats.range_bounds_histogram": true,
	"pg_stats_ext.most_common_vals":   true,
	"pg_attribute.attmissingval":      true, // of rows that are older than the column: its default then

	"pg_stats_ext_exprs.most_common_vals": true, "pg_stats_ext_exprs.histogram_bounds": true, "pg_stats_ext_exprs.most_common_elems": true,
	"pg_statistic.stavalues1": true, "pg_statistic.stavalues2": true, "pg_statistic.stavalues3": true,
	"pg_statistic.stavalues4": true, "pg_statistic.stavalues5": true,
	"pg_statistic_ext_data.stxdmcv": true, "pg_statistic_ext_data.stxdexpr": true,
	"pg_stat_activity.query": true, "pg_largeobject.data": true,
}

// fields are words that names of fields in documents are made of, besides those above.
const fields = `
	attribute author body city code comment content country currency data detail document end entity external field file first format from full
	gender home id info internal item key language last line list main message meta metadata middle nationality number object office old
	other owner payload personal primary profile property record reference secondary sex size source start state subject tag target text
	to town type unit update user value version work zone x y z a b c lines street_2 given family ok none default by contact extra parent floor building district suite
	department division salutation gender age note remark street_name house primary_contact`
