package deflate

import "strings"

// offerParser reads the value of a Sec-WebSocket-Extensions header, of which rest
// is left (RFC 6455 §9.1). It looks at no byte more than twice.
type offerParser struct{ rest string }

// more reports whether there is another element in the list, and goes to it.
// Elements may be empty (RFC 2616 §2.1).
func (p *offerParser) more() bool {
	for p.space(); p.next(','); p.space() {
	}
	return p.rest != ""
}

// offer reads an element of the list. ok is false if it is not a valid offer of
// permessage-deflate; it has been passed over then.
func (p *offerParser) offer() (o offer, ok bool) {
	element := p.rest
	if ok = p.extension(&o); !ok {
		p.rest = element
		p.skip()
	}
	return o, ok
}

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

// skip goes to the end of an element, past the commas in quoted strings.
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

// space passes over white space.
func (p *offerParser) space() {
	for p.next(' ') || p.next('\t') {
	}
}

// next reads c if it comes next.
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

// value reads a token, or a quoted string that says one.
func (p *offerParser) value() (v string, ok bool) {
	if !p.next('"') {
		return p.token()
	}
	var said []byte
	for !p.next('"') {
		p.next('\\') // what it stands before is meant literally
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
