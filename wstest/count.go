package wstest

import "slices"

// counter is a function that is called when a number of bytes has been read.
type counter struct {
	left int // greater than 0
	call func()
}

// After calls f once, when so many more bytes have been read, counted over all connections
// and over the directions of d. With Reset or Drop as f, a connection is lost after exactly
// so many bytes, even inside a frame. The read of the last of them calls f before it
// returns, so f must not wait for it. If bytes <= 0, After calls f itself.
func (n *Network) After(d Direction, bytes int, f func()) {
	if bytes <= 0 {
		f()
		return
	}
	n.counting.Lock()
	defer n.counting.Unlock()
	c := &counter{bytes, f}
	for i := range n.counters {
		if d&(1<<i) != 0 {
			n.counters[i] = append(n.counters[i], c)
		}
	}
}

// count counts bytes that are to be read in a direction. It returns how many may be, and
// the functions to call then.
func (n *Network) count(direction, bytes int) (allowed int, reached []func()) {
	n.counting.Lock()
	defer n.counting.Unlock()
	counters := n.counters[direction]
	for _, c := range counters {
		bytes = min(bytes, c.left)
	}
	for _, c := range counters {
		if c.left -= bytes; c.left == 0 {
			reached = append(reached, c.call)
		}
	}
	if reached != nil {
		done := func(c *counter) bool { return c.left == 0 }
		for i := range n.counters {
			n.counters[i] = slices.DeleteFunc(n.counters[i], done)
		}
	}
	return bytes, reached
}
