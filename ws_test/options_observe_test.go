package ws_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func observeSubprotocol(t *testing.T, from endpoint) string {
	if u, ok := from.(*ws.Upgrader); ok {
		return connectPipe(t, u, "Sec-WebSocket-Protocol", "chat").session.Subprotocol()
	}
	return pipeOf(t, from).session.Subprotocol() // the peer selects the first
}

func observeCompression(t *testing.T, from endpoint) string {
	const extensions = "Sec-WebSocket-Extensions"
	if u, ok := from.(*ws.Upgrader); ok {
		return connectPipe(t, u, extensions, "permessage-deflate").header.Get(extensions)
	}
	end, peer := net.Pipe()
	response := new(scriptedResponse)
	session, _, err := dialOn(t, from.(*ws.Dialer), respond(end, response), false)
	if err != nil {
		t.Fatal(err)
	}
	peer.Close()
	_ = session.Close(ws.CloseReason{})
	<-session.Done()
	return response.request.Header.Get(extensions)
}

func observeForeignOrigin(t *testing.T, from endpoint) string {
	return fmt.Sprint(connectPipe(t, from.(*ws.Upgrader), "Origin", "https://www.example.org").status)
}

// observeAnswerToPing has the session send a text after it has received a Ping:
// what the peer receives before that is the answer.
func observeAnswerToPing(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	go func() {
		if _, err := p.stream.Recv(context.Background()); err == nil {
			_ = p.session.Text(context.Background(), "received")
		}
	}()
	p.send(opPing, "hello")
	first, err := p.next()
	switch {
	case err != nil:
		t.Fatal(err)
	case first.opcode() == opPong:
		p.expect(opText, "received")
		return "pong"
	}
	return "none"
}

// observeFullQueue sends to a peer that reads nothing until a send has to wait.
func observeFullQueue(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	kib := ws.Message{Kind: ws.Binary, Data: make([]byte, 1020-p.on.header())} // and a header
	for range 1 << 10 {
		switch err := p.session.TrySend(kib); err {
		case nil:
		case ws.ErrBufferFull:
			return fmt.Sprintf("%d bytes", p.session.Buffered())
		default:
			t.Fatal(err)
		}
	}
	return "no end"
}

func observeWriteTimeout(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	if err := p.session.Text(context.Background(), "is anybody there?"); err != nil {
		t.Fatal(err)
	}
	return p.endsAfter(t, ws.ErrWriteTimeout)
}

func observeCloseTimeout(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	go io.Copy(io.Discard, p.conn)
	if err := p.session.Close(ws.CloseReason{}); err != nil {
		t.Fatal(err)
	}
	return p.endsAfter(t, ws.ErrCloseTimeout)
}

func observeHeartbeat(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	go io.Copy(io.Discard, p.conn)
	go p.stream.Recv(context.Background())
	return p.endsAfter(t, ws.ErrHeartbeatTimeout)
}

// observeUnfinishedMessage sends the beginning of one.
func observeUnfinishedMessage(t *testing.T, from endpoint) string {
	p, began := pipeOf(t, from), time.Now()
	go io.Copy(io.Discard, p.conn)
	go p.conn.Write(masked(opText, []byte("once upon a time")))
	for {
		if _, err := p.stream.Recv(context.Background()); err != nil {
			took := time.Since(began)
			<-p.session.Done()
			return fmt.Sprint(took, " ", p.session.Err())
		}
	}
}

func observeFirstFrame(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	_ = p.session.Close(ws.CloseReason{})
	if f, err := p.next(); err != nil || f.opcode() == opText {
		return string(f.payload)
	}
	return "closed"
}

func observeRequestValue(t *testing.T, from endpoint) string {
	return fmt.Sprint(connectPipe(t, from.(*ws.Upgrader)).session.Context().Value(contextKey{}))
}

func observeSessionTraffic(t *testing.T, from endpoint) string {
	p := pipeOf(t, from)
	go func() { _, _ = io.Copy(io.Discard, p.conn) }()
	if err := p.session.Text(context.Background(), "hello"); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	if all := from.Stats().Out; all.Messages != 1 {
		t.Errorf("of all sessions are counted %+v", all)
	}
	return fmt.Sprint(p.session.Stats().Out.Messages, " messages sent")
}

func observeSecondSession(t *testing.T, from endpoint) string {
	connectPipe(t, from.(*ws.Upgrader))
	return fmt.Sprint(connectPipe(t, from.(*ws.Upgrader)).status)
}

// observeShutdown returns when the only session is closed by Shutdown, and with which code.
func observeShutdown(t *testing.T, from endpoint) string {
	p, began := pipeOf(t, from), time.Now()
	down := make(chan error, 1)
	go func() { down <- from.Shutdown(context.Background()) }()
	f, err := p.next()
	if err != nil {
		t.Fatal(err)
	}
	result := fmt.Sprint(time.Since(began), " ", f.closeCode())
	p.write(closeFrame(1001))
	if err := <-down; err != nil {
		t.Fatal(err)
	}
	return result
}
