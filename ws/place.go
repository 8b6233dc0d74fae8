package ws

// place is a MessageStream as its transport sees it: where reads go to.
type place MessageStream

// Space is where the next read goes.
func (p *place) Space(size int) []byte { return (*MessageStream)(p).receiver().Space(size) }

// Release gives back what holds nothing.
func (p *place) Release() {
	if p.rx == nil {
		return
	}
	p.rx.giveBack()
	if !p.rx.idle() {
		p.rx.Release()
		return
	}
	// Its buffer stays with it: whoever reads next needs both.
	*p.rx = receiver{Inbox: p.rx.Spare()}
	receivers.Put(p.rx)
	p.rx = nil
}

// receiver returns what the stream receives with. It is the reader's.
func (m *MessageStream) receiver() *receiver {
	if m.rx == nil {
		m.rx = receivers.Get().(*receiver)
		m.rx.maxFrame = m.maxFrame()
		m.rx.compression = m.compression
	}
	return m.rx
}
