package ws_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// fuzzOptions are the options of a fuzzed session.
type fuzzOptions struct {
	on         side
	agreement  fuzzAgreement
	upgrader   ws.Upgrader
	halfCloses bool // the connection has CloseWrite
	refuses    bool // RefuseData is called

	reader     fuzzReader
	maxFrame   int  // 0 for any
	maxMessage int  // 0 for the raw stream
	most       int  // of what a read returns
	space      int  // of the peer, at first
	early      int  // how many steps of the script come before the session
	ahead      bool // the server has read what they send together with the handshake
	traced     bool
	ending     fuzzEnding
}

// fuzzReader is how a session is read from its beginning.
type fuzzReader uint8

const (
	noReader   fuzzReader = iota // only by the script
	recvReader                   // by calls of Recv
	recvEcho                     // the same, and every message is sent back
	allReader                    // by a loop over All
	allEcho
	chanReader
	discarder
	fuzzReaders
)

// fuzzEnding is what happens to a session when its script is over.
type fuzzEnding uint8

const (
	peerCloses  fuzzEnding = iota // by a Close frame, and ends its direction
	peerEnds                      // its direction
	peerResets                    // the connection
	programEnds                   // by Session.Close, and the peer answers
	peerSilent                    // the same, and it does not
	allEnd                        // by Close of the Upgrader or Dialer
	fuzzEndings
)

// fuzzAgreement is an agreement on compression.
type fuzzAgreement struct {
	options       ws.Compression
	offer, answer string // of the peer of a server and of a client, with the same meaning
	peer, session wireWindow
}

// fuzzAgreements are the first, which is none, and those with each parameter.
var fuzzAgreements = []fuzzAgreement{
	{},
	{ws.Frugal(), "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover", wireWindow{true, 15}, wireWindow{true, 15}},
	{ws.Balanced(), "permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12", wireWindow{false, 12}, wireWindow{false, 12}},
	{ws.Dense(), "permessage-deflate", "permessage-deflate", wireWindow{false, 15}, wireWindow{false, 15}},
	{ws.Compression{Level: 1, MinSize: 1, SendTakeover: true, SendWindowBits: 9}, "permessage-deflate; server_max_window_bits=9",
		"permessage-deflate; server_no_context_takeover; client_max_window_bits=9", wireWindow{true, 15}, wireWindow{false, 9}},
	{ws.Compression{Level: 6, MinSize: 1, RecvTakeover: true}, "permessage-deflate", "permessage-deflate; client_no_context_takeover", wireWindow{false, 15}, wireWindow{true, 15}},
}

var (
	fuzzBuffers = []int{0, 1, 60, 200, 1000, 70_000, 1 << 20}
	fuzzReads   = []int{1 << 20, 1, 2, 7, 100, 1000, 1024, 5000}
	fuzzSpaces  = []int{unlimited, unlimited, unlimited, 0, 1, 10, 1000, 65536}
	fuzzTimes   = []time.Duration{0, 50 * time.Millisecond, time.Second, time.Minute}
)

// options takes the options from the input, of which each byte has its own.
func (in *fuzzInput) options() *fuzzOptions {
	o := new(fuzzOptions)
	flags := in.byte()
	o.on, o.halfCloses, o.refuses = side(flags&1), flags&2 == 0, flags&4 != 0
	o.upgrader.ManualPong, o.upgrader.SessionStats = flags&8 != 0, flags&16 != 0
	o.agreement = choose(in, fuzzAgreements)
	o.upgrader.Compression = o.agreement.options
	o.reader = fuzzReader(in.byte()) % fuzzReaders
	o.maxFrame, o.maxMessage = choose(in, limitsToTry[:]), choose(in, limitsToTry[:])
	o.most, o.space = choose(in, fuzzReads), choose(in, fuzzSpaces)
	begin := in.byte()
	o.early, o.ahead, o.traced = int(begin&3), begin&4 != 0, begin&8 == 0
	o.ending = fuzzEnding(in.byte()) % fuzzEndings
	o.upgrader.SendBuffer = choose(in, fuzzBuffers)
	times := in.byte()
	o.upgrader.WriteTimeout, o.upgrader.CloseTimeout = fuzzTimes[times&3], fuzzTimes[times>>2&3]
	o.upgrader.MessageTimeout = fuzzTimes[times>>4&3]
	o.upgrader.Heartbeat = []ws.Heartbeat{noHeartbeat, {}, {Interval: time.Second, Timeout: 20 * time.Millisecond}, {Interval: time.Minute, Timeout: time.Second}}[times>>6]
	return o
}

// begin begins a session of the endpoint with the agreement.
func (o *fuzzOptions) begin(t testing.TB, from endpoint, conn net.Conn, early []byte) (*ws.Session, *ws.MessageStream) {
	if d, ok := from.(*ws.Dialer); ok {
		answer := func(string) string { return o.agreement.answer }
		session, stream, err := dialOn(t, d, respond(conn, &scriptedResponse{early: early, answer: answer}), false)
		if err != nil {
			t.Fatal(err)
		}
		return session, stream
	}
	w := &responseWriter{conn: conn, early: early}
	session, stream, err := from.(*ws.Upgrader).Handle(w, request("Sec-WebSocket-Extensions", o.agreement.offer))
	if err != nil {
		t.Fatal(err)
	}
	return session, stream
}

// String says which options matter when a failure is read.
func (o *fuzzOptions) String() string {
	reader := [...]string{"none", "Recv", "Recv and echo", "All", "All and echo", "Chan", "Discard"}[o.reader]
	ending := [...]string{"peer closes", "peer ends", "peer resets", "program closes", "program closes, peer is silent", "all are closed"}[o.ending]
	return strings.Join([]string{o.on.String(), o.agreement.answer, reader, ending}, ", ")
}
