package mask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// columnOf makes a relation and a column of a line "schema.relation.column type"; the schema may be missing.
func columnOf(t testing.TB, line string) (*lineage.Relation, *lineage.Column) {
	t.Helper()
	name, typ, ok := strings.Cut(line, " ")
	require.True(t, ok, line)
	parts := strings.Split(name, ".")
	if len(parts) == 2 {
		parts = append([]string{"public"}, parts...)
	}
	require.Len(t, parts, 3, line)
	rel := &lineage.Relation{Name: lineage.Name{Schema: parts[0], Name: parts[1]}, Kind: lineage.Table}
	return rel, &lineage.Column{Name: parts[2], Num: 1, Type: typ}
}

var positives = map[Class]string{
	Email: `
		users.email_change character varying
		users.email_new text
		users.email_confirmed text
		users.new_email_change text
		customers.email text
		customers.Email character varying(255)
		customers.e_mail text
		users.eMail text
		users.emailAddress text
		users.email_address citext
		users.EMAIL text
		users.work_email text
		users.email2 text
		users.email_1 text
		users.primaryEmail character varying
		users.emails text[]
		users.emails jsonb
		users.backup_email_enc bytea
		users.custemail text
		users.email_lower text
		users.unconfirmed_email character varying
		users.recovery_email text
		orders.billing_email text
		orders.contact_email text
		orders.customer_mail text
		staff.mail text
		suppliers.reply_to text
		usuarios.correo text
		usuarios.correo_electronico text
		clients.courriel text
		kunden.emailadresse text
		kunden.mailadresse text
		email_addresses.address text
		emails.to text
		mail_queue.recipient text
		email_log.cc text
		mail_messages.from_address text
		newsletter.subscriber_email text
		invitations.inviteeEmail text
		t.email_id text
		v_contacts.contact_email_address text
		users.mail public.email_address
		clients.почта text
		members.邮箱 text`,
	Phone: `
		users.phone_change text
		users.phone_confirmed text
		users.cell text
		customers.cell character varying(20)
		users.phones bigint[]
		users.phone_numbers numeric[]
		customers.phone text
		customers.phone_number character varying(20)
		customers.phoneNumber text
		customers.phoneNo text
		customers.mobile text
		customers.mobile_no bigint
		customers.phone bigint
		customers.phone numeric(15,0)
		customers.home_phone text
		customers.phone_home text
		customers.cell_phone text
		customers.work_phone_2 text
		customers.tel text
		customers.telephone text
		customers.fax text
		customers.msisdn text
		customers.msisdn bigint
		customers.phones text[]
		customers.telefon text
		customers.telefonnummer text
		customers.handynummer text
		customers.telefono_movil text
		customers.numero_telephone text
		customers.telefone text
		customers.whatsapp text
		calls.caller_number text
		calls.called_number text
		phones.number text
		phone_numbers.value text
		orders.shipping_phone text
		users.телефон text
		users.电话 text`,
	Card: `
		payments.ccn text
		payments.card_number bigint
		payments.card_numbers bigint[]
		payments.cards numeric[]
		payments.card_number text
		payments.cardNumber text
		payments.card_no text
		payments.cc_number text
		payments.cc_num text
		payments.ccnum text
		payments.credit_card text
		payments.creditCardNumber text
		payments.card_number bigint
		payments.pan text
		payments.pan numeric(16,0)
		payments.primary_account_number text
		payments.card text
		payments.debit_card_no text
		credit_cards.number text
		payment_cards.no text
		zahlungen.kreditkartennummer text
		pagos.numero_tarjeta text
		payments.card_number_encrypted bytea`,
	Account: `
		res_partner_bank.acc_number text
		res_partner_bank.sanitized_acc_number text
		users.bank_acc text
		users.upi_id text
		payments.iban text
		payments.IBAN character varying(34)
		payments.bic text
		payments.swift_code text
		payments.account_number text
		payments.accountNo text
		payments.acct_no bigint
		payments.bank_account text
		payments.bank_account_number text
		payments.routing_number character(9)
		payments.routing_number integer
		payments.sort_code text
		payments.routing text
		konten.kontonummer text
		konten.bankverbindung text
		cuentas.numero_de_cuenta text
		bank_accounts.number text
		payouts.wallet_address text`,
	NationalID: `
		people.national_id bigint
		citizens.national_id integer
		t.national_id numeric
		t.nationalId bigint
		people.tax_id bigint
		customers.tax_id integer
		people.tax_id numeric(11,0)
		people.taxpayer_id integer
		people.ssn uuid
		people.ssn oid
		people.social_security_number uuid
		people.steuer_id bigint
		people.gov_id bigint
		people.nin text
		t.nin text
		people.nin bigint
		vendors.tin text
		companies.tin integer
		hr_employee.ssnid text
		hr_employee.identification_id text
		sales_order.customer_taxvat text
		users.idnumber text
		users.cedula text
		users.nric text
		users.nik text
		users.cnic text
		users.tckn text
		users.emirates_id text
		people.vat text
		customers.vat_number text
		customers.vat_no text
		res_partner.vat character varying
		employees.personal_no text
		people.ssns bigint[]
		people.ssn text
		people.SSN character(11)
		people.ssn integer
		people.social_security_number text
		people.socialSecurityNumber text
		people.tax_id text
		people.national_id text
		people.nationalId text
		people.passport text
		people.passport_no text
		people.passportNumber text
		people.driver_license text
		people.drivers_licence_number text
		people.driving_licence_no text
		people.cpf character(11)
		people.nif text
		people.dni text
		people.pesel text
		people.pesel bigint
		people.bsn text
		people.aadhaar_number text
		people.curp text
		people.codice_fiscale text
		people.personalausweisnummer text
		people.steuer_id text
		people.nino text
		people.id_number text
		people.identity_card_number text
		people.sin text
		people.tin text
		passports.number text
		driver_licenses.number text
		people.nhs_number text
		employees.ssn_encrypted bytea
		employees.паспорт text`,
	BirthDate: `
		people.birth_date_ts bigint
		people.birth_date_ts timestamp with time zone
		people.birth_date_ts numeric
		people.birth_ts bigint
		people.birth_ts double precision
		people.birth_date_at timestamp with time zone
		people.birth_date_utc timestamp with time zone
		people.dob_ts bigint
		people.dob_at timestamp without time zone
		t.dob_ts timestamp with time zone
		t.born_at timestamp with time zone
		t.born date
		t.born_on date
		t.date_born date
		people.born_at bigint
		people.b_day date
		t.b_day text
		people.birth_date numeric
		people.birth_date interval
		people.dob numeric
		people.date_of_birth interval
		people.birth_time time without time zone
		patients.born timestamp without time zone
		users.bdate date
		users.yob integer
		users.birthyear integer
		people.birth_date date
		people.birth_range daterange
		people.dobs tstzrange
		people.dobs date[]
		people.birth_dates datemultirange
		people.birth_year integer
		users.year_of_birth integer
		people.born timestamp with time zone
		patients.born_at date
		users.birth_year smallint
		people.dob date
		people.DOB text
		people.birth date
		people.birthday date
		people.birthdate timestamp without time zone
		people.birth_date date
		people.birthDate date
		people.date_of_birth date
		people.dateOfBirth character varying(10)
		people.dob timestamp with time zone
		people.dob_date date
		people.born_on date
		people.birthday bigint
		people.geburtsdatum date
		people.geburtstag date
		people.fecha_nacimiento date
		people.data_nascimento date
		people.date_naissance date
		people.data_urodzenia date
		children.child_dob date`,
	Name: `
		people.display_name text
		authors.display_name character varying
		members.displayName text
		wp_comments.comment_author text
		bookings.traveler_name text
		orders.consignee_name text
		res_partner.name character varying
		business_partners.name text
		wp_users.user_login character varying(60)
		wp_users.user_nicename character varying(50)
		orders.ship_name text
		vendors.contact text
		suppliers.contact text
		people.first text
		people.last text
		people.given text
		people.family text
		people.maiden text
		people.middle text
		users.nick text
		users.handle text
		customers.name_tsv tsvector
		users.name_search tsvector
		users.name_lower text
		Käufer.Name text
		customers.name text
		customer.name character varying(60)
		users.name text
		user.name text
		app_users.name text
		Users.Name text
		employees.name text
		patients.name text
		contacts.name text
		members.name text
		students.name text
		people.name text
		authors.name text
		dim_customer.name text
		stg_customers.name text
		customers_history.name text
		customers_2024.name text
		user_profiles.name text
		kunden.name text
		mitarbeiter.name text
		clientes.nombre text
		utilisateurs.nom text
		utenti.nome text
		klanten.naam text
		t.first_name text
		t.firstName text
		t.firstname text
		t.last_name text
		t.lname text
		t.full_name text
		t.fullName text
		t.surname text
		t.given_name text
		t.middle_name text
		t.maiden_name text
		t.family_name text
		t.vorname text
		t.nachname text
		t.apellido text
		t.apellidos text
		t.prénom text
		t.cognome text
		t.sobrenome text
		t.achternaam text
		t.nazwisko text
		t.фамилия text
		t.姓名 text
		t.username text
		t.userName text
		orders.customer_name text
		orders.recipient_name text
		orders.billing_name text
		orders.shipping_first_name text
		payments.cardholder_name text
		payments.card_holder text
		payments.account_holder text
		payments.name_on_card text
		appointments.patient_name text
		appointments.doctorName text
		tickets.contact_person text
		users.display_name text
		users.nickname text
		users.full_name jsonb
		employees.emergency_contact text
		children.father_name text
		students.parent_name text`,
	Address: `
		customers.address text
		customers.Address text
		customers.street text
		customers.street_address text
		customers.streetAddress text
		customers.address1 text
		customers.address_line_1 text
		customers.addressLine2 text
		customers.addr text
		customers.zip text
		customers.zip_code character(5)
		customers.zipcode integer
		customers.postcode text
		customers.postal_code text
		customers.plz text
		customers.house_number text
		customers.strasse text
		customers.straße text
		customers.hausnummer text
		customers.anschrift text
		customers.direccion text
		customers.dirección text
		customers.calle text
		customers.codigo_postal text
		customers.adresse text
		customers.indirizzo text
		customers.endereco text
		customers.cep text
		customers.address jsonb
		customers.home public.postal_address
		orders.shipping_address text
		orders.billing_zip text
		orders.deliveryAddress jsonb
		addresses.line1 text
		addresses.line_2 text
		people.birthplace text
		people.place_of_birth text
		suppliers.address text`,
	Network: `
		wp_comments.comment_agent text
		logs.hostip text
		users.lastip inet
		logs.ipv6_address text
		sessions.ips inet[]
		users.ips inet[]
		logins.ips text[]
		sessions.ua text
		visits.ua character varying
		sessions.ip inet
		sessions.ip text
		sessions.ip_address inet
		sessions.ipAddress text
		sessions.ip_addr text
		sessions.client_ip inet
		sessions.remote_addr text
		sessions.user_agent text
		sessions.userAgent text
		sessions.addr inet
		sessions.ip bigint
		users.last_sign_in_ip inet
		users.lastLoginIP inet
		users.current_sign_in_ip character varying
		users.mac_address macaddr
		users.mac macaddr
		devices.mac text
		devices.mac_addr macaddr8
		devices.imei text
		devices.imsi text
		visitors.ipv4 inet
		visitors.ipv6 text
		logins.x_forwarded_for text
		audit_log.ip_address text
		users.advertising_id text
		users.device_fingerprint text`,
	Location: `
		users.geo point
		users.location point
		members.geom public.geometry
		couriers.position point
		shop_orders.lat numeric
		shop_orders.lng double precision
		users.locations point[]
		users.geo polygon
		drivers.positions point[]
		users.lats numeric[]
		customers.lat double precision
		customers.lng double precision
		customers.latitude numeric(9,6)
		customers.longitude numeric(9,6)
		customers.home_latitude real
		customers.location point
		customers.location text
		trips.start_lat double precision
		trips.location point
		users.geo_location text
		users.gps_coordinates text
		users.last_known_location jsonb
		users.coordinates point
		addresses.lon numeric`,
	Secret: `
		requests.authorization text
		t.Authorization text
		http_logs.authorization_header text
		t.auth_header text
		t.proxy_authorization text
		t.basic_auth text
		auth.basic text
		users.pgp_private_key text
		users.pgp_secret_key text
		users.pin smallint
		users.pin numeric
		cards.pin integer
		accounts.pin smallint
		bank_cards.pin integer
		users.otp integer
		t.otp bigint
		t.otp_code integer
		logins.verification_code integer
		t.two_factor_code integer
		t.secret bigint
		users.secret numeric
		t.passcode integer
		users.previous_password text
		users.prev_password_hash text
		accounts.test_password text
		users.first_password text
		user_auth_tokens.prev_auth_token text
		users.activation_key text
		wp_users.user_activation_key text
		invites.invite_key text
		users.reset_key text
		users.authkey text
		oauth.code_verifier text
		django_session.session_data text
		users.stripe_key text
		accounts.stripe_secret_key text
		users.two_factor_code character varying
		users.confirmation_code text
		users.magic_link text
		logins.magic_link_token text
		users.password_reset text
		users.email_verification_code text
		users.tokens text[]
		users.pins integer[]
		users.password text
		users.Password text
		users.passwd text
		users.pwd character(32)
		users.pass text
		users.password_hash text
		users.passwordHash text
		users.encrypted_password character varying
		users.hashed_password text
		users.password_digest text
		users.password bytea
		users.password_salt text
		users.salt bytea
		users.hash text
		users.reset_password_token text
		users.resetToken text
		users.confirmation_token text
		users.api_key text
		users.apiKey text
		users.apikey text
		users.otp_secret text
		users.totp text
		users.two_factor_secret text
		users.recovery_codes text[]
		users.backup_codes json
		users.pin character(4)
		users.pin integer
		users.contraseña text
		users.senha text
		users.mot_de_passe text
		users.passwort text
		users.kennwort text
		users.пароль text
		users.密码 text
		users.security_answer text
		users.remember_token text
		sessions.token text
		sessions.token uuid
		sessions.refresh_token text
		sessions.accessToken text
		sessions.cookie text
		oauth_clients.client_secret text
		oauth_clients.secret text
		payments.cvv character(3)
		payments.cvv smallint
		payments.card_cvc text
		api_keys.key text
		api_keys.hash bytea
		api_keys.key_hash bytea
		api_clients.api_key text
		secrets.value bytea
		credentials.data jsonb
		otp_codes.code text
		verification_codes.code integer
		keys.private_key text
		servers.ssh_private_key text
		servers.password text
		smtp_settings.smtp_pass text
		smtp_settings.smtp_password text
		connections.connection_string text
		connections.dsn_password text
		webhooks.webhook_secret text
		webhooks.signing_secret text
		accounts.credentials jsonb
		wallets.mnemonic text
		wallets.seed_phrase text
		tokens.token_hash text
		tokens.token_value text
		aws.secret_access_key text
		aws.access_key_id text
		users.userpassword text
		pg_catalog.pg_authid.rolpassword text
		pg_catalog.pg_shadow.passwd text
		pg_catalog.pg_user_mapping.umoptions text[]
		pg_catalog.pg_subscription.subconninfo text
		pg_catalog.pg_stats.most_common_vals anyarray
		pg_catalog.pg_stats.histogram_bounds anyarray
		pg_catalog.pg_statistic.stavalues1 anyarray
		information_schema.user_mapping_options.option_value text`,
	Salary: `
		employees.bonus money
		staff.bonus numeric(10,2)
		employee_records.bonus numeric
		payroll.bonus numeric
		payslips.commission numeric
		employments.bonus integer
		t.compensation numeric
		t.compensation money
		t.total_compensation numeric
		offers.compensation text
		emp.sal numeric
		employees.salaries numeric[]
		employees.salary_range int4range
		employees.salary_h interval
		payroll.amount numeric
		salaries.amount numeric
		payrolls.amount numeric
		salaries.value integer
		salaries.salaries numeric[]
		employees.salary numeric
		employees.base_salary numeric(12,2)
		employees.annualSalary integer
		employees.salary_eur double precision
		employees.salary money
		employees.salary text
		employees.wage numeric
		employees.hourly_rate numeric
		employees.compensation numeric
		employees.bonus integer
		employees.gehalt numeric
		employees.bruttogehalt numeric
		employees.salario numeric
		employees.sueldo numeric
		employees.salaire numeric
		customers.income numeric
		loans.annual_income numeric
		loans.credit_score integer`,
	Health: `
		patients.diagnosis integer
		patients.diagnosis uuid
		patients.diagnosis boolean
		patients.diagnosis smallint
		t.diagnosis bigint
		visits.diagnosis_code integer
		visits.has_diagnosis boolean
		patients.dx text
		t.dx character varying(10)
		encounters.dx_code text
		patients.primary_dx text
		patients.diagnosis text
		patients.diagnoses text[]
		visits.diagnosis_code text
		patients.blood_type text
		patients.allergies text
		patients.medications jsonb
		patients.medical_history text
		patients.mrn text
		patients.hiv_status text
		patients.hiv_positive boolean
		patients.disability text
		patients.diagnostico text
		patients.treatment text
		claims.icd_10_code text
		prescriptions.prescription text`,
	Special: `
		users.nationality text
		people.nationality character(2)
		members.political_party text
		t.political_party text
		users.signature bytea
		employees.signature bytea
		t.handwritten_signature bytea
		t.face_embedding integer[]
		t.face_embedding double precision[]
		t.face_embedding real[]
		t.face_embedding public.vector
		t.face_embedding numeric[]
		t.voice_embedding double precision[]
		people.fingerprint_template bigint[]
		people.religion text
		people.ethnicity text
		people.sexual_orientation text
		people.political_affiliation text
		people.race text
		people.biometric_template bytea
		people.criminal_record text`,
}

