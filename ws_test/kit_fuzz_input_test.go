package ws_test

// fuzzInput is what is left of the input of a fuzz target. Zeros follow its end.
type fuzzInput []byte

func (in *fuzzInput) byte() byte {
	if len(*in) == 0 {
		return 0
	}
	b := (*in)[0]
	*in = (*in)[1:]
	return b
}

// bytes takes n bytes, or those that are left.
func (in *fuzzInput) bytes(n int) []byte {
	n = min(n, len(*in))
	b := (*in)[:n:n]
	*in = (*in)[n:]
	return b
}

// choose takes a byte, which chooses one of the values.
func choose[T any](in *fuzzInput, from []T) T { return from[int(in.byte())%len(from)] }

// The first byte of a payload is its length, or, from these on, an index of fuzzLengths.
const (
	fuzzText  = 0xC0 // of a text
	fuzzNoise = 0xE0 // of bytes that cannot be compressed
)

// fuzzLengths are the lengths of payloads that the input does not contain.
var fuzzLengths = []int{0, 1, 125, 126, 127, 200, 1000, 4096, 16384, 16385, 40_000, 65535, 65536, 65537, 70_000, 140_000}

// payload takes a payload.
func (in *fuzzInput) payload() []byte {
	switch n := int(in.byte()); {
	case n >= fuzzNoise:
		return incompressible(fuzzLengths[(n-fuzzNoise)%len(fuzzLengths)])
	case n >= fuzzText:
		return mixedText(fuzzLengths[(n-fuzzText)%len(fuzzLengths)])
	default:
		return in.bytes(n)
	}
}
