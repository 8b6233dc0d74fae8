package inflate

import (
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
)

// fields is a message of numbers, each of the given number of bits. Codes are
// to be given with their first bit lowest.
func fields(numbers ...[2]uint64) []byte {
	var s deflatetest.BitWriter
	for _, f := range numbers {
		s.Write(f[0], uint(f[1]))
	}
	return s.Out
}

// nine is a literal whose fixed code has nine bits, the last of them zero.
var nine = [2]uint64{0b000010011, 9}

// oneLengthTooMany is a message whose only fault is a repeat that goes one
// beyond the lengths that were announced.
func oneLengthTooMany() []byte {
	numbers := [][2]uint64{{2 << 1, 3}, {0, 5}, {1, 5}, {14, 4}, {0, 3}, {2, 3}, {1, 3}} // 17 has two bits, 18 one
	numbers = append(numbers, make([][2]uint64, 14)...)
	for i := range 14 {
		numbers[7+i] = [2]uint64{0, 3}
	}
	return fields(append(numbers, [2]uint64{2, 3}, // and 1 has two
		[2]uint64{0b01, 2},
		[2]uint64{0, 1}, [2]uint64{127, 7}, [2]uint64{0, 1}, [2]uint64{106, 7},
		[2]uint64{0b01, 2},
		[2]uint64{0b11, 2}, [2]uint64{0, 3}, // three more, where there are two
		[2]uint64{1, 1}, [2]uint64{0, 3})...)
}

// invalids are messages, and what is wrong with them.
var invalids = []struct {
	name    string
	message []byte
}{
	{"a reserved type of block", fields([2]uint64{3 << 1, 3})},
	{"a stored block whose length is not confirmed", unhex("00 05 00 fa fe 48 65 6c 6c 6f 00")},
	{"a stored block cut off", unhex("00 ff 00 00 ff 48")},
	{"a block cut off", unhex("f2 48 cd")},
	{"a block cut off behind the length of a match", unhex("f2 00")},
	{"a cut inside a dynamic block's header", unhex("04 c0 31 01")},
	{"a distance before the beginning", unhex("f2 00 11 00 00")},
	{"literal code 286, which has no meaning", fields([2]uint64{1 << 1, 3}, nine, [2]uint64{0b01100011, 8}, [2]uint64{0, 5 + 7 + 3})},
	{"literal code 286 among plenty of bits", fields([2]uint64{1 << 1, 3}, [2]uint64{0b01100011, 8}, [2]uint64{0, 60})},
	{"distance code 30, which has no meaning", fields([2]uint64{1 << 1, 3}, [2]uint64{0b00001100, 8}, [2]uint64{0b1000000, 7}, [2]uint64{0b01111, 5}, [2]uint64{0, 60})},
	{"too many literal codes", fields([2]uint64{2 << 1, 3}, [2]uint64{30, 5})},
	{"too many distance codes", fields([2]uint64{2 << 1, 3}, [2]uint64{0, 5}, [2]uint64{30, 5})},
	{"no code for the lengths", fields([2]uint64{2 << 1, 3}, [2]uint64{0, 14}, [2]uint64{0, 50})},
	{"too many codes for the lengths", fields([2]uint64{2 << 1, 3}, [2]uint64{0, 14}, [2]uint64{0o1111, 12})},
	{"too few codes for the lengths", fields([2]uint64{2 << 1, 3}, [2]uint64{0, 14}, [2]uint64{0o0222, 12})},
	{"a repeat of no length", fields([2]uint64{2 << 1, 3}, [2]uint64{0, 14}, [2]uint64{0o0101, 12}, [2]uint64{0, 3})},
	{"more lengths than there are codes", fields([2]uint64{2 << 1, 3}, [2]uint64{0, 14}, [2]uint64{0o1100, 12}, [2]uint64{0xFFFFFFFF, 32})},
	{"one more", oneLengthTooMany()},
	{"two bits too few for another block", fields([2]uint64{1 << 1, 3}, nine, nine, nine, nine, [2]uint64{0, 7})},
	{"a last literal and an end that are in the tail", fields([2]uint64{1 << 1, 3}, nine, nine, nine, nine, nine, nine)[:7]},
	{"garbage behind a final block", unhex("f3 48 cd c9 c9 07 00 ff ff")},
}

func TestInflateRefusesBadData(t *testing.T) {
	for _, c := range invalids {
		t.Run(c.name, func(t *testing.T) {
			message := c.message
			if _, _, ok := deflatetest.Naive(message, nil); ok {
				t.Fatal("the naive inflater finds nothing wrong")
			}
			for arrive := 1; arrive <= len(message)+1; arrive++ {
				var in *Decoder
				for _, room := range []int{1, 5, 1000} {
					in = newDecoder(true, 15)
					if out, err := in.piecewise(t, message, always(arrive), always(room)); err != ErrData {
						t.Errorf("arrive=%d,room=%d: %q, %v", arrive, room, out, err)
					}
				}
				if in.open != nil || in.window.Held() != 0 {
					t.Error("something is still held")
				}
				if _, _, _, err := in.Decode(make([]byte, 10), unhex("00"), true); err != ErrData {
					t.Errorf("after it: %v", err)
				}
			}
		})
	}
}
