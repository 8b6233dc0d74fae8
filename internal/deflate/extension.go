package deflate

import (
	"errors"
	"strconv"
)

const extensionName = "permessage-deflate"

// extension is permessage-deflate with its parameters (RFC 7692 §7.1), as a client
// offers it or a server accepts it.
type extension struct {
	has        parameters
	serverBits int // 0 without server_max_window_bits
	clientBits int // 0 without client_max_window_bits, or if that has no value
}

// parameters is a set of parameters.
type parameters uint8

const (
	serverNoTakeover parameters = 1 << iota
	clientNoTakeover
	serverBits
	clientBits
)

// What may be wrong with the parameters of an extension.
var (
	errMalformed = errors.New("malformed Sec-WebSocket-Extensions header")
	errUnknown   = errors.New("unknown parameter")
	errRepeated  = errors.New("repeated parameter")
	errValue     = errors.New("invalid or missing value of parameter")
)

// add adds a parameter. It returns an error if the parameter is not allowed there.
func (e *extension) add(name, value string, hasValue bool) error {
	var which parameters
	ok := true
	switch name {
	case "server_no_context_takeover":
		which, ok = serverNoTakeover, !hasValue
	case "client_no_context_takeover":
		which, ok = clientNoTakeover, !hasValue
	case "server_max_window_bits":
		which = serverBits
		e.serverBits, ok = windowBits(value)
	case "client_max_window_bits":
		which = clientBits
		if hasValue {
			e.clientBits, ok = windowBits(value)
		}
	default:
		return errUnknown
	}
	if e.has&which != 0 {
		return errRepeated
	}
	e.has |= which
	if !ok {
		return errValue
	}
	return nil
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

// String returns the extension as an element of the header.
func (e extension) String() string {
	s := extensionName
	if e.has&serverNoTakeover != 0 {
		s += "; server_no_context_takeover"
	}
	if e.has&clientNoTakeover != 0 {
		s += "; client_no_context_takeover"
	}
	if e.has&serverBits != 0 {
		s += "; server_max_window_bits=" + strconv.Itoa(e.serverBits)
	}
	if e.has&clientBits != 0 {
		s += "; client_max_window_bits"
		if e.clientBits != 0 {
			s += "=" + strconv.Itoa(e.clientBits)
		}
	}
	return s
}
