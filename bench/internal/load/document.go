package load

import (
	"fmt"
	"math/rand/v2"
)

// Words that documents are made of.
var (
	firstNames = []string{"Ada", "Björn", "Chloé", "Dmitri", "Emeka", "Fatima", "Grace", "Hiroshi", "Inês", "José", "Kofi", "Lan"}
	lastNames  = []string{"Andersson", "Brown", "Costa", "Diallo", "Eriksen", "Fischer", "García", "Haddad", "Ito", "Jensen", "Kim", "López"}
	cities     = []string{"Amsterdam", "Bogotá", "Cairo", "Delhi", "Edinburgh", "Florence", "Göteborg", "Hanoi", "Istanbul", "Jakarta"}
	states     = []string{"accepted", "packed", "shipped", "delivered", "returned"}
)

const documentEnd = `{"more":""}]}`

// shortDocument is the size below which the rest of a document, where no order
// fits, is words. Digits, which hardly compress, would be a third of some.
const shortDocument = 512

// document is JSON of exactly size bytes, or of the least it takes: a list of
// orders, all alike in form and different in what they say.
func document(random *rand.Rand, size int) []byte {
	b := fmt.Appendf(nil, `{"type":"orders","sequence":%d,"orders":[`, random.IntN(1_000_000))
	for {
		order := order(random)
		if len(b)+len(order)+len(documentEnd) > size {
			break
		}
		b = append(b, order...)
	}
	b = append(b, `{"more":"`...)
	if size < shortDocument {
		b = appendWords(b, random, size-len(`"}]}`))
	}
	for len(b) < size-len(`"}]}`) {
		b = append(b, "0123456789abcdef"[random.IntN(16)])
	}
	return append(b, `"}]}`...)
}

// appendWords appends words, as long as they leave b no longer than size.
func appendWords(b []byte, random *rand.Rand, size int) []byte {
	for {
		word := states[random.IntN(len(states))]
		if len(b)+len(word)+1 > size {
			return b
		}
		b = append(append(b, word...), ' ')
	}
}

func order(random *rand.Rand) []byte {
	one := func(words []string) string { return words[random.IntN(len(words))] }
	return fmt.Appendf(nil, `{"id":"%08x","name":"%s %s","city":"%s","state":"%s","price":%d.%02d,"quantity":%d,"paid":%t},`,
		random.Uint32(), one(firstNames), one(lastNames), one(cities), one(states),
		random.IntN(1000), random.IntN(100), 1+random.IntN(9), random.IntN(2) == 0)
}
