package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/handset-go/handset/ws"
)

func TestSendersKeepOrderAndDoNotMix(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		senders, each := 10, 1000
		if raceDetector {
			each = 400
		}
		for _, over := range transports {
			t.Run(over.name, func(t *testing.T) {
				p := on.connectOver(t, over, &ws.Upgrader{})
				open := new(assembly)
				expectSentByManyInOrder(t, p.session, senders, each, func() ([]byte, error) { return p.nextMessage(open) })
			})
		}
		for _, test := range compressions {
			t.Run(test.name, func(t *testing.T) {
				p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c}, test.offer)
				expectSentByManyInOrder(t, p.session, senders, each/5, func() ([]byte, error) {
					_, data, _, err := p.message()
					return data, err
				})
			})
		}
	})
}

// expectSentByManyInOrder has many goroutines send, and checks what the client receives.
func expectSentByManyInOrder(t *testing.T, s *ws.Session, senders, each int, next func() ([]byte, error)) {
	t.Helper()
	var group errgroup.Group
	for sender := range senders {
		group.Go(func() error {
			for i := range each {
				if err := sendSomehow(s, sender, i); err != nil {
					return fmt.Errorf("sender %d, message %d: %w", sender, i, err)
				}
			}
			return nil
		})
	}
	expectAllInOrder(t, next, senders, each)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// numbered is the i-th message of a sender: its bytes tell it from
// those of other senders.
func numbered(sender, i, length int) string {
	return fmt.Sprintf("%d %d ", sender, i) + strings.Repeat(string(rune('a'+sender)), length)
}

// sendSomehow sends a numbered message by one of all sending methods.
func sendSomehow(s *ws.Session, sender, i int) error {
	ctx := context.Background()
	switch {
	case i%50 == 7:
		w := s.Writer(ctx, ws.Text)
		_, err := io.WriteString(w, numbered(sender, i, 40_000))
		return errors.Join(err, w.Close())
	case i%50 == 13:
		text := numbered(sender, i, 50)
		return errors.Join(s.Continuation(ctx, ws.FirstBinary, []byte(text[:20])),
			s.Ping(ctx, []byte("inside")),
			s.Continuation(ctx, ws.Continue, []byte(text[20:30])),
			s.Continuation(ctx, ws.Last, []byte(text[30:])))
	case i%50 == 21:
		return s.TextBytes(ctx, []byte(numbered(sender, i, 70_000)))
	case i%10 == 3:
		return errors.Join(s.Ping(ctx, nil), s.Binary(ctx, []byte(numbered(sender, i, i%300))))
	case i%10 == 4:
		return errors.Join(s.Pong(ctx, nil), s.Send(ctx, ws.Message{Kind: ws.Text, Data: []byte(numbered(sender, i, 0))}))
	default:
		return s.Text(ctx, numbered(sender, i, i%300))
	}
}

func expectAllInOrder(t *testing.T, receive func() ([]byte, error), senders, each int) {
	t.Helper()
	next := make([]int, senders)
	for range senders * each {
		message, err := receive()
		if err != nil {
			t.Fatal(err)
		}
		var sender, i int
		if _, err := fmt.Sscanf(string(clip(message)), "%d %d ", &sender, &i); err != nil {
			t.Fatalf("message %q: %v", clip(message), err)
		}
		length := len(message) - len(numbered(sender, i, 0))
		if string(message) != numbered(sender, i, length) {
			t.Fatalf("message of %d bytes that begins with %q is mixed", len(message), clip(message))
		}
		if i != next[sender] {
			t.Fatalf("message %d of sender %d came when %d was due", i, sender, next[sender])
		}
		next[sender]++
	}
}
