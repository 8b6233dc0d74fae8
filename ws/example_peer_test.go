package ws_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

// peer is the other end of an example's session: a client of another library,
// over TCP on the loopback interface.
type peer struct {
	conn  *websocket.Conn
	hears chan string

	server  *httptest.Server
	session *ws.Session
}

// connect begins a session with a server's options. It returns what Handle
// returned in the server's handler, and the client.
func connect(u *ws.Upgrader) (*ws.Session, *ws.MessageStream, *peer) {
	session, stream, client := connectSilent(u)
	go client.listen()
	return session, stream, client
}

// connectSilent is connect with a client that reads nothing, and so answers
// nothing either.
func connectSilent(u *ws.Upgrader) (*ws.Session, *ws.MessageStream, *peer) {
	client := &peer{hears: make(chan string, 64)}
	streams := make(chan *ws.MessageStream, 1)
	client.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := u.Handle(w, r)
		if err != nil {
			log.Fatal(err)
		}
		client.session = session
		streams <- stream
	}))
	var err error
	client.conn, _, err = websocket.Dial(context.Background(), client.server.URL, &websocket.DialOptions{
		Subprotocols: u.Subprotocols,
		OnPingReceived: func(_ context.Context, payload []byte) bool {
			client.hears <- fmt.Sprintf("Ping %q", payload)
			return true
		},
		OnPongReceived: func(_ context.Context, payload []byte) {
			client.hears <- fmt.Sprintf("Pong %q", payload)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	stream := <-streams
	return client.session, stream, client
}

// listen receives until the connection ends.
func (p *peer) listen() {
	for {
		kind, data, err := p.conn.Read(context.Background())
		var closed websocket.CloseError
		switch {
		case errors.As(err, &closed):
			p.hears <- fmt.Sprintf("Close %d %q", closed.Code, closed.Reason)
			return
		case err != nil:
			p.hears <- "nothing more"
			return
		case kind == websocket.MessageText:
			p.hears <- fmt.Sprintf("Text %q", data)
		default:
			p.hears <- fmt.Sprintf("Binary % x", data)
		}
	}
}

// hear returns the next thing that the client received.
func (p *peer) hear() string { return <-p.hears }

// say sends a text message.
func (p *peer) say(text string) {
	if err := p.conn.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		log.Fatal(err)
	}
}

// sayInPieces sends a text message in as many fragments, and an empty last one.
func (p *peer) sayInPieces(pieces ...string) {
	w, err := p.conn.Writer(context.Background(), websocket.MessageText)
	if err != nil {
		log.Fatal(err)
	}
	for _, piece := range pieces {
		if _, err := w.Write([]byte(piece)); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
}

// ping sends a Ping. Its payload is the number of Pings sent so far.
func (p *peer) ping() { go p.conn.Ping(context.Background()) }

// close sends a Close, without waiting for the answer.
func (p *peer) close(code ws.CloseCode, reason string) {
	go p.conn.Close(websocket.StatusCode(code), reason)
}

// vanish closes the connection without a word.
func (p *peer) vanish() { p.conn.CloseNow() }

// leave ends everything that connect began.
func (p *peer) leave() {
	p.vanish()
	p.session.Close(ws.CloseReason{})
	<-p.session.Done()
	p.server.Close()
}
