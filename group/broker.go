package group

import (
	"context"
	"errors"
	"io"
)

// A Broker carries messages between the Groups of several processes, or of one
// process if it is a MemoryBroker. It knows groups only by their names, and messages
// only as bytes. All methods are safe for concurrent use.
//
// For each subscription, messages are delivered at most once. Messages that one
// goroutine publishes to a group one after another are delivered in that order.
// Where the broker has one order for all messages of a group, every subscription
// has that order. A broker that loses messages, or may have lost some, reports a
// gap; see Event.
//
// Package grouptest tests implementations.
type Broker interface {
	// Publish publishes a message to all subscriptions of a group, including those
	// of the same Broker. It returns nil when the broker has accepted the message,
	// which may be before or after the message is delivered. It may wait, but not
	// longer than ctx. A broker of several processes must not wait for the delivery.
	// The broker may keep data and does not modify it; the caller must not modify it
	// either.
	//
	// An error that wraps ErrUnavailable means that the message was certainly not
	// published, because the broker is closed or cannot be reached, and one that wraps
	// ErrTooLarge that it was not, because the broker does not carry messages of its
	// size. After another error the message may have been published.
	Publish(ctx context.Context, group string, data []byte) error

	// Subscribe begins to call receive for each event of a group. When it returns
	// nil, the subscription is active: every message whose Publish begins later,
	// in any process, is delivered or its loss is reported as a gap. It waits for
	// that, but not longer than ctx, which does not limit the subscription itself.
	//
	// The broker calls receive for one event at a time, in order. The Data of the
	// event is valid until receive returns, which does not modify it. While receive
	// runs, the broker stores or drops further messages of the group within a limit;
	// dropping is a gap.
	//
	// A subscription survives the loss of the connection to the broker. It ends
	// when it is closed. Close may be called from receive, and more than once. Messages
	// whose Publish begins after Close has returned are not delivered.
	Subscribe(ctx context.Context, group string, receive func(Event)) (io.Closer, error)
}

// An Event of a subscription is a message or a gap.
type Event struct {
	Entry

	// Gap is not nil if messages before this event may be missing, for example
	// because the connection to the broker was lost or the process was too slow. It
	// describes why. The Entry is then empty. The subscription is active again:
	// every message whose Publish begins after the event is delivered. A
	// broker with a History delivers what was missed instead, if it can.
	Gap error
}

// An Entry is a message of a group as a Broker carries it.
type Entry struct {
	Data     []byte
	Position Position // the zero Position if the broker has no History
}

// History is implemented by brokers that store the last messages of each group.
// Publishing a message and storing it are one step: a message that is
// delivered is stored, and the other way around, in the same order. Recent and After may
// wait, but not longer than ctx.
type History interface {
	Broker

	// Recent returns the last n stored messages of a group, or all if there are
	// fewer, oldest first, and the position of the newest message of the group. If
	// there was no message, that is a position before the first one. n is not negative.
	// The caller may keep the entries.
	Recent(ctx context.Context, group string, n int) ([]Entry, Position, error)

	// After returns all messages after a position, oldest first. It returns
	// ErrCannotResume if the position is of another epoch, if messages after it are
	// no longer stored, or if there are more than limit. It may return ErrCannotResume, too,
	// if the message at the position itself is no longer stored, because some brokers
	// cannot know what followed. The caller may keep the entries.
	After(ctx context.Context, group string, after Position, limit int) ([]Entry, error)
}

// Errors of brokers.
var (
	// ErrUnavailable is wrapped by the errors of Publish if the broker is closed or
	// cannot be reached, and the message has certainly not been published.
	ErrUnavailable = errors.New("group: broker is unavailable")

	// ErrTooLarge is wrapped by the errors of Publish if the message is larger than
	// what the broker carries. The message has not been published.
	ErrTooLarge = errors.New("group: message is too large for the broker")

	// ErrCannotResume is returned by Groups.Resume if the messages after a position
	// are not known any more, or not all of them.
	ErrCannotResume = errors.New("group: cannot resume at this position")
)