const negatives = `
	products.tax_id integer
	order_lines.tax_id bigint
	invoices.tax_id integer
	people.tax_id uuid
	people.national_id_count integer
	people.national_ids integer
	people.nationality_id integer
	people.nationality_count integer
	countries.nationality text
	airlines.nationality text
	people.gender_id integer
	users.gender text
	people.gender character(1)
	patients.sex text
	people.gender smallint
	products.gender text
	shoes.gender text
	nouns.gender text
	first_names.sex text
	fish.sex text
	ssn_requests.id uuid
	people.ssn_id uuid
	blobs.ssn_count oid
	people.photo oid
	people.address oid
	people.avatar_oid oid
	cans.tin text
	materials.tin numeric
	patients.diagnosis_id uuid
	patients.diagnoses integer
	patients.diagnosis_count integer
	patients.num_diagnosis integer
	icd_codes.diagnosis integer
	vehicles.diagnosis integer
	points.dx integer
	points.dx text
	moves.dx numeric
	moves.dx double precision
	vectors.dx text
	patients.dx_id integer
	people.birthday_email_sent_at timestamp with time zone
	people.birth_date_verified_at timestamp with time zone
	people.dob_updated_at timestamp with time zone
	people.birth_date_confirmed boolean
	people.birth_weight numeric
	people.birth_rate numeric
	people.births numeric
	tasks.born_at timestamp with time zone
	containers.born timestamp with time zone
	batches.born_on date
	dogs.born date
	stars.born integer
	calendars.b_day integer
	sessions.born_at bigint
	people.birthday_gift numeric
	people.stillborn boolean
	requests.authorization_id integer
	requests.authorization_count integer
	requests.authorization boolean
	requests.authorization_status text
	requests.authorizations integer
	requests.authorization_url text
	requests.basic_auth_enabled boolean
	requests.auth_type text
	users.pgp_key text
	users.gpg_key bytea
	users.pgp_public_key text
	gpio.pin integer
	gpio.pin smallint
	boards.pin smallint
	sensors.pin integer
	devices.pin integer
	maps.pin numeric
	posts.pins integer
	users.pin_count integer
	users.pin_id integer
	users.otps integer
	users.otp_attempts integer
	users.otp_id bigint
	users.otp boolean
	users.otp_length smallint
	users.verification_code_count integer
	notes.secret integer
	notes.secret smallint
	notes.secret boolean
	users.secret_id bigint
	users.secrets bigint
	users.secret_version bigint
	levels.secret_count bigint
	products.display_name text
	categories.display_name text
	stores.geo point
	cities.position point
	widgets.position point
	employees.position integer
	warehouses.location point
	webhooks.signature bytea
	webhooks.signature text
	users.signature text
	blocks.signature bytea
	commits.signature text
	games.bonus integer
	levels.bonus numeric
	employees.bonus_id integer
	employees.bonus_count integer
	employees.has_bonus boolean
	claims.compensation numeric
	flights.compensation numeric
	saga_steps.compensation text
	job_postings.compensation numeric
	employees.compensation_id integer
	employees.compensation boolean
	t.embedding double precision[]
	images.embedding public.vector
	faces.face_embedding_id integer
	photos.face_embedding_count integer
	photos.face_embeddings integer
	users.device_id text
	users.device_id uuid
	users.device_id bigint
	sensors.device_id text
	political_parties.political_party text
	political_parties.name text
	users.political_party_id integer
	networks.ip_range text
	acl_rules.source_ip_range text
	geo_ip.ip_to bigint
	menu_items.secret_sauce text
	burgers.has_secret_sauce boolean
	events.secret_santa boolean
	pages.next_page_token text
	jobs.previous_token text
	design_system.design_token text
	res_country.phone_code integer
	application_settings.email_restrictions text
	application_settings.email_additional_text text
	application_settings.password_number_required boolean
	application_settings.token_prefix text
	application_settings.minimum_password_length integer
	cards.card_number integer
	images.latitude_ref text
	pages.address_bar text
	registers.address text
	maps.coordinates jsonb
	branches.lng numeric
	hubs.lat numeric
	earthquakes.latitude double precision
	parking_lots.lat numeric
	shapes.shape_pt_lat numeric
	schools.latitude numeric
	dogs.birth_date date
	switches.mac macaddr
	gpio.pin text
	topics.bumped_at timestamp
	posts.reply_to_post_number integer
	users.secure_identifier text
	user_options.email_digests boolean
	user_options.text_size_key integer
	user_auth_tokens.auth_token_seen boolean
	screened_ip_addresses.match_count integer
	email_domain_blocks.domain text
	uploads.etag text
	issues.health_status smallint
	merge_requests.squash_commit_sha bytea
	ci_builds.stage_idx integer
	gpg_keys.primary_keyid bytea
	keys.fingerprint text
	namespaces.traversal_ids integer[]
	res_lang.code text
	res_company.name text
	sale_order.client_order_ref text
	stock_picking.carrier_tracking_ref text
	ir_attachment.checksum text
	ir_model_fields.ttype text
	hr_employee.job_title text
	sales_order.customer_group_id integer
	sales_order.shipping_address_id integer
	sales_order.email_sent smallint
	sales_order_payment.cc_type text
	sales_order_payment.cc_exp_year text
	sales_order_payment.cc_last_4 text
	customer_entity.rp_token_created_at timestamp
	wp_options.option_value text
	wp_posts.ping_status text
	account_address.city_area text
	checkout_checkout.voucher_code text
	payment_payment.psp_reference text
	payment_payment.cc_brand text
	warehouse_warehouse.slug text
	accounts.followers_url text
	statuses.spoiler_text text
	media_attachments.blurhash text
	preview_cards.title text
	oauth_applications.redirect_uri text
	users.otp_required_for_login boolean
	users.sign_in_count integer
	users.skip_sign_in_token boolean
	sentry_grouphash.hash text
	sentry_groupedmessage.culprit text
	sentry_projectkey.public_key text
	sentry_userip.country_code text
	llm_usage.prompt_tokens integer
	nft_tokens.token_uri text
	trello_cards.name text
	games.card integer
	devices.mobile boolean
	employees.position text
	employees.position character varying(80)
	players.position text
	users.position text
	files.zip bytea
	files.zip text
	archives.zip text
	processes.born timestamp with time zone
	jobs.born_at timestamp with time zone
	boards.pin text
	dishes.salt text
	tours.street_view text
	lexer.token text
	tokens.token_index integer
	invoices.tax_number integer
	invoices.tax_no integer
	users.cells integer
	batteries.cell text
	sheets.cell text
	stats.first integer
	pages.first text
	pages.last text
	users.first_seen timestamp with time zone
	users.email_confirmed boolean
	users.phone_confirmed boolean
	users.email_confirmed timestamp with time zone
	users.email_change_sent_at timestamp with time zone
	users.email_change_confirm_status smallint
	users.password_reset timestamp with time zone
	invoices.vat numeric
	orders.vat_rate numeric
	products.name_tsv tsvector
	articles.title_tsv tsvector
	invoices.amount numeric
	payments.amounts numeric[]
	cars.birth_year integer
	scores.values integer[]
	users.emails integer
	ranges.span int4range
	products.price_range numrange
	windows.handle text
	products.handle text
	events.time_range tstzrange
	vendors.contact_id integer
	partner_types.name text
	users.email_verified boolean
	users.email_verified_at timestamp with time zone
	users.email_sent boolean
	users.email_sent_at timestamp without time zone
	users.email_count integer
	users.emails integer
	users.email_count text
	users.email_status text
	users.email_status public.email_status
	users.email_type text
	users.email_opt_in boolean
	users.email_preferences jsonb
	users.email_frequency text
	users.email_template text
	users.email_domain text
	users.email integer
	users.email_id integer
	users.email_id bigint
	users.email_enabled boolean
	settings.email_provider text
	templates.email_subject text
	templates.email_body text
	servers.mail_server text
	users.mailing_list text
	users.email date
	users.phone_verified boolean
	users.phone_verified_at timestamp with time zone
	users.phone_count integer
	users.phones integer
	users.num_phones integer
	users.phone_type text
	users.phone_country_code text
	users.phone_id integer
	users.phone_id bigint
	users.mobile boolean
	devices.phone_model text
	devices.phone_os text
	users.phone_extension text
	sessions.is_mobile boolean
	payments.card_id integer
	payments.card_type text
	payments.card_brand text
	payments.card_last4 text
	payments.card_last_four text
	payments.card_expiry date
	payments.card_count integer
	payments.card_status text
	games.card text
	boards.cards text
	decks.card_name_id integer
	payments.method text
	payments.amount numeric
	accounts.account_id bigint
	accounts.account_type text
	accounts.balance numeric
	accounts.name text
	banks.name text
	ledger.gl_account_number text
	people.passport_id integer
	people.passport_expiry date
	people.passport_verified boolean
	people.national_id uuid
	invoices.tax_rate numeric
	invoices.number text
	invoices.invoice_no text
	orders.order_number text
	people.birth_order integer
	people.birth_country text
	people.birthday_email_sent_at timestamp with time zone
	people.birthday_gift text
	people.age integer
	people.height numeric
	files.file_name text
	files.filename text
	files.name text
	files.hash text
	files.content_hash text
	files.sha256 bytea
	files.checksum text
	files.path text
	files.extension text
	products.name text
	products.product_name text
	products.sku text
	products.description text
	companies.name text
	companies.company_name text
	categories.name text
	countries.name text
	countries.code character(2)
	states.state_code character(2)
	tags.name text
	roles.name text
	user_roles.name text
	user_groups.name text
	customer_segments.name text
	contact_lists.name text
	member_levels.name text
	user_types.name text
	device_drivers.name text
	api_clients.name text
	oauth_clients.name text
	databases.table_name text
	databases.column_name text
	databases.schema_name text
	hosts.hostname text
	hosts.host_name text
	projects.name text
	projects.project_name text
	teams.team_name text
	events.event_name text
	jobs.job_name text
	queues.queue_name text
	pipelines.display_name text
	cities.name text
	users.id bigint
	users.user_id integer
	users.customer_id bigint
	users.uuid uuid
	users.created_at timestamp with time zone
	users.updated_at timestamp with time zone
	users.last_login timestamp with time zone
	users.status text
	users.role text
	users.is_admin boolean
	users.locale text
	users.timezone text
	users.country text
	users.country_code character(2)
	users.state text
	users.state_code character(2)
	users.city text
	users.currency text
	users.language text
	users.theme text
	users.avatar_url text
	users.bio text
	users.login_count integer
	users.score integer
	users.version integer
	users.name_count integer
	users.first_name_length integer
	customers.address_id integer
	customers.address_id bigint
	customers.address_type text
	customers.address_count integer
	customers.address_verified boolean
	customers.address_country text
	customers.city text
	customers.country text
	contracts.contract_address text
	devices.memory_address text
	devices.bus_address integer
	sites.web_address text
	servers.listen_address text
	servers.address text
	zip_codes.zip_code text
	files.zip_path text
	files.zip_size text
	streets.id integer
	servers.ip inet
	servers.ip_address inet
	nodes.ip text
	networks.cidr cidr
	firewall_rules.source_ip inet
	sessions.ip_version integer
	sessions.ip_count text
	sessions.user_agent_id integer
	sessions.zip boolean
	tools.tip text
	tools.ship text
	tools.description text
	airports.latitude double precision
	airports.longitude double precision
	cities.lat numeric
	stores.location point
	cities.location point
	jobs.location text
	files.location text
	users.location_id integer
	users.password_changed_at timestamp with time zone
	users.password_expires date
	users.password_expired boolean
	users.password_policy text
	users.password_version integer
	users.password_algorithm text
	users.password_reset boolean
	users.failed_password_attempts integer
	users.has_password boolean
	users.token_count integer
	users.token_type text
	users.token_expires_at timestamp with time zone
	users.token_ttl text
	usage.prompt_tokens integer
	usage.total_tokens bigint
	usage.max_tokens integer
	pages.next_page_token text
	pages.page_token text
	design.design_token text
	contracts.token_symbol text
	contracts.token_address text
	vocabulary.token text
	keys.public_key text
	keys.key_id text
	keys.key_size text
	api_keys.name text
	api_keys.api_key_name text
	api_keys.key_prefix text
	settings.key text
	settings.value text
	cache.key text
	translations.key text
	kv.value jsonb
	commits.hash text
	blocks.block_hash bytea
	migrations.hash text
	atlas_schema_revisions.hash text
	travel.boarding_pass text
	tests.test_pass text
	food.salt numeric
	maps.pins integer
	countries.calling_code text
	promo.promo_code text
	coupons.code text
	errors.error_code text
	airports.iata_code text
	currencies.code text
	zip.compressed boolean
	jobs.salary_min numeric
	job_postings.salary numeric
	employees.salary_grade text
	employees.salary_currency text
	employees.salary_reviewed_at date
	orders.income numeric
	reports.net_amount numeric
	icd_codes.icd_code text
	patients.diagnosis_id integer
	patients.diagnosis_date date
	patients.allergy_count integer
	systems.health_status_code_id integer
	systems.condition text
	services.treatment text
	plants.disease text
	races.race text
	items.race text
	articles.title text
	articles.body text
	articles.author_id integer
	comments.comment text
	comments.content text
	messages.message text
	logs.message text
	logs.level text
	logs.trace_id text
	logs.request_id uuid
	metrics.value double precision
	metrics.name text
	events.payload jsonb
	events.type text
	orders.total numeric
	orders.notes text
	orders.tracking_number text
	orders.quantity integer
	order_items.sku text
	products.price numeric
	products.weight numeric
	products.barcode text
	products.serial_number text
	products.model_number text
	vehicles.vin_count integer
	flights.flight_number text
	books.isbn text
	pg_catalog.pg_class.relname name
	pg_catalog.pg_roles.rolname name
	pg_catalog.pg_user.usename name
	pg_catalog.pg_stat_activity.client_addr inet
	pg_catalog.pg_stat_activity.application_name text
	pg_catalog.pg_stats.n_distinct real
	pg_catalog.pg_proc.proname name
	pg_catalog.pg_settings.name text
	information_schema.tables.table_name name
	information_schema.columns.column_name name
	shop_demo.customers.loyalty_points integer
	shop_demo.support_tickets.subject text
	shop_demo.products.category text
	cameras.pan numeric
	messages.mac bytea
	boards.pin integer
	categories.parent_name text
	package_managers.name text
	tracks.track_1 text
	schema_migrations.version character varying
	ar_internal_metadata.value character varying`

