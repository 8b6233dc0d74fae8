package frame

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// unhex reads bytes written in hexadecimal, with spaces for the eye.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// firstByte is the first byte of a frame that is not compressed.
func firstByte(op Opcode, fin bool) byte { return Append(nil, op, fin, 0)[0] }

// goodHeaders are whole headers, each with the key 37 fa 21 3d of RFC 6455 §5.7.
var goodHeaders = []struct {
	name string
	hex  string
	op   Opcode
	fin  bool
	len  uint64
}{
	{"empty text", "81 80 37fa213d", Text, true, 0},
	{"text of five bytes", "81 85 37fa213d", Text, true, 5},
	{"binary of 125 bytes", "82 fd 37fa213d", Binary, true, 125},
	{"binary of 126 bytes", "82 fe 007e 37fa213d", Binary, true, 126},
	{"binary of 127 bytes", "82 fe 007f 37fa213d", Binary, true, 127},
	{"binary of 65535 bytes", "82 fe ffff 37fa213d", Binary, true, 65535},
	{"binary of 65536 bytes", "82 ff 0000000000010000 37fa213d", Binary, true, 65536},
	{"binary of 65537 bytes", "82 ff 0000000000010001 37fa213d", Binary, true, 65537},
	{"binary of 2^63-1 bytes", "82 ff 7fffffffffffffff 37fa213d", Binary, true, 1<<63 - 1},
	{"first fragment of text", "01 83 37fa213d", Text, false, 3},
	{"first fragment of binary", "02 83 37fa213d", Binary, false, 3},
	{"fragment in the middle", "00 fe 0100 37fa213d", Continuation, false, 256},
	{"last fragment", "80 80 37fa213d", Continuation, true, 0},
	{"close", "88 82 37fa213d", Close, true, 2},
	{"empty ping", "89 80 37fa213d", Ping, true, 0},
	{"longest ping", "89 fd 37fa213d", Ping, true, 125},
	{"pong", "8a 84 37fa213d", Pong, true, 4},
}

// badHeaders are headers that break a rule, up to and including the first byte
// that shows it.
var badHeaders = []struct {
	name string
	hex  string
	err  error
}{
	{"RSV1 on text", "c1", ErrReservedBits},
	{"RSV2 on text", "a1", ErrReservedBits},
	{"RSV3 on text", "91", ErrReservedBits},
	{"RSV1 on a continuation", "40", ErrReservedBits},
	{"RSV1 on ping", "c9", ErrReservedBits},
	{"RSV1 on close", "c8", ErrReservedBits},
	{"fragmented close", "08", ErrControlFragmented},
	{"fragmented ping", "09", ErrControlFragmented},
	{"fragmented pong", "0a", ErrControlFragmented},
	{"unmasked text", "81 05", ErrUnmasked},
	{"unmasked empty ping", "89 00", ErrUnmasked},
	{"unmasked with a 16-bit length", "82 7e", ErrUnmasked},
	{"ping of 126 bytes", "89 fe", ErrControlTooLong},
	{"close with a 64-bit length", "88 ff", ErrControlTooLong},
	{"0 in 16 bits", "82 fe 0000", ErrLengthNotMinimal},
	{"125 in 16 bits", "82 fe 007d", ErrLengthNotMinimal},
	{"0 in 64 bits", "82 ff 0000000000000000", ErrLengthNotMinimal},
	{"125 in 64 bits", "82 ff 000000000000007d", ErrLengthNotMinimal},
	{"126 in 64 bits", "82 ff 000000000000007e", ErrLengthNotMinimal},
	{"65535 in 64 bits", "82 ff 000000000000ffff", ErrLengthNotMinimal},
	{"2^63", "82 ff 8000000000000000", ErrLengthTooLarge},
	{"2^63+5", "81 ff 8000000000000005", ErrLengthTooLarge},
	{"2^64-1", "82 ff ffffffffffffffff", ErrLengthTooLarge},
}

// The compiler keeps a struct in registers if it has up to four fields, and copies a Header
// with more through memory for each frame.
func TestHeaderFitsInRegisters(t *testing.T) {
	if n := reflect.TypeFor[Header]().NumField(); n > 4 {
		t.Errorf("Header has %d fields", n)
	}
}

