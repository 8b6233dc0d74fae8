package load

import (
	"bytes"
	"fmt"
	"testing"
)

func TestAMaskedFrameIsTheOneOfTheRFC(t *testing.T) {
	got := appendMasked(nil, Text, true, [4]byte{0x37, 0xfa, 0x21, 0x3d}, []byte("Hello"))
	want := []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58} // RFC 6455 §5.7
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func TestAHeaderIsReadAsItWasWritten(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 127, 0xffff, 0x10000, 1 << 32} {
		for _, fin := range []bool{false, true} {
			t.Run(fmt.Sprintf("size=%d,fin=%t", size, fin), func(t *testing.T) {
				wire := appendHeader(nil, Binary, fin, size)
				want := header{opcode: Binary, fin: fin, size: uint64(size)}
				if got, n := parseHeader(append(wire, "payload"...)); got != want || n != len(wire) {
					t.Errorf("got %+v in %d bytes, want %+v in %d", got, n, want, len(wire))
				}
				for cut := range wire {
					if _, n := parseHeader(wire[:cut]); n != 0 {
						t.Errorf("%d of %d bytes were taken for a header", cut, len(wire))
					}
				}
			})
		}
	}
}

func TestAMessageIsCutIntoFragments(t *testing.T) {
	type fragment struct {
		opcode Opcode
		fin    bool
		size   uint64
	}
	tests := []struct {
		size, fragment int
		want           []fragment
	}{
		{10, 0, []fragment{{Text, true, 10}}},
		{0, 0, []fragment{{Text, true, 0}}},
		{10, 10, []fragment{{Text, true, 10}}},
		{10, 4, []fragment{{Text, false, 4}, {Continuation, false, 4}, {Continuation, true, 2}}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("size=%d,fragment=%d", test.size, test.fragment), func(t *testing.T) {
			wire := appendMessage(nil, Text, [4]byte{1, 2, 3, 4}, make([]byte, test.size), test.fragment)
			for _, want := range test.want {
				h, n := parseHeader(wire)
				if got := (fragment{h.opcode, h.fin, h.size}); got != want || !h.masked {
					t.Fatalf("got %+v masked %t, want %+v masked", got, h.masked, want)
				}
				wire = wire[n+4+int(h.size):]
			}
			if len(wire) > 0 {
				t.Errorf("%d bytes too many", len(wire))
			}
		})
	}
}
