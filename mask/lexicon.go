package mask

import (
	"strings"
	"sync"
)

// wordSet is a set of words or phrases, written as they come out of split.
type wordSet map[string]bool

func (s wordSet) has(w string) bool { return s[w] }

// compiled is the dictionary in the form that Classify reads.
type compiled struct {
	phrases   map[string][]*entry
	stems     []stem
	people    wordSet
	machines  wordSet
	relatives wordSet
	bareNames wordSet
	tails     wordSet
	writings  wordSet
	labels    wordSet
	counters  wordSet
	fields    wordSet
	aspects   wordSet
	aspectsOf map[Class]wordSet
	keeps     map[Class]wordSet
	before    map[Class]wordSet
	beforeOne map[Class]wordSet
	loose     wordSet
	numbered  wordSet

	numberedOfPeople wordSet
	outside          map[Class]wordSet
	places           []compiledPlace
}

type stem struct {
	text    string
	entries []*entry
}

type compiledPlace struct {
	class   Class
	kinds   kinds
	columns wordSet
	heads   wordSet // nil = words for people
}

// maxPhrase is the number of words in the longest phrase.
const maxPhrase = 5

// lexicon compiles the dictionary, once.
var lexicon = sync.OnceValue(func() *compiled {
	c := &compiled{
		phrases: map[string][]*entry{}, people: setOf(people), machines: setOf(machines), relatives: setOf(relatives), bareNames: setOf(bareNames),
		tails: setOf(tails), writings: setOf(writings), labels: setOf(labels), counters: setOf(counters), fields: setOf(fields), aspects: setOf(aspects),
		aspectsOf: setsOf(aspectsOf), keeps: setsOf(keeps), before: setsOf(before), beforeOne: setsOf(beforeOne), loose: setOf(loose), numbered: setOf(numbered), numberedOfPeople: setOf(numberedOfPeople), outside: setsOf(outside),
	}
	for i := range dictionary {
		e := &dictionary[i]
		for _, p := range strings.Fields(e.phrases) {
			w := split(p)
			c.phrases[w.text] = append(c.phrases[w.text], e)
		}
		for _, p := range strings.Fields(e.stems) {
			c.stems = append(c.stems, stem{p, []*entry{e}})
		}
	}
	for _, p := range places {
		out := compiledPlace{class: p.class, kinds: p.kinds, columns: setOf(p.columns)}
		if p.relations != "" {
			out.heads = setOf(p.relations)
		}
		c.places = append(c.places, out)
	}
	return c
})

// setOf makes a set of a list.
func setOf(list string) wordSet {
	out := wordSet{}
	for _, w := range strings.Fields(list) {
		s := split(w)
		out[s.text] = true
	}
	return out
}

func setsOf(lists map[Class]string) map[Class]wordSet {
	out := make(map[Class]wordSet, len(lists))
	for class, list := range lists {
		out[class] = setOf(list)
	}
	return out
}

// stem finds the entries of a word that is written in one with others: custemail, userpassword.
func (c *compiled) stem(w string) []*entry {
	if len(w) < 7 {
		return nil
	}
	for i := range c.stems {
		if strings.Contains(w, c.stems[i].text) {
			return c.stems[i].entries
		}
	}
	return nil
}
