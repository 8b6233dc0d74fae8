//go:build unix && !linux

package link

// writeBoth writes the first of two slices that is not empty.
func writeBoth(fd int, both *[2][]byte) (int, error) {
	if len(both[0]) > 0 {
		return send(fd, both[0])
	}
	return send(fd, both[1])
}
