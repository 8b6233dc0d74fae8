package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// maxReason is the longest reason that fits a control frame beside its code.
const maxReason = MaxControl - 2

// ValidCode reports whether a close code may stand in a Close frame: those of
// RFC 6455 §7.4.1 and the IANA registry that are not for local use only, and
// the ranges of §7.4.2 for libraries and applications.
func ValidCode(code uint16) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
		return true
	default:
		return code >= 3000 && code <= 4999
	}
}

// ParseClose reads the payload of a Close frame. An empty one has code 0.
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

// AppendClose adds to dst the payload of a Close frame, nothing for code 0,
// with the reason cut at a character border to what the frame can hold.
func AppendClose(dst []byte, code uint16, reason string) []byte {
	if code == 0 {
		return dst
	}
	return append(binary.BigEndian.AppendUint16(dst, code), cut(reason)...)
}

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
