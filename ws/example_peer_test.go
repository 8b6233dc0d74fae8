package ws_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

// peer is the other end of an example's session: a client of another library,
// over TCP on the loopback interface.
type peer struct {
	conn  *websocket.Conn
	tcp   net.Conn // under conn
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
	client.dial(u.Subprotocols)
	stream := <-streams
	return client.session, stream, client
}

// dialPeer is a client of a server.
func dialPeer(server *httptest.Server) *peer {
	p := &peer{hears: make(chan string, 64), server: server}
	p.dial(nil)
	return p
}

func (p *peer) dial(subprotocols []string) {
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		var err error
		p.tcp, err = new(net.Dialer).DialContext(ctx, network, addr)
		return p.tcp, err
	}}
	var err error
	p.conn, _, err = websocket.Dial(context.Background(), p.server.URL, &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: transport},
		Subprotocols: subprotocols,
		OnPongReceived: func(_ context.Context, payload []byte) {
			p.hears <- fmt.Sprintf("Pong %q", payload)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
}

// listen receives, and answers, until the connection ends.
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

// ping sends a Ping.
func (p *peer) ping(payload string) { p.control(0x9, []byte(payload)) }

// close sends a Close, and leaves the answer to be heard.
func (p *peer) close(code ws.CloseCode, reason string) {
	p.control(0x8, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}

// control sends a control frame, masked with a key of zeros.
func (p *peer) control(opcode byte, payload []byte) {
	frame := append([]byte{0x80 | opcode, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
	if _, err := p.tcp.Write(frame); err != nil {
		log.Fatal(err)
	}
}

// vanish closes the connection without a word.
func (p *peer) vanish() { p.tcp.Close() }

// leave ends everything that connect began.
func (p *peer) leave() {
	p.conn.CloseNow()
	p.session.Close(ws.CloseReason{})
	<-p.session.Done()
	p.server.Close()
}
