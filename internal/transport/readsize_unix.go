//go:build unix

package transport

// readSize is how many bytes to offer to the next read, in powers of four: little
// until what arrives fills it, since the buffer is held for as long as the
// application works on what was read.
type readSize uint8

const (
	smallRead = 4 << 10
	largeRead = 64 << 10
)

func (r readSize) size() int { return smallRead << (2 * r) }

// adapt chooses by how much of the buffer that was offered a read has needed.
func (r *readSize) adapt(n, offered int) {
	switch {
	case n == offered:
		if r.size() < largeRead {
			*r++
		}
	case n < r.size()/8:
		if *r > 0 {
			*r--
		}
	}
}
