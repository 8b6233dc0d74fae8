package ws_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/handset-go/handset/ws"
)

// peer is the other end of an example's session: a client, over TCP on the loopback
// interface.
type peer struct {
	session  *ws.Session
	stream   *ws.MessageStream
	tcp      net.Conn // under the session
	received chan string

	dialer ws.Dialer
	server *httptest.Server
	served *ws.Session // the example's
}

// connect begins a session with a server's options. It returns what Handle
// returned in the server's handler, and the client.
func connect(u *ws.Upgrader) (*ws.Session, *ws.MessageStream, *peer) {
	session, stream, client := connectSilent(u)
	client.listen()
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
		client.served = session
		streams <- stream
	}))
	client.dialer.Subprotocols = u.Subprotocols
	client.dial()
	stream := <-streams
	return client.served, stream, client
}

// dialPeer is a client of a server.
func dialPeer(server *httptest.Server) *peer {
	p := &peer{received: make(chan string, 64), server: server}
	p.dial()
	return p
}

func (p *peer) dial() {
	p.dialer.HTTPClient = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
			p.tcp, err = new(net.Dialer).DialContext(ctx, network, addr)
			return p.tcp, err
		},
	}}
	var err error
	p.session, p.stream, err = p.dialer.Dial(context.Background(), p.server.URL)
	if err != nil {
		log.Fatal(err)
	}
}

// listen receives, and answers, in the background until the connection ends.
func (p *peer) listen() {
	whole := p.stream.Aggregate(1 << 20)
	messages := whole.Chan() // receives from now on, also if close is called at once
	go func() {
		for msg := range messages {
			switch msg.Kind {
			case ws.Close:
				p.received <- fmt.Sprintf("Close %d %q", msg.Reason.Code, msg.Reason.Description)
			case ws.Binary:
				p.received <- fmt.Sprintf("Binary % x", msg.Data)
			case ws.Text, ws.Pong: // a Ping has been answered
				p.received <- fmt.Sprintf("%v %q", msg.Kind, msg.Data)
			}
		}
		if whole.Err() != nil {
			p.received <- "nothing more"
		}
	}()
}

// next waits for the next event of the client and describes it.
func (p *peer) next() string { return <-p.received }

// sendText sends a text message.
func (p *peer) sendText(text string) {
	if err := p.session.Text(context.Background(), text); err != nil {
		log.Fatal(err)
	}
}

// sendFragments sends a text message in these fragments and an empty last one.
func (p *peer) sendFragments(fragments ...string) {
	part := ws.FirstText
	for _, fragment := range fragments {
		p.sendFragment(part, fragment)
		part = ws.Continue
	}
	p.sendFragment(ws.Last, "")
}

func (p *peer) sendFragment(part ws.Kind, text string) {
	if err := p.session.Continuation(context.Background(), part, []byte(text)); err != nil {
		log.Fatal(err)
	}
}

// sendInvalidText sends a text message that is not UTF-8, which a Session does not do,
// masked with a key of zeros.
func (p *peer) sendInvalidText() {
	if _, err := p.tcp.Write([]byte("\x81\x81\x00\x00\x00\x00\xff")); err != nil {
		log.Fatal(err)
	}
}

// ping sends a Ping.
func (p *peer) ping(payload string) {
	if err := p.session.Ping(context.Background(), []byte(payload)); err != nil {
		log.Fatal(err)
	}
}

// close sends a Close frame. The answer is an event.
func (p *peer) close(code ws.CloseCode, description string) {
	if err := p.session.Close(ws.CloseReason{Code: code, Description: description}); err != nil {
		log.Fatal(err)
	}
}

// disconnect closes the connection without a Close frame.
func (p *peer) disconnect() { p.tcp.Close() }

// stop ends the client, the session and the server.
func (p *peer) stop() {
	p.dialer.Close()
	p.served.Close(ws.CloseReason{})
	<-p.served.Done()
	p.server.Close()
}
