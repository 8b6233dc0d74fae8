package deflate

// Negotiate is the server's part: it accepts the first valid offer of
// permessage-deflate. offers are the values of the Sec-WebSocket-Extensions lines of
// the request, unparsed. answer is the value of that header in the response. If ok is
// false, the response must not have such a header. An offer that cannot be parsed, or that violates RFC 7692
// §7.1, is skipped, as those of other extensions are, and the next one may be
// accepted. One with a semicolon too many, as in "permessage-deflate;", which RFC
// 6455 §9.1 does not allow, is skipped too.
func Negotiate(offers []string, c Config) (p Params, answer string, ok bool) {
	for _, line := range offers {
		for parser := (headerParser{rest: line}); parser.more(); {
			if offer, ok := parser.offer(); ok {
				p := offer.accept(c)
				return p, offer.answer(p).String(), true
			}
		}
	}
	return Params{}, "", false
}

// accept returns what an offer and the configuration of the server result in. A
// client that cannot be asked for a smaller window is asked for no context takeover
// instead, so that the server need not keep a large window. A client is not asked
// for a window below leastDeflated unless it has offered one itself.
func (offer *extension) accept(c Config) Params {
	p := Params{
		NoSendTakeover: c.NoSendTakeover || offer.has&serverNoTakeover != 0,
		NoRecvTakeover: c.NoRecvTakeover || offer.has&clientNoTakeover != 0,
		SendWindowBits: least(c.SendWindowBits, offer.serverBits),
		RecvWindowBits: least(asked(c.RecvWindowBits), offer.clientBits),
	}
	if offer.has&clientBits == 0 && p.RecvWindowBits < maxBits {
		p.NoRecvTakeover, p.RecvWindowBits = true, maxBits
	}
	return p
}

// answer returns what the response to an offer has (RFC 7692 §7.1). It leaves out
// parameters that have their default, unless the offer has them.
func (offer *extension) answer(p Params) extension {
	a := extension{serverBits: p.SendWindowBits, clientBits: p.RecvWindowBits}
	if p.NoSendTakeover {
		a.has |= serverNoTakeover
	}
	if p.NoRecvTakeover {
		a.has |= clientNoTakeover
	}
	if p.SendWindowBits < maxBits || offer.has&serverBits != 0 {
		a.has |= serverBits
	}
	if p.RecvWindowBits < maxBits {
		a.has |= clientBits
	}
	return a
}
