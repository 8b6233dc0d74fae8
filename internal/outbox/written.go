package outbox

// Written counts frames, for Host.Wrote.
type Written struct {
	Messages, Frames uint32
	Payload, Wire    uint64
}

// count counts a frame that is queued, to be told when it is written.
func (w *Written) count(f *Frame) {
	if f.Fin && !f.Opcode.Control() {
		w.Messages++
	}
	w.Frames++
	w.Payload += uint64(len(f.Data))
	w.Wire += uint64(f.size())
}

// tell tells the host what has been written since the last time.
func (o *Outbox) tell() {
	if t := o.traffic; t != nil && t.counted.Frames > 0 {
		o.host.Wrote(t.counted)
		t.counted = Written{}
	}
}
