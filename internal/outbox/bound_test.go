package outbox

import (
	"context"
)

// boundOutbox is an Outbox together with its Callbacks.
type boundOutbox struct {
	Outbox
	cb Callbacks
}

func (b *boundOutbox) Put(ctx context.Context, f *Frame) error { return b.Outbox.Put(ctx, b.cb, f) }
func (b *boundOutbox) TryPut(f *Frame) error                   { return b.Outbox.TryPut(b.cb, f) }
func (b *boundOutbox) PutPong(payload []byte, batch bool) {
	b.Perform(b.cb, b.EnqueuePong(payload, batch))
}
func (b *boundOutbox) PutFinal(payload []byte, err error) { b.Outbox.PutFinal(b.cb, payload, err) }
func (b *boundOutbox) Flush()                             { b.Outbox.Flush(b.cb) }
func (b *boundOutbox) Idle(received Count)                { b.Outbox.Idle(b.cb, received, false) }
func (b *boundOutbox) Run()                               { b.Outbox.Run(b.cb) }
func (b *boundOutbox) Abort(err error)                    { b.Outbox.Abort(b.cb, err) }
func (b *boundOutbox) Report() int                        { return b.Outbox.Report(b.cb) }
func (b *boundOutbox) Received(c Count)                   { b.Outbox.Received(b.cb, c) }
