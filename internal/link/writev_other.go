//go:build unix && !linux

package link

// sendBoth writes the first of two slices; the other one's turn comes next.
func sendBoth(fd int, head, _ []byte) (int, error) { return send(fd, head) }
