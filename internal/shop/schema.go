package shop

// schema are the statements that make the tables, in an order that satisfies
// the references between them.
var schema = []string{
	`create schema shop_demo`,
	`create table shop_demo.customers (
		id             bigint generated always as identity primary key,
		name           text not null,
		email          text not null unique,
		phone          text,
		birth_date     date,
		address        text,
		city           text,
		country        text,
		loyalty_points integer not null default 0,
		created_at     timestamptz not null
	)`,
	`create table shop_demo.products (
		id       bigint generated always as identity primary key,
		sku      text not null unique,
		name     text not null,
		category text not null,
		price    numeric(10, 2) not null
	)`,
	`create table shop_demo.orders (
		id          bigint generated always as identity primary key,
		customer_id bigint not null references shop_demo.customers,
		status      text not null,
		placed_at   timestamptz not null
	)`,
	`create table shop_demo.order_items (
		order_id   bigint not null references shop_demo.orders,
		line       integer not null,
		product_id bigint not null references shop_demo.products,
		quantity   integer not null,
		unit_price numeric(10, 2) not null,
		primary key (order_id, line)
	)`,
	`create table shop_demo.payments (
		id          bigint generated always as identity primary key,
		order_id    bigint not null references shop_demo.orders,
		method      text not null,
		card_number text,
		iban        text,
		amount      numeric(10, 2) not null,
		paid_at     timestamptz not null
	)`,
	`create table shop_demo.support_tickets (
		id          bigint generated always as identity primary key,
		customer_id bigint not null references shop_demo.customers,
		subject     text not null,
		body        text not null,
		created_at  timestamptz not null
	)`,
	`create table shop_demo.api_clients (
		id         bigint generated always as identity primary key,
		name       text not null unique,
		api_key    text not null unique,
		created_at timestamptz not null
	)`,
	`create index on shop_demo.orders (customer_id)`,
	`create index on shop_demo.payments (order_id)`,
}