// Parse reads a header when all of it has arrived.
func TestParseIncompleteHeader(t *testing.T) {
	for _, c := range goodHeaders {
		t.Run(c.name, func(t *testing.T) {
			b := unhex(c.hex)
			for n := range b {
				if h, got, err := Parse(b[:n], Server, false); h != (Header{}) || got != 0 || err != nil {
					t.Errorf("of %d bytes: %+v, %d, %v; want nothing yet", n, h, got, err)
				}
			}
			want := Header{c.len, 0x3d21fa37, firstByte(c.op, c.fin)}
			for _, behind := range []string{"", "00", "ff ffff"} {
				h, n, err := Parse(append(b[:len(b):len(b)], unhex(behind)...), Server, false)
				if h != want || n != len(b) || err != nil {
					t.Errorf("with %q behind: %+v, %d, %v; want %+v, %d", behind, h, n, err, want, len(b))
				}
			}
		})
	}
}

// Parse reports a violation from the first byte that shows it.
func TestParseReportsViolationEarly(t *testing.T) {
	for _, c := range badHeaders {
		t.Run(c.name, func(t *testing.T) {
			b := unhex(c.hex)
			for n := range b { // a length shows nothing before its last byte
				if _, got, err := Parse(b[:n], Server, false); got != 0 || err != nil {
					t.Errorf("of %d bytes: %d, %v; want nothing yet", n, got, err)
				}
			}
			for _, behind := range []string{"", "37fa213d", "37fa213d 00000000000000"} {
				h, n, err := Parse(append(b[:len(b):len(b)], unhex(behind)...), Server, false)
				if h != (Header{}) || n != 0 || err != c.err {
					t.Errorf("with %q behind: %+v, %d, %v; want %v", behind, h, n, err, c.err)
				}
			}
		})
	}
}

// If compression was negotiated, RSV1 may be set on data messages only.
func TestParseRSV1(t *testing.T) {
	for first, want := range map[byte]error{
		0xc1: nil, 0xc2: nil, 0x41: nil, 0x42: nil, 0x81: nil,
		0xc0: ErrReservedBits, 0x40: ErrReservedBits, // a continuation
		0xc8: ErrReservedBits, 0xc9: ErrReservedBits, 0xca: ErrReservedBits, // control frames
		0xe1: ErrReservedBits, 0xd1: ErrReservedBits, 0xf1: ErrReservedBits, 0xa1: ErrReservedBits, 0x91: ErrReservedBits,
	} {
		h, _, err := Parse([]byte{first, 0x80, 1, 2, 3, 4}, Server, true)
		if err != want || err == nil && h.RSV1() != (first&RSV1 != 0) {
			t.Errorf("%#x: %+v, %v, want %v", first, h, err, want)
		}
	}
}

// Parse accepts six opcodes.
func TestParseOpcodes(t *testing.T) {
	good := map[Opcode]bool{Continuation: true, Text: true, Binary: true, Close: true, Ping: true, Pong: true}
	for op := range Opcode(16) {
		_, n, err := Parse([]byte{0x80 | byte(op), 0x80, 1, 2, 3, 4}, Server, false)
		if good[op] && (n != 6 || err != nil) || !good[op] && err != ErrReservedOpcode {
			t.Errorf("opcode %#x: %d, %v", op, n, err)
		}
	}
}

// Parse agrees with the naive parser on every first two bytes.
func TestParseAgreesWithNaive(t *testing.T) {
	var tails [][]byte
	for _, tail := range []string{"", "00", "007d37fa213d", "007e37fa213d", "000000000000ffff37fa213d",
		"000000000001000037fa213d", "800000000000000037fa213d"} {
		tails = append(tails, unhex(tail))
	}
	for first := range 256 {
		for second := range 256 {
			for _, tail := range tails {
				compareParse(t, append([]byte{byte(first), byte(second)}, tail...))
			}
		}
	}
}

// compareParse compares Parse with naiveParse, on both sides, with and without
// RSV1.
func compareParse(t *testing.T, b []byte) {
	for _, side := range []Side{Server, Client} {
		for _, rsv1 := range []bool{false, true} {
			h, n, err := Parse(b, side, rsv1)
			wantH, wantN, wantErr := naiveParse(b, side, rsv1)
			if h != wantH || n != wantN || err != wantErr {
				t.Fatalf("Parse(%x, %v, %v) = %+v, %d, %v; the naive parser says %+v, %d, %v",
					b, side, rsv1, h, n, err, wantH, wantN, wantErr)
			}
		}
	}
}

