package deflatetest

// BitWriter writes numbers bit by bit, the lowest first, to Out.
type BitWriter struct {
	Out  []byte
	free int // bits of the last byte that are not written yet
}

// Write writes the lowest n bits of v. Codes are to be given with their first
// bit lowest.
func (w *BitWriter) Write(v uint64, n uint) {
	for ; n > 0; n-- {
		if w.free == 0 {
			w.Out = append(w.Out, 0)
			w.free = 8
		}
		w.Out[len(w.Out)-1] |= byte(v&1) << (8 - w.free)
		w.free--
		v >>= 1
	}
}
