package outbox

import (
	"context"
)

// box is an Outbox together with its Host, as a session has them.
type box struct {
	Outbox
	h Host
}

func (b *box) Put(ctx context.Context, f *Frame) error { return b.Outbox.Put(ctx, b.h, f) }
func (b *box) TryPut(f *Frame) error                   { return b.Outbox.TryPut(b.h, f) }
func (b *box) PutPong(payload []byte, gather bool)     { b.Outbox.PutPong(b.h, payload, gather) }
func (b *box) PutFinal(payload []byte, err error)      { b.Outbox.PutFinal(b.h, payload, err) }
func (b *box) Flush()                                  { b.Outbox.Flush(b.h) }
func (b *box) Idle(received Count)                     { b.Outbox.Idle(b.h, received) }
func (b *box) Run()                                    { b.Outbox.Run(b.h) }
func (b *box) Abort(err error)                         { b.Outbox.Abort(b.h, err) }
func (b *box) Tell() int                               { return b.Outbox.Tell(b.h) }
func (b *box) Received(c Count)                        { b.Outbox.Received(b.h, c) }
