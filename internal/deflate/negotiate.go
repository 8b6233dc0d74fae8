package deflate

import "strconv"

const extensionName = "permessage-deflate"

// Negotiate accepts the first valid offer of permessage-deflate. offers are the
// values of the Sec-WebSocket-Extensions lines of the request, unparsed. answer is
// the value of that header in the response. If ok is false, the response must not
// have such a header. An offer that cannot be parsed, or that violates RFC 7692
// §7.1, is skipped, as those of other extensions are, and the next one may be
// accepted. One with a semicolon too many, as in "permessage-deflate;", which RFC
// 6455 §9.1 does not allow, is skipped too.
func Negotiate(offers []string, c Config) (p Params, answer string, ok bool) {
	for _, line := range offers {
		for parser := (offerParser{line}); parser.more(); {
			if o, ok := parser.offer(); ok {
				p := o.accept(c)
				return p, o.answer(p), true
			}
		}
	}
	return Params{}, "", false
}

// offer is an offer of permessage-deflate.
type offer struct {
	seen       seen
	serverBits int // 0 if the offer does not have it
	clientBits int // 0 if the offer does not have it, or without a value
}

// seen is the set of parameters that an offer has.
type seen uint8

const (
	serverNoTakeover seen = 1 << iota
	clientNoTakeover
	serverBits
	clientBits
)

// add adds a parameter. ok is false if it is not allowed there.
func (o *offer) add(name, value string, hasValue bool) (ok bool) {
	var which seen
	ok = true
	switch name {
	case "server_no_context_takeover":
		which, ok = serverNoTakeover, !hasValue
	case "client_no_context_takeover":
		which, ok = clientNoTakeover, !hasValue
	case "server_max_window_bits":
		which = serverBits
		o.serverBits, ok = windowBits(value)
	case "client_max_window_bits":
		which = clientBits
		if hasValue {
			o.clientBits, ok = windowBits(value)
		}
	default:
		return false
	}
	if o.seen&which != 0 {
		return false
	}
	o.seen |= which
	return ok
}

// windowBits parses a decimal number from 8 to 15 without leading zeros.
func windowBits(value string) (n int, ok bool) {
	switch {
	case value == "8" || value == "9":
		return int(value[0] - '0'), true
	case len(value) == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5':
		return 10 + int(value[1]-'0'), true
	}
	return 0, false
}

// accept returns what the offer and the configuration of the server result in. A
// client that cannot be asked for a smaller window is asked for no context takeover
// instead, so that the server need not keep a large window.
//
// A client is not asked for a window below leastDeflated unless it has offered one
// itself: many cannot compress for it and refuse such an answer.
func (o *offer) accept(c Config) Params {
	clientMost := c.ClientWindowBits
	if clientMost != 0 {
		clientMost = max(clientMost, leastDeflated)
	}
	p := Params{
		ServerNoTakeover: c.NoServerTakeover || o.seen&serverNoTakeover != 0,
		ClientNoTakeover: c.NoClientTakeover || o.seen&clientNoTakeover != 0,
		ServerWindowBits: least(c.ServerWindowBits, o.serverBits),
		ClientWindowBits: least(clientMost, o.clientBits),
	}
	if o.seen&clientBits == 0 && p.ClientWindowBits < maxBits {
		p.ClientNoTakeover, p.ClientWindowBits = true, maxBits
	}
	return p
}

// least returns the smaller number of bits. 0 means maxBits.
func least(configured, offered int) int {
	if configured == 0 {
		configured = maxBits
	}
	if offered == 0 {
		offered = maxBits
	}
	return max(min(configured, offered), minBits)
}

// answer returns the value for the response (RFC 7692 §7.1). It leaves out
// parameters that have their default, unless the offer has them.
func (o *offer) answer(p Params) string {
	a := extensionName
	if p.ServerNoTakeover {
		a += "; server_no_context_takeover"
	}
	if p.ClientNoTakeover {
		a += "; client_no_context_takeover"
	}
	if p.ServerWindowBits < maxBits || o.seen&serverBits != 0 {
		a += "; server_max_window_bits=" + strconv.Itoa(p.ServerWindowBits)
	}
	if p.ClientWindowBits < maxBits {
		a += "; client_max_window_bits=" + strconv.Itoa(p.ClientWindowBits)
	}
	return a
}
