package ws

import (
	"bytes"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// Sixteen messages that have arrived with one read, found one after the other.
func BenchmarkReceiver(b *testing.B) {
	for name, c := range map[string]struct {
		opcode frame.Opcode
		size   int
	}{
		"binary,len=125": {frame.Binary, 125},
		"text,len=125":   {frame.Text, 125},
		"text,len=1024":  {frame.Text, 1024},
	} {
		b.Run(name, func(b *testing.B) {
			burst := bytes.Repeat(masked(c.opcode, c.size), 16)
			r := new(receiver)
			b.SetBytes(int64(len(burst)))
			b.ReportAllocs()
			for b.Loop() {
				r.Add(burst)
				for range 16 {
					if ok, err := r.next(); !ok || err != nil {
						b.Fatal(ok, err)
					}
				}
				r.Release()
			}
		})
	}
}

// masked is a client's frame of so many letters a.
func masked(opcode frame.Opcode, size int) []byte {
	b := frame.Append(nil, opcode, true, size)
	b[1] |= 0x80
	payload := bytes.Repeat([]byte("a"), size)
	b = append(b, 1, 2, 3, 4)
	frame.Mask(payload, 0x04030201)
	return append(b, payload...)
}