func rowsOf(list string) []string {
	var out []string
	for _, line := range strings.Split(list, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func TestClassify(t *testing.T) {
	count := 0
	for class, list := range positives {
		for _, row := range rowsOf(list) {
			rel, col := columnOf(t, row)
			assert.Equal(t, class, Classify(rel, col), row)
			count++
		}
	}
	for _, row := range rowsOf(negatives) {
		rel, col := columnOf(t, row)
		assert.Equal(t, Class(""), Classify(rel, col), row)
		count++
	}
	assert.Greater(t, count, 600)
}

// A phrase that is longer than those looked for, or empty, would never be found.
func TestDictionary(t *testing.T) {
	seen := map[string]Class{}
	for _, e := range dictionary {
		assert.NotEmpty(t, e.class.Treatment(), e.class)
		assert.NotZero(t, e.kinds)
		for _, p := range strings.Fields(e.phrases) {
			w := split(p)
			assert.LessOrEqual(t, w.len(), maxPhrase, p)
			assert.Positive(t, w.len(), p)
			if class, twice := seen[w.text]; twice {
				assert.Equal(t, class, e.class, "one phrase, two classes: %s", p)
			}
			seen[w.text] = e.class
		}
	}
}

func TestSplit(t *testing.T) {
	for name, want := range map[string]string{
		"email": "email", "e_mail": "e_mail", "eMail": "e_mail", "EMAIL": "email", "workEMails": "work_e_mail", "IPAddress": "ip_address",
		"userID": "user_id", "addresses": "address", "branches": "branch", "boxes": "box", "address2": "address_2", "companies": "company", "__x__": "x", "": "",
		"prénom": "prenom", "Straße": "strasse", "first name": "first_name", "status": "status", "sha256": "sha_256", "Vorname-alt": "vorname_alt",
	} {
		w := split(name)
		assert.Equal(t, want, w.text, name)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("public", "users", "email", "text", uint32(25))
	f.Add("", "", "", "", uint32(0))
	f.Add("a", "_", "__", `"x`, uint32(1))
	f.Fuzz(func(t *testing.T, schema, relation, column, typ string, oid uint32) {
		rel := &lineage.Relation{Name: lineage.Name{Schema: schema, Name: relation}}
		col := &lineage.Column{Name: column, Type: typ, TypeOID: oid}
		class := Classify(rel, col)
		assert.Equal(t, class, Classify(rel, col))
		if class != "" {
			assert.NotEmpty(t, class.Treatment())
		}
	})
}
