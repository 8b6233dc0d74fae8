package deflate

import "strings"

// headerParser parses the value of a Sec-WebSocket-Extensions header (RFC 6455
// §9.1), of which rest is left. It looks at each byte at most twice.
type headerParser struct {
	rest string
	name string // of the last parameter
}

// more skips to the next element of the list, and reports whether there is one.
// Elements may be empty (RFC 2616 §2.1).
func (p *headerParser) more() bool {
	for p.space(); p.next(','); p.space() {
	}
	return p.rest != ""
}

// offer reads an element of the list. If it is not a valid offer of
// permessage-deflate, offer skips it and ok is false.
func (p *headerParser) offer() (e extension, ok bool) {
	element := p.rest
	if name, _ := p.token(); name == extensionName && p.parameters(&e) == nil {
		return e, true
	}
	p.rest = element
	p.skip()
	return extension{}, false
}

// parameters reads the parameters of permessage-deflate, to the end of the element.
func (p *headerParser) parameters(e *extension) error {
	for p.space(); p.next(';'); p.space() {
		p.space()
		if err := p.parameter(e); err != nil {
			return err
		}
	}
	if p.rest != "" && p.rest[0] != ',' {
		return errMalformed
	}
	return nil
}

// parameter reads a parameter.
func (p *headerParser) parameter(e *extension) error {
	var ok bool
	if p.name, ok = p.token(); !ok {
		return errMalformed
	}
	p.space()
	if !p.next('=') {
		return e.add(p.name, "", false)
	}
	p.space()
	value, ok := p.value()
	if !ok {
		return errMalformed
	}
	return e.add(p.name, value, true)
}

// skip skips to the end of an element. It ignores commas in quoted strings.
func (p *headerParser) skip() {
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
func (p *headerParser) space() {
	for p.next(' ') || p.next('\t') {
	}
}

// next skips c, and reports whether it was there.
func (p *headerParser) next(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// token reads a token, which has at least one character.
func (p *headerParser) token() (t string, ok bool) {
	n := 0
	for n < len(p.rest) && isToken(p.rest[n]) {
		n++
	}
	t, p.rest = p.rest[:n], p.rest[n:]
	return t, n > 0
}

// value reads a token, or a quoted string whose contents are one.
func (p *headerParser) value() (v string, ok bool) {
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
