package deflate

import (
	"errors"
	"fmt"
)

// Offer is the first half of the client's part: it returns the value of the
// Sec-WebSocket-Extensions header of a request, for Agree to check the response to.
//
// If c limits a window, Offer makes two offers, in the order of preference. A server that
// does not support server_max_window_bits has to decline the first (RFC 7692 §7.1.2.1),
// and so does one that is configured for a larger window, of either side: Node's ws then
// refuses the handshake if there is no other offer. The second offer does not limit the
// windows. For that to receive, it asks for no context takeover instead, so that no
// large window is kept between messages. That to send is limited without being offered.
//
// Every offer has client_max_window_bits: without it the server may not limit the
// window that it has to keep for what the client sends (§7.1.2.2).
func Offer(c Config) string {
	first := extension{has: clientBits}
	if c.NoSendTakeover {
		first.has |= clientNoTakeover
	}
	if c.NoRecvTakeover {
		first.has |= serverNoTakeover
	}
	second := first
	if bits := least(c.SendWindowBits, 0); bits < maxBits {
		first.clientBits = bits
	}
	if bits := asked(c.RecvWindowBits); bits < maxBits {
		first.has |= serverBits
		first.serverBits = bits
		second.has |= serverNoTakeover
	}
	if first == second {
		return first.String()
	}
	return first.String() + ", " + second.String()
}

// Agree is the second half: it checks the response of a server to Offer(c) (RFC 6455
// §4.1, RFC 7692 §7.1). lines are the values of the Sec-WebSocket-Extensions lines of
// the response, unparsed. ok is false if there is no extension, or if err is not nil.
// Then the connection must be failed.
//
// Agree tolerates two things that RFC 7692 does not allow, because they do no harm.
// If the response lacks server_no_context_takeover, which some servers ignore, this
// side keeps a window, no larger than configured. If client_max_window_bits is larger
// than offered, this side uses its own window, and a larger one can decode what it
// sends. It does not tolerate a response to an offer of server_max_window_bits that
// has neither that parameter nor server_no_context_takeover, since it would have to
// keep a window larger than configured.
func Agree(lines []string, c Config) (p Params, ok bool, err error) {
	response, ok, err := parseResponse(lines, extensionName)
	if err != nil || !ok {
		return Params{}, false, err
	}
	if err := response.check(c); err != nil {
		return Params{}, false, err
	}
	return Params{
		NoSendTakeover: c.NoSendTakeover || response.has&clientNoTakeover != 0,
		NoRecvTakeover: response.has&serverNoTakeover != 0,
		SendWindowBits: least(c.SendWindowBits, response.clientBits),
		RecvWindowBits: least(0, response.serverBits),
	}, true, nil
}

// AgreeNone is Agree for a request without an offer. It returns an error if there is
// an extension in the response.
func AgreeNone(lines []string) error {
	_, _, err := parseResponse(lines, "")
	return err
}

// parseResponse parses the header of a response, which may have one extension: the
// offered one. ok is false if it has none.
func parseResponse(lines []string, offered string) (e extension, ok bool, err error) {
	if len(lines) > 1 { // RFC 6455 §11.3.2
		return e, false, errors.New("more than one Sec-WebSocket-Extensions header")
	}
	for _, line := range lines {
		for p := (headerParser{rest: line}); p.more(); ok = true {
			name, valid := p.token()
			switch {
			case !valid:
				return e, false, errMalformed
			case name != offered:
				return e, false, fmt.Errorf("extension %.*q was not offered", maxQuoted, name)
			case ok: // RFC 7692 §5.1
				return e, false, fmt.Errorf("extension %s is accepted twice", name)
			}
			if err := p.parameters(&e); err != nil {
				return e, false, p.explain(err)
			}
		}
	}
	return e, ok, nil
}

// maxQuoted is the most bytes of the response that an error quotes at a time.
const maxQuoted = 40

// explain adds to an error of a parameter which one it is.
func (p *headerParser) explain(err error) error {
	if err == errMalformed {
		return err
	}
	return fmt.Errorf("%w %.*q of %s", err, maxQuoted, p.name, extensionName)
}

// check returns an error if a response does not fit any of the offers of Offer(c).
func (response *extension) check(c Config) error {
	most := asked(c.RecvWindowBits)
	switch {
	case response.has&clientBits != 0 && response.clientBits == 0: // §7.1.2.2
		return fmt.Errorf("%w %q of %s", errValue, "client_max_window_bits", extensionName)
	case most == maxBits || response.has&serverNoTakeover != 0:
		return nil // it fits the only offer, or the second
	case response.has&serverBits == 0: // §7.1.2.1
		return errors.New("response has neither server_max_window_bits nor server_no_context_takeover")
	case response.serverBits > most:
		return fmt.Errorf("server_max_window_bits of %d is larger than the offered %d", response.serverBits, most)
	}
	return nil
}
