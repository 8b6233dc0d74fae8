package deflate

import "strconv"

const extensionName = "permessage-deflate"

// Negotiate chooses the first offer of permessage-deflate that c can accept.
// offers are the values of a request's Sec-WebSocket-Extensions lines, as they
// came. answer is the value for the response, which has no such header when ok
// is false. An offer that cannot be read, or breaks RFC 7692 §7.1, is passed
// over like one for another extension: it declines that offer alone. So is one
// with a semicolon too many, as in "permessage-deflate;", for which RFC 6455
// §9.1 has no place: its client gets a session without compression.
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
	serverBits int // 0 when it is not there
	clientBits int // the same, or when it is there without a value
}

// seen are the parameters an offer has.
type seen uint8

const (
	serverNoTakeover seen = 1 << iota
	clientNoTakeover
	serverBits
	clientBits
)

// add takes in a parameter. ok is false if it may not stand there.
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

// windowBits reads a decimal from 8 to 15 without leading zeros.
func windowBits(value string) (n int, ok bool) {
	switch {
	case value == "8" || value == "9":
		return int(value[0] - '0'), true
	case len(value) == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5':
		return 10 + int(value[1]-'0'), true
	}
	return 0, false
}

// accept makes an agreement of the offer and what the server is willing to do.
// A client that cannot be told to use a smaller window is told not to use one
// message's context for the next, so that the server need not keep it.
//
// A client is asked for no window below leastDeflated unless it has offered one
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

// least is the smaller number of bits, where 0 stands for the most there can be.
func least(configured, offered int) int {
	if configured == 0 {
		configured = maxBits
	}
	if offered == 0 {
		offered = maxBits
	}
	return max(min(configured, offered), minBits)
}

// answer is the response that says so (RFC 7692 §7.1). What is the default is
// left out, unless it was asked for.
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
