package ws

import "testing"

// What is discarded takes little memory, however much has arrived: a peer may send
// megabytes after a violation of the protocol, or to a client after its Close frame.
func TestDiscardTakesLittleMemory(t *testing.T) {
	const arrived, page = 6 << 20, 4 << 10
	b := new(discardBuffer)
	for _, size := range []int{1 << 10, page, arrived, arrived} {
		n := len(b.Space(size))
		if most := discardSize + discardSize/4; n > most { // the sizes of a pool
			t.Errorf("%d bytes for a read of %d, want at most %d", n, size, most)
		}
		if least := min(size, discardSize); n < least {
			t.Errorf("%d bytes for a read of %d, want at least %d", n, size, least)
		}
	}
	b.Release()
	if n := len(b.Space(page)); n > 2*page {
		t.Errorf("%d bytes for a read of %d after a wait", n, page)
	}
	b.Release()
}
