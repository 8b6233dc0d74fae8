package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// maxReason is the length in bytes of the longest reason that fits into a control frame
// with a code.
const maxReason = MaxControl - 2

// ValidCode reports whether a Close frame may contain the code: one of RFC 6455 §7.4.1
// or the IANA registry that is not reserved for local use, or of the ranges for
// libraries and applications (§7.4.2).
func ValidCode(code uint16) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
		return true
	default:
		return code >= 3000 && code <= 4999
	}
}

// ParseClose parses the payload of a Close frame. The code of an empty one is 0.
func ParseClose(p []byte) (code uint16, reason string, err error) {
	switch len(p) {
	case 0:
		return 0, "", nil
	case 1:
		return 0, "", ErrCloseTooShort
	}
	code = binary.BigEndian.Uint16(p)
	if !ValidCode(code) {
		return 0, "", ErrCloseCode
	}
	if !utf8.Valid(p[2:]) {
		return 0, "", ErrCloseReason
	}
	return code, string(p[2:]), nil
}

// AppendClose appends to dst the payload of a Close frame and returns the extended
// slice. A reason that is too long is cut between characters. The payload is empty for
// code 0.
func AppendClose(dst []byte, code uint16, reason string) []byte {
	if code == 0 {
		return dst
	}
	return append(binary.BigEndian.AppendUint16(dst, code), cut(reason)...)
}

// cut returns as much of the reason as fits.
func cut(reason string) string {
	if len(reason) <= maxReason {
		return reason
	}
	end := maxReason
	for end > 0 && !utf8.RuneStart(reason[end]) {
		end--
	}
	return reason[:end]
}
