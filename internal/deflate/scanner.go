package deflate

import "strings"

// scanner reads the value of a Sec-WebSocket-Extensions header, of which rest
// is left (RFC 6455 §9.1). It looks at no byte more than twice.
type scanner struct{ rest string }

// more reports whether there is another element in the list, and goes to it.
// Elements may be empty (RFC 2616 §2.1).
func (s *scanner) more() bool {
	for s.space(); s.next(','); s.space() {
	}
	return s.rest != ""
}

// offer reads an element of the list. ok is false if it is not a valid offer of
// permessage-deflate; it has been passed over then.
func (s *scanner) offer() (o offer, ok bool) {
	element := s.rest
	if ok = s.extension(&o); !ok {
		s.rest = element
		s.skip()
	}
	return o, ok
}

func (s *scanner) extension(o *offer) (ok bool) {
	if name, _ := s.token(); name != extensionName {
		return false
	}
	for s.space(); s.next(';'); s.space() {
		s.space()
		if !s.parameter(o) {
			return false
		}
	}
	return s.rest == "" || s.rest[0] == ','
}

func (s *scanner) parameter(o *offer) (ok bool) {
	name, ok := s.token()
	if !ok {
		return false
	}
	s.space()
	if !s.next('=') {
		return o.add(name, "", false)
	}
	s.space()
	value, ok := s.value()
	return ok && o.add(name, value, true)
}

// skip goes to the end of an element, past the commas in quoted strings.
func (s *scanner) skip() {
	quoted := false
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			s.rest = s.rest[i:]
			return
		}
	}
	s.rest = ""
}

// space passes over white space.
func (s *scanner) space() {
	for s.next(' ') || s.next('\t') {
	}
}

// next reads c if it comes next.
func (s *scanner) next(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// token reads a token, which has at least one character.
func (s *scanner) token() (t string, ok bool) {
	n := 0
	for n < len(s.rest) && isToken(s.rest[n]) {
		n++
	}
	t, s.rest = s.rest[:n], s.rest[n:]
	return t, n > 0
}

// value reads a token, or a quoted string that says one.
func (s *scanner) value() (v string, ok bool) {
	if !s.next('"') {
		return s.token()
	}
	var said []byte
	for !s.next('"') {
		s.next('\\') // what it stands before is meant literally
		if s.rest == "" || !isToken(s.rest[0]) {
			return "", false
		}
		said = append(said, s.rest[0])
		s.rest = s.rest[1:]
	}
	return string(said), len(said) > 0
}

// isToken reports whether c may be in a token (RFC 7230 §3.2.6).
func isToken(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
