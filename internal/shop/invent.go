package shop

import (
	"fmt"
	"strings"
	"time"

	"github.com/brianvoe/gofakeit/v7"
)

// How many of each are invented. Order items and payments follow from orders.
const (
	customers = 200
	products  = 40
	orders    = 600
	tickets   = 120
	clients   = 12
)

// The shop's life: fixed, so that the data does not depend on the day.
var (
	opened = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	closed = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// places are where customers live; a random city in a random country would
// not look like a place.
var places = []struct{ city, country string }{
	{"Berlin", "Germany"},
	{"Hamburg", "Germany"},
	{"Vienna", "Austria"},
	{"Utrecht", "Netherlands"},
	{"Lyon", "France"},
	{"Porto", "Portugal"},
	{"Bologna", "Italy"},
	{"Seville", "Spain"},
	{"Leeds", "United Kingdom"},
	{"Cork", "Ireland"},
	{"Boston", "United States"},
	{"Toronto", "Canada"},
}

// An inventor makes up the rows. Everything comes from one seeded source, so
// the order of the calls is part of the data.
type inventor struct {
	fake   *gofakeit.Faker
	people []person
	prices []int // of the products, in cents, by id-1

	customers, products, orders, items, payments, tickets, clients *table
}

// A person is what other tables say about a customer.
type person struct {
	name, email, phone string
	card, iban         string
	joined             time.Time
}

// invent returns the tables in the order in which they refer to each other.
func invent() []*table {
	v := &inventor{
		fake: gofakeit.New(1),
		customers: newTable("customers", "name", "email", "phone", "birth_date",
			"address", "city", "country", "loyalty_points", "created_at"),
		products: newTable("products", "sku", "name", "category", "price"),
		orders:   newTable("orders", "customer_id", "status", "placed_at"),
		items:    newTable("order_items", "order_id", "line", "product_id", "quantity", "unit_price"),
		payments: newTable("payments", "order_id", "method", "card_number", "iban", "amount", "paid_at"),
		tickets:  newTable("support_tickets", "customer_id", "subject", "body", "created_at"),
		clients:  newTable("api_clients", "name", "api_key", "created_at"),
	}
	repeat(customers, v.customer)
	repeat(products, v.product)
	repeat(orders, v.order)
	repeat(tickets, v.ticket)
	repeat(clients, v.client)
	return []*table{v.customers, v.products, v.orders, v.items, v.payments, v.tickets, v.clients}
}

func repeat(n int, f func()) {
	for range n {
		f()
	}
}

func (v *inventor) customer() {
	first, last := v.fake.FirstName(), v.fake.LastName()
	place := places[v.below(len(places))]
	p := person{
		name:   first + " " + last,
		email:  v.email(first, last),
		phone:  v.fake.PhoneFormatted(),
		card:   v.fake.CreditCardNumber(&gofakeit.CreditCardOptions{Types: []string{"visa", "mastercard"}}),
		iban:   v.iban(),
		joined: v.between(opened, closed),
	}
	v.people = append(v.people, p)
	birth := v.between(opened.AddDate(-80, 0, 0), opened.AddDate(-18, 0, 0)).Truncate(24 * time.Hour)
	v.customers.add(p.name, p.email, v.sometimes(9, p.phone), birth,
		v.fake.Street(), place.city, place.country, v.below(5000), p.joined)
}

// email makes an address of a name. The column is unique, so a name that came
// up before gets a number.
func (v *inventor) email(first, last string) string {
	local := strings.ToLower(first + "." + last)
	if v.below(3) == 0 {
		local += fmt.Sprint(len(v.people) + 1)
	}
	domain := v.fake.RandomString([]string{"example.com", "example.org", "example.net"})
	for _, other := range v.people {
		if other.email == local+"@"+domain {
			return fmt.Sprintf("%s.%d@%s", local, len(v.people)+1, domain)
		}
	}
	return local + "@" + domain
}

func (v *inventor) iban() string {
	switch v.below(3) {
	case 0:
		return iban("AT", v.fake.DigitN(16))
	case 1:
		return iban("NL", strings.ToUpper(v.fake.LetterN(4))+v.fake.DigitN(10))
	default:
		return iban("DE", v.fake.DigitN(18))
	}
}

func (v *inventor) product() {
	sku := fmt.Sprintf("P-%04d", 1000+len(v.prices))
	price := 500 + v.below(20000)
	v.prices = append(v.prices, price)
	v.products.add(sku, v.fake.ProductName(), v.fake.ProductCategory(), money(price))
}

// order makes an order with its items and, unless nothing was paid yet, its
// payment.
func (v *inventor) order() {
	customer := v.below(customers)
	p := v.people[customer]
	status := v.fake.RandomString([]string{"placed", "paid", "shipped", "delivered", "delivered", "cancelled"})
	placed := v.between(p.joined, closed)
	id := v.orders.add(customer+1, status, placed)
	cents := 0
	for line := range 1 + v.below(4) {
		product, quantity := v.below(products), 1+v.below(3)
		v.items.add(id, line+1, product+1, quantity, money(v.prices[product]))
		cents += quantity * v.prices[product]
	}
	if status != "placed" && status != "cancelled" {
		v.payment(id, p, money(cents), placed.Add(time.Duration(1+v.below(600))*time.Minute))
	}
}

func (v *inventor) payment(order int, p person, amount string, paid time.Time) {
	if v.below(4) == 0 {
		v.payments.add(order, "transfer", nil, p.iban, amount, paid)
		return
	}
	v.payments.add(order, "card", p.card, nil, amount, paid)
}

// ticket writes what people write: half of it mentions what a form would have
// asked for in a field of its own.
func (v *inventor) ticket() {
	customer := v.below(customers)
	p := v.people[customer]
	subjects := []string{"Where is my order?", "Wrong size", "Refund", "Change of address", "Damaged parcel", "Invoice"}
	subject := v.fake.RandomString(subjects)
	order := 1 + v.below(orders)
	body := v.fake.RandomString([]string{
		fmt.Sprintf("Order %d has not arrived. Please write to %s or call %s.", order, p.email, p.phone),
		fmt.Sprintf("Hello, this is %s. Please send the refund for order %d to %s.", p.name, order, p.iban),
		fmt.Sprintf("I was charged twice on my card %s, can you check? Thanks, %s", p.card, p.name),
		fmt.Sprintf("The parcel of order %d was open when it came, one item is missing.", order),
		"Do you deliver on Saturdays?",
		fmt.Sprintf("Please cancel order %d, I found it in a shop nearby.", order),
	})
	v.tickets.add(customer+1, subject, body, v.between(p.joined, closed))
}

func (v *inventor) client() {
	n := len(v.clients.rows) + 1
	kind := v.fake.RandomString([]string{"warehouse", "newsletter", "reporting", "app"})
	v.clients.add(fmt.Sprintf("%s-%02d", kind, n), "sk_test_"+v.letters(32), v.between(opened, closed))
}

// letters returns n letters and digits, as keys are made of.
func (v *inventor) letters(n int) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[v.below(len(alphabet))]
	}
	return string(text)
}

// below returns a number from 0 to n-1.
func (v *inventor) below(n int) int { return v.fake.IntRange(0, n-1) }

// between returns a time with the precision that the server keeps.
func (v *inventor) between(from, to time.Time) time.Time {
	return from.Add(time.Duration(v.below(int(to.Sub(from)/time.Second))) * time.Second)
}

// sometimes returns value in n cases of ten, else nothing.
func (v *inventor) sometimes(n int, value string) any {
	if v.below(10) < n {
		return value
	}
	return nil
}

// money writes cents the way numeric columns do; floats would not add up.
func money(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
