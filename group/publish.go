package group

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

var (
	errKind = errors.New("group: kind is not Text or Binary")
	errUTF8 = errors.New("group: text is not UTF-8")
)

// Publish sends a message of kind Text, whose data must be UTF-8, or Binary to all
// members of a group, in all processes. It returns when the broker has accepted the
// message, which may be before or after it has been delivered. It may wait for
// the broker, at most until ctx ends, but not for members. It does not keep or modify
// data.
//
// An error that wraps ErrUnavailable, but not ErrLocalOnly, means that no member receives
// the message.
// After another error of the broker, or the end of ctx, some may receive it.
func (gs *Groups) Publish(ctx context.Context, name string, kind ws.Kind, data []byte) error {
	return gs.PublishExcept(ctx, name, kind, data, nil)
}

// PublishExcept is like Publish, but one session, usually the sender, does not receive
// the message.
func (gs *Groups) PublishExcept(ctx context.Context, name string, kind ws.Kind, data []byte, except *ws.Session) error {
	e, err := gs.envelope(kind, data, except)
	if err != nil {
		return err
	}
	if ctx == nil {
		return errNoContext
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	gs.counts.published.Add(1)
	b := e.append(make([]byte, 0, 1+senderSize+len(data)))
	err = gs.broker.Publish(ctx, name, b)
	if err == nil || !gs.options.LocalFallback || !errors.Is(err, ErrUnavailable) {
		return err
	}
	gs.counts.localOnly.Add(1)
	if localErr := gs.publishLocal(name, &e); localErr != nil {
		return localErr
	}
	return fmt.Errorf("%w: %w", ErrLocalOnly, err)
}

// PublishLocal sends a message to the members of this process only, without the
// broker. When it returns, the message is in their send queues, except those of slow
// members and of members that are sent stored messages. Messages of one
// goroutine arrive in order; concurrent messages, including those of the broker, may
// arrive at different members in different order. It does not wait, and does not keep
// or modify data. Options.Gap may call it. Options.Missed must not: the message may be
// dropped for the same member, for which Missed is called again.
func (gs *Groups) PublishLocal(name string, kind ws.Kind, data []byte) error {
	e, err := gs.envelope(kind, data, nil)
	if err != nil {
		return err
	}
	return gs.publishLocal(name, &e)
}

// publishLocal delivers an envelope to the members of this process.
func (gs *Groups) publishLocal(name string, e *envelope) error {
	if g := gs.group(name); g != nil {
		return g.deliver(e, Position{})
	}
	return nil
}

// envelope returns the envelope of a message, or an error if the message is invalid.
func (gs *Groups) envelope(kind ws.Kind, data []byte, except *ws.Session) (envelope, error) {
	switch {
	case kind != ws.Text && kind != ws.Binary:
		return envelope{}, errKind
	case kind == ws.Text && !utf8.Valid(data):
		return envelope{}, errUTF8
	}
	if gs.isClosed() {
		return envelope{}, ErrClosed
	}
	e := envelope{kind: kind, data: data}
	if except == nil {
		return e, nil
	}
	gs.mu.Lock()
	defer gs.mu.Unlock()
	joined := gs.sessions[except]
	if joined == nil && gs.history != nil {
		joined = gs.membershipsLocked(except) // it may join later, and is not sent the stored message then
	}
	if joined != nil {
		e.origin, e.sender = gs.origin, joined.id
	}
	return e, nil
}
