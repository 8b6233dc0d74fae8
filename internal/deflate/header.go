package deflate

import "strings"

// offerParser parses the value of a Sec-WebSocket-Extensions header (RFC 6455
// §9.1), of which rest is left. It looks at each byte at most twice.
type offerParser struct{ rest string }

// more skips to the next element of the list, and reports whether there is one.
// Elements may be empty (RFC 2616 §2.1).
func (p *offerParser) more() bool {
	for p.space(); p.next(','); p.space() {
	}
	return p.rest != ""
}

// offer reads an element of the list. If it is not a valid offer of
// permessage-deflate, offer skips it and ok is false.
func (p *offerParser) offer() (o offer, ok bool) {
	element := p.rest
	if ok = p.extension(&o); !ok {
		p.rest = element
		p.skip()
	}
	return o, ok
}

// extension reads an offer of permessage-deflate.
func (p *offerParser) extension(o *offer) (ok bool) {
	if name, _ := p.token(); name != extensionName {
		return false
	}
	for p.space(); p.next(';'); p.space() {
		p.space()
		if !p.parameter(o) {
			return false
		}
	}
	return p.rest == "" || p.rest[0] == ','
}

// parameter reads a parameter of an offer.
func (p *offerParser) parameter(o *offer) (ok bool) {
	name, ok := p.token()
	if !ok {
		return false
	}
	p.space()
	if !p.next('=') {
		return o.add(name, "", false)
	}
	p.space()
	value, ok := p.value()
	return ok && o.add(name, value, true)
}

// skip skips to the end of an element. It ignores commas in quoted strings.
func (p *offerParser) skip() {
	quoted := false
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			p.rest = p.rest[i:]
			return
		}
	}
	p.rest = ""
}

// space skips white space.
func (p *offerParser) space() {
	for p.next(' ') || p.next('\t') {
	}
}

// next skips c, and reports whether it was there.
func (p *offerParser) next(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// token reads a token, which has at least one character.
func (p *offerParser) token() (t string, ok bool) {
	n := 0
	for n < len(p.rest) && isToken(p.rest[n]) {
		n++
	}
	t, p.rest = p.rest[:n], p.rest[n:]
	return t, n > 0
}

// value reads a token, or a quoted string whose contents are one.
func (p *offerParser) value() (v string, ok bool) {
	if !p.next('"') {
		return p.token()
	}
	var said []byte
	for !p.next('"') {
		p.next('\\') // the next character is meant literally
		if p.rest == "" || !isToken(p.rest[0]) {
			return "", false
		}
		said = append(said, p.rest[0])
		p.rest = p.rest[1:]
	}
	return string(said), len(said) > 0
}

// isToken reports whether c may be in a token (RFC 7230 §3.2.6).
func isToken(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
