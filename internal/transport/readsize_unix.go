//go:build unix

package transport

// readSize is the size of the buffer for the next read, as a power of four times
// smallRead. It is small until what arrives fills it, since the buffer is held while the
// application works on what was read.
type readSize uint8

const (
	smallRead = 4 << 10
	largeRead = 64 << 10
)

func (r readSize) size() int { return smallRead << (2 * r) }

// adapt changes the size after a read of n bytes into a slice of the given length.
func (r *readSize) adapt(n, length int) {
	switch {
	case n == length:
		if r.size() < largeRead {
			*r++
		}
	case n < r.size()/8:
		if *r > 0 {
			*r--
		}
	}
}
