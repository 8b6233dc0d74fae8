package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// Valid codes are those that a frame may have.
func TestValidCode(t *testing.T) {
	named := map[uint16]bool{1000: true, 1001: true, 1002: true, 1003: true, 1007: true, 1008: true,
		1009: true, 1010: true, 1011: true, 1012: true, 1013: true, 1014: true}
	for code := range 1 << 16 {
		want := named[uint16(code)] || code/1000 == 3 || code/1000 == 4
		if got := ValidCode(uint16(code)); got != want {
			t.Errorf("code %d: %v, want %v", code, got, want)
		}
	}
}

// ParseClose reads the code and the reason.
func TestParseClose(t *testing.T) {
	for _, c := range []struct {
		name, payload, reason string
		code                  uint16
		err                   error
	}{
		{name: "empty"},
		{name: "one byte", payload: "\x03", err: ErrCloseTooShort},
		{name: "code only", payload: "\x03\xe8", code: 1000},
		{name: "code and reason", payload: "\x0f\xa0bye, é", code: 4000, reason: "bye, é"},
		{name: "longest reason", payload: "\x03\xe8" + strings.Repeat("x", 123), code: 1000, reason: strings.Repeat("x", 123)},
		{name: "reason not UTF-8", payload: "\x03\xe8\xff", err: ErrCloseReason},
		{name: "reason cut inside a character", payload: "\x03\xe8\xc3", err: ErrCloseReason},
		{name: "code 0", payload: "\x00\x00", err: ErrCloseCode},
		{name: "code 999", payload: "\x03\xe7", err: ErrCloseCode},
		{name: "code 1004", payload: "\x03\xec", err: ErrCloseCode},
		{name: "code 1005", payload: "\x03\xed", err: ErrCloseCode},
		{name: "code 1006", payload: "\x03\xee", err: ErrCloseCode},
		{name: "code 1015", payload: "\x03\xf7", err: ErrCloseCode},
		{name: "code 1016", payload: "\x03\xf8", err: ErrCloseCode},
		{name: "code 2999", payload: "\x0b\xb7", err: ErrCloseCode},
		{name: "code 3000", payload: "\x0b\xb8", code: 3000},
		{name: "code 4999", payload: "\x13\x87", code: 4999},
		{name: "code 5000", payload: "\x13\x88", err: ErrCloseCode},
		{name: "code 65535", payload: "\xff\xff", err: ErrCloseCode},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, reason, err := ParseClose([]byte(c.payload))
			if code != c.code || reason != c.reason || err != c.err {
				t.Errorf("%d, %q, %v; want %d, %q, %v", code, reason, err, c.code, c.reason, c.err)
			}
		})
	}
}

// AppendClose shortens the reason at a character boundary.
func TestAppendCloseShortensReason(t *testing.T) {
	for _, char := range []string{"x", "é", "€", "😀"} {
		for shift := range 4 {
			t.Run(fmt.Sprintf("%s,shift=%d", char, shift), func(t *testing.T) {
				reason := strings.Repeat("x", shift) + strings.Repeat(char, 124)
				p := AppendClose([]byte("before"), 1000, reason)[len("before"):]
				got := string(p[2:])
				if len(p) > MaxControl || !strings.HasPrefix(reason, got) || !utf8.ValidString(got) {
					t.Fatalf("%d bytes, reason %q", len(p), got)
				}
				if len(p)+len(char) <= MaxControl {
					t.Errorf("only %d bytes: another %q would have fitted", len(p), char)
				}
			})
		}
	}
}

// AppendClose writes what ParseClose reads.
func TestAppendCloseParseClose(t *testing.T) {
	for _, reason := range []string{"", "bye", strings.Repeat("é", 61), strings.Repeat("x", 123)} {
		p := AppendClose(nil, 4321, reason)
		if got := binary.BigEndian.Uint16(p); got != 4321 || !bytes.Equal(p[2:], []byte(reason)) {
			t.Errorf("wrote %x", p)
		}
		if code, got, err := ParseClose(p); code != 4321 || got != reason || err != nil {
			t.Errorf("read %d, %q, %v; want %q", code, got, err, reason)
		}
	}
	if p := AppendClose([]byte("before"), 0, ""); string(p) != "before" {
		t.Errorf("code 0 wrote %q", p)
	}
}

// Every violation has the close code to answer it with.
func TestViolationCodes(t *testing.T) {
	for want, violations := range map[uint16][]error{
		1002: {ErrReservedBits, ErrReservedOpcode, ErrUnmasked, ErrControlFragmented, ErrControlTooLong,
			ErrLengthNotMinimal, ErrLengthTooLarge, ErrNoMessageOpen, ErrMessageOpen, ErrCloseTooShort, ErrCloseCode},
		1007: {ErrCloseReason, ErrInvalidUTF8},
	} {
		for _, err := range violations {
			var v *Violation
			if !errors.As(err, &v) || v.Code != want || len(v.Text) > maxReason {
				t.Errorf("%v: code %d, want %d, in at most %d bytes", err, v.Code, want, maxReason)
			}
		}
	}
}

// FuzzClose has a receiver read what a sender makes of any code and reason, and a payload
// of any bytes, of which it makes the same again.
func FuzzClose(f *testing.F) {
	for _, reason := range []string{"", "bye", "\xff", strings.Repeat("a", 123), strings.Repeat("a", 122) + "é", strings.Repeat("😀", 40)} {
		f.Add(uint16(1000), reason)
		f.Add(uint16(0), reason)
		f.Add(uint16(1005), reason)
	}
	f.Fuzz(func(t *testing.T, code uint16, reason string) {
		payload := AppendClose(nil, code, reason)
		gotCode, gotReason, err := ParseClose(payload)
		if valid := code == 0 || ValidCode(code) && utf8.ValidString(reason); valid && (err != nil || gotCode != code || !strings.HasPrefix(reason, gotReason)) || len(payload) > MaxControl {
			t.Fatalf("%d %q was received as %d %q, %v", code, reason, gotCode, gotReason, err)
		}
		if missing := len(reason) - len(gotReason); code != 0 && utf8.ValidString(reason) && ValidCode(code) && missing > 0 && len(payload) < MaxControl-3 {
			t.Fatalf("the reason %q was cut by %d bytes", reason, missing)
		}
		code, parsed, err := ParseClose([]byte(reason))
		if err == nil && len(reason) <= MaxControl && string(AppendClose(nil, code, parsed)) != reason {
			t.Fatalf("the payload %q is %d %q", reason, code, parsed)
		}
	})
}
