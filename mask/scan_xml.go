package mask

import "strings"

// markup masks the XML in a text: what stands in an element or an attribute is hidden by its name, as a member of an object is
// by its key. What is no XML is left as it is.
func (s *Scan) markup(text string) (out string, changed bool) {
	w := xmlWalk{in: text, scan: s}
	for w.at < len(text) {
		open := strings.IndexByte(text[w.at:], '<')
		if open < 0 {
			open = len(text) - w.at
		}
		w.content(w.at, w.at+open)
		if w.at += open; w.at < len(text) {
			w.tag()
		}
	}
	if w.copied == 0 {
		return text, false
	}
	return string(append(w.out, text[w.copied:]...)), true
}

// element is one that is open.
type element struct {
	name   string
	hidden Class
}

// xmlWalk goes through a text and copies what it leaves alone.
type xmlWalk struct {
	in         string
	out        []byte
	at, copied int
	open       []element
	scan       *Scan
}

func (w *xmlWalk) top() element {
	if len(w.open) == 0 {
		return element{name: w.scan.json.relation, hidden: w.scan.json.top.hidden}
	}
	return w.open[len(w.open)-1]
}

// says is the class that a name says of what stands in an element. The root has a name of its own: what stands above the document
// counts for what is below the root, too.
func (w *xmlWalk) says(above element, name string) Class {
	m := member{name: above.name}
	if len(w.open) <= 1 {
		m.contexts, m.levels = w.scan.json.top.contexts, 1
	}
	return w.scan.json.keyAt(&m, name).class
}

// content masks the text between two tags.
func (w *xmlWalk) content(from, to int) {
	text := w.in[from:to]
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return
	}
	start := from + strings.Index(text, trimmed)
	w.mask(start, start+len(trimmed), w.top().hidden)
}

// mask puts what stands for a value in its place.
func (w *xmlWalk) mask(from, to int, hidden Class) {
	if hidden == "" || from == to {
		return
	}
	s := w.scan
	s.json.found = severest(s.json.found, hidden)
	w.out = append(append(w.out, w.in[w.copied:from]...), s.hide(hidden, w.in[from:to])...)
	w.copied = to
}

// tag reads what begins with <.
func (w *xmlWalk) tag() {
	const comment, data, instruction = "<!--", "<![CDATA[", "<?"
	rest := w.in[w.at:]
	switch {
	case strings.HasPrefix(rest, comment):
		w.past(len(comment), "-->", w.top().hidden)
	case strings.HasPrefix(rest, data):
		w.past(len(data), "]]>", w.top().hidden)
	case strings.HasPrefix(rest, instruction):
		w.past(len(instruction), "?>", "")
	case strings.HasPrefix(rest, "</"):
		if len(w.open) > 0 {
			w.open = w.open[:len(w.open)-1]
		}
		w.past(len("</"), ">", "")
	default:
		w.element()
	}
}

// past goes on behind an end, and masks what stands before it.
func (w *xmlWalk) past(begin int, end string, hidden Class) {
	from := w.at + begin
	n := strings.Index(w.in[from:], end)
	if n < 0 {
		w.mask(from, len(w.in), hidden)
		w.at = len(w.in)
		return
	}
	w.mask(from, from+n, hidden)
	w.at = from + n + len(end)
}

// element reads the tag that opens an element, with its attributes.
func (w *xmlWalk) element() {
	w.at++
	name := w.name()
	if name == "" {
		return // a sign that is no tag
	}
	e := element{name: name, hidden: severest(w.top().hidden, w.says(w.top(), name))}
	for w.at < len(w.in) {
		switch b := w.in[w.at]; {
		case b == '>':
			w.at++
			w.open = append(w.open, e)
			return
		case strings.HasPrefix(w.in[w.at:], "/>"):
			w.at += len("/>")
			return
		case strings.IndexByte(" \t\r\n/=", b) >= 0:
			w.at++
		case b == '"' || b == '\'':
			w.past(1, string(b), e.hidden)
		default:
			w.attribute(&e)
		}
	}
}

// attribute reads a name, and its value where it has one.
func (w *xmlWalk) attribute(e *element) {
	name := w.name()
	if name == "" {
		w.at++
		return
	}
	for w.at < len(w.in) && strings.IndexByte(" \t\r\n=", w.in[w.at]) >= 0 {
		w.at++
	}
	if w.at < len(w.in) && (w.in[w.at] == '"' || w.in[w.at] == '\'') {
		quote, begin := w.in[w.at:w.at+1], w.at+1
		w.past(1, quote, severest(e.hidden, w.says(*e, name)))
		if pairKeys[strings.ToLower(name)] { // <field name="ssn">
			e.hidden = severest(e.hidden, w.says(w.top(), strings.TrimSuffix(w.in[begin:w.at], quote)))
		}
	}
}

// name reads a name and gives it without its prefix.
func (w *xmlWalk) name() string {
	from := w.at
	for w.at < len(w.in) && strings.IndexByte(" \t\r\n/=<>\"'", w.in[w.at]) < 0 {
		w.at++
	}
	name := w.in[from:w.at]
	return name[strings.LastIndexByte(name, ':')+1:]
}
