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
	conn     *websocket.Conn
	tcp      net.Conn // under conn
	received chan string

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
	client := &peer{received: make(chan string, 64)}
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
	p := &peer{received: make(chan string, 64), server: server}
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
			p.received <- fmt.Sprintf("Pong %q", payload)
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
			p.received <- fmt.Sprintf("Close %d %q", closed.Code, closed.Reason)
			return
		case err != nil:
			p.received <- "nothing more"
			return
		case kind == websocket.MessageText:
			p.received <- fmt.Sprintf("Text %q", data)
		default:
			p.received <- fmt.Sprintf("Binary % x", data)
		}
	}
}

// next waits for the next event of the client and describes it.
func (p *peer) next() string { return <-p.received }

// sendText sends a text message.
func (p *peer) sendText(text string) {
	if err := p.conn.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		log.Fatal(err)
	}
}

// sendFragments sends a text message in these fragments and an empty last one.
func (p *peer) sendFragments(fragments ...string) {
	w, err := p.conn.Writer(context.Background(), websocket.MessageText)
	if err != nil {
		log.Fatal(err)
	}
	for _, fragment := range fragments {
		if _, err := w.Write([]byte(fragment)); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
}

// ping sends a Ping.
func (p *peer) ping(payload string) { p.control(0x9, []byte(payload)) }

// close sends a Close frame. The answer is an event.
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

// disconnect closes the connection without a Close frame.
func (p *peer) disconnect() { p.tcp.Close() }

// stop closes the session, the client and the server.
func (p *peer) stop() {
	p.conn.CloseNow()
	p.session.Close(ws.CloseReason{})
	<-p.session.Done()
	p.server.Close()
}
