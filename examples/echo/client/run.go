package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/handset-go/handset/ws"
)

const (
	maxMessage  = 16 << 20        // bytes of a message, and of a line
	gracePeriod = 2 * time.Second // for the server to answer the Close frame after Ctrl-C
	endOfInput  = "end of input"  // payload of the last Ping
)

type console struct {
	in       io.Reader
	out, err io.Writer // messages, and reports of other events
}

// run connects to the server and returns when the session has ended. When ctx ends, it
// closes the session. A read of the input may outlive it.
func run(ctx context.Context, d *ws.Dialer, url string, c console) error {
	session, stream, err := d.Dial(ctx, url)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.err, "connected, subprotocol %q\n", session.Subprotocol())
	defer context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.Background(), gracePeriod)
		defer cancel()
		_ = d.Shutdown(grace)
	})()
	input := make(chan error, 1)
	go func() {
		input <- sendLines(session, c.in)
		_ = session.Ping(context.Background(), []byte(endOfInput)) // after which printMessages closes
	}()
	received := printMessages(session, stream.Aggregate(maxMessage), c)
	_ = session.Close(ws.CloseReason{})
	<-session.Done()
	select {
	case err = <-input:
	default: // the input goes on
	}
	if errors.Is(err, ws.ErrClosed) {
		err = nil // the session has ended before the input
	}
	return cmp.Or(err, received, failure(session.Err()))
}

// sendLines sends each line as a text message, until the session ends.
func sendLines(session *ws.Session, in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxMessage)
	for lines.Scan() {
		if err := session.TextBytes(context.Background(), lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// printMessages prints what the server sends. The Pong to the last Ping shows that the
// server has received all lines. Close is called then, in the loop, because it would
// drop the answers that are still to come if nothing received them.
func printMessages(session *ws.Session, stream *ws.AggregatedStream, c console) error {
	for msg, err := range stream.All(context.Background()) {
		switch {
		case err != nil:
			return err
		case msg.Kind == ws.Text:
			_, err = fmt.Fprintf(c.out, "%s\n", msg.Data)
		case msg.Kind == ws.Binary:
			_, err = fmt.Fprintf(c.out, "%x\n", msg.Data)
		case msg.Kind == ws.Pong && string(msg.Data) == endOfInput:
			err = session.Close(ws.CloseReason{Code: ws.CloseNormal})
		case msg.Kind == ws.Close:
			fmt.Fprintf(c.err, "close %v %s\n", msg.Reason.Code, msg.Reason.Description)
		default:
			fmt.Fprintf(c.err, "%v %q\n", msg.Kind, msg.Data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// failure returns err, with which a session has ended, or nil if that is a success.
func failure(err error) error {
	var closed *ws.CloseError
	if errors.As(err, &closed) {
		switch closed.Received.Code {
		case 0, ws.CloseNormal, ws.CloseGoingAway:
			return nil
		}
	}
	return err
}
