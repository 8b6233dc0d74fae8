package ws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/handset-go/handset/ws"
)

// echo sends back what the stream receives until it ends.
func echo(session *ws.Session, stream *ws.AggregatedStream) error {
	ctx := context.Background()
	for msg, err := range stream.All(ctx) {
		if err != nil {
			return err
		}
		if msg.Kind == ws.Text || msg.Kind == ws.Binary {
			if err := session.Send(ctx, msg); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestAnEchoOfEveryLengthBorderComesBackTheSame(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			p := connectOver(t, over, ws.Upgrader{})
			ended := make(chan error, 1)
			go func() { ended <- echo(p.session, p.stream.Aggregate(2<<20)) }()
			for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 65537, 1 << 20} {
				payload := bytes.Repeat([]byte("é"), n/2+1)[:n-n%2]
				payload = append(payload, bytes.Repeat([]byte("x"), n%2)...)
				p.send(opText, string(payload))
				p.expect(opText, string(payload))
			}
			p.write(masked(fin|opClose, closePayload(4000, "bye")))
			p.expectClose(4000)
			p.expectEnd()
			if err := await(t, ended, "the echo's end"); err != nil {
				t.Fatal(err)
			}
			await(t, p.session.Done(), "the session's end")
			if err := p.session.Err(); !errors.Is(err, ws.ErrClosed) {
				t.Fatal(fmt.Errorf("session ended with %w", err))
			}
		})
	}
}