// FuzzParse compares Parse with the naive parser.
func FuzzParse(f *testing.F) {
	for _, c := range goodHeaders {
		f.Add(unhex(c.hex))
	}
	for _, c := range badHeaders {
		f.Add(unhex(c.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		compareParse(t, b)
		compareParse(t, b[:min(len(b), MaxHeader)])
		if h, n, err := Parse(b, Server, true); n > MaxHeader || n > 0 && (err != nil || h.Length>>63 != 0) {
			t.Fatalf("Parse(%x) = %+v, %d, %v", b, h, n, err)
		}
	})
}

// Append writes the shortest unmasked header.
func TestAppendShortestHeader(t *testing.T) {
	for _, c := range []struct {
		length int
		hex    string
	}{
		{0, "82 00"}, {1, "82 01"}, {125, "82 7d"}, {126, "82 7e 007e"}, {127, "82 7e 007f"},
		{65535, "82 7e ffff"}, {65536, "82 7f 0000000000010000"}, {65537, "82 7f 0000000000010001"},
		{1 << 30, "82 7f 0000000040000000"},
	} {
		t.Run(fmt.Sprint("len=", c.length), func(t *testing.T) {
			got := Append([]byte("before"), Binary, true, c.length)
			if want := append([]byte("before"), unhex(c.hex)...); !bytes.Equal(got, want) {
				t.Errorf("Append: %x, want %x", got, want)
			}
			if got, want := Size(c.length), len(unhex(c.hex))+c.length; got != want {
				t.Errorf("Size: %d, want %d", got, want)
			}
		})
	}
}

// Parse reads what Append has written and a client has masked.
func TestAppendParse(t *testing.T) {
	for _, op := range []Opcode{Continuation, Text, Binary, Close, Ping, Pong} {
		for _, fin := range []bool{true, false} {
			for _, length := range []int{0, 1, 125, 126, 127, 65535, 65536, 65537, 1 << 31 / 2} {
				if op.Control() && (!fin || length > MaxControl) {
					continue
				}
				b := Append(nil, op, fin, length)
				b[1] |= 0x80
				b = append(b, 1, 2, 3, 4)
				h, n, err := Parse(b, Server, false)
				want := Header{uint64(length), 0x04030201, firstByte(op, fin)}
				if h != want || n != len(b) || err != nil {
					t.Errorf("%+v, %d, %v; want %+v, %d", h, n, err, want, len(b))
				}
			}
		}
	}
}

// Whole is true from the last byte of a frame.
func TestWhole(t *testing.T) {
	for _, h := range goodHeaders {
		if h.len > 1<<20 {
			continue
		}
		masked := unhex(h.hex)
		for side, header := range [][]byte{Server: masked, Client: unmasked(masked)} {
			b := append(header, make([]byte, h.len)...)
			for _, n := range []int{0, 1, 2, 5, len(b) - 1} {
				if n < len(b) && Whole(b[:n], Side(side)) {
					t.Errorf("%s, side %d: whole after %d of %d bytes", h.name, side, n, len(b))
				}
			}
			if !Whole(b, Side(side)) || !Whole(append(b, 0x81), Side(side)) {
				t.Errorf("%s, side %d: not whole after %d bytes", h.name, side, len(b))
			}
		}
	}
	huge := unhex("82 ff 7fffffffffffffff 37fa213d")
	if Whole(append(huge, 1, 2, 3), Server) || Whole(append(unmasked(huge), 1, 2, 3), Client) {
		t.Error("a frame of 2^63-1 bytes is whole")
	}
}

// unmasked returns a header as a server sends it.
func unmasked(masked []byte) []byte {
	b := bytes.Clone(masked[:len(masked)-KeyLength])
	b[1] &^= maskBit
	return b
}

// A client reads headers without a key.
func TestParseAsClient(t *testing.T) {
	for _, c := range goodHeaders {
		t.Run(c.name, func(t *testing.T) {
			b := unmasked(unhex(c.hex))
			for n := range b {
				if h, got, err := Parse(b[:n], Client, false); h != (Header{}) || got != 0 || err != nil {
					t.Errorf("of %d bytes: %+v, %d, %v; want nothing yet", n, h, got, err)
				}
			}
			want := Header{c.len, 0, firstByte(c.op, c.fin)}
			if h, n, err := Parse(append(b, 0xFF), Client, false); h != want || n != len(b) || err != nil {
				t.Errorf("%+v, %d, %v; want %+v, %d", h, n, err, want, len(b))
			}
		})
	}
}

// A server refuses unmasked frames, and a client masked ones.
func TestParseRefusesOwnSide(t *testing.T) {
	for _, c := range goodHeaders {
		masked := unhex(c.hex)
		if _, n, err := Parse(masked[:2], Client, false); n != 0 || err != ErrMasked {
			t.Errorf("%s, masked, to a client: %d, %v", c.name, n, err)
		}
		if _, n, err := Parse(unmasked(masked)[:2], Server, false); n != 0 || err != ErrUnmasked {
			t.Errorf("%s, not masked, to a server: %d, %v", c.name, n, err)
		}
	}
}
