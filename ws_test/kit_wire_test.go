package ws_test

import (
	"fmt"

	"github.com/handset-go/handset/ws"
)

// wireRow is a conversation between a session that sends back every message and its peer,
// which sends frames by hand. A row applies to both sides: only the peer of a server masks
// its frames (RFC 6455 §5.1).
type wireRow struct {
	id    string // the case's number in Autobahn|Testsuite
	rule  string // the section of the RFC that it tests, and what that says
	steps []wireStep
	end   wireEnd
}

// wireStep is what the peer sends, and all that the session sends before the next step.
type wireStep struct {
	frames []wireFrame
	chop   int // the bytes of each write; 0 for one write of all frames, or eachFrame
	want   []wireFrame
}

// eachFrame is the chop of a step that writes every frame by itself.
const eachFrame = -1

// wireFrame is a frame or a part of one, not masked.
type wireFrame struct {
	first   byte // fin, reserved bits and opcode
	payload string
	rest    int  // how much of the payload later steps send
	goesOn  bool // the payload is a part of that of the frame before, and first is not sent
}

func (f wireFrame) String() string {
	return fmt.Sprintf("%#x of %d bytes %q", f.first, len(f.payload), clip([]byte(f.payload)))
}

// wireEnd is how a conversation ends after its last step.
type wireEnd struct {
	peerCloses bool         // the peer sends a Close frame with the code
	code       ws.CloseCode // of the session's Close frame, 0 for none
	reason     string       // of that frame
	violation  bool         // the session fails the connection (RFC 6455 §7.1.7)
}

// closes is the end of a conversation that the peer ends with a Close frame of its own.
func closes(code ws.CloseCode) wireEnd { return wireEnd{peerCloses: true, code: code} }

// closed is the end of a conversation whose last step has the peer's Close frame.
func closed(code ws.CloseCode) wireEnd { return wireEnd{code: code} }

// fails is the end of a conversation in which the peer violates the protocol.
func fails(code ws.CloseCode, reason string) wireEnd {
	return wireEnd{code: code, reason: reason, violation: true}
}

func steps(all ...wireStep) []wireStep { return all }

func sends(frames ...wireFrame) wireStep { return wireStep{frames: frames} }

func (s wireStep) inChops(n int) wireStep {
	s.chop = n
	return s
}

func (s wireStep) wants(frames ...wireFrame) wireStep {
	s.want = frames
	return s
}

func textFrame(payload string) wireFrame   { return wireFrame{first: fin | opText, payload: payload} }
func binaryFrame(payload string) wireFrame { return wireFrame{first: fin | opBinary, payload: payload} }
func pingFrame(payload string) wireFrame   { return wireFrame{first: fin | opPing, payload: payload} }
func pongFrame(payload string) wireFrame   { return wireFrame{first: fin | opPong, payload: payload} }

func closingFrame(code ws.CloseCode, reason string) wireFrame {
	return wireFrame{first: fin | opClose, payload: string(closePayload(uint16(code), reason))}
}

// openFragment is a frame that begins a message of an opcode, or continues one.
func openFragment(op byte, payload string) wireFrame { return wireFrame{first: op, payload: payload} }

// lastFragment is the frame that ends a fragmented message.
func lastFragment(payload string) wireFrame {
	return wireFrame{first: fin | opContinuation, payload: payload}
}

// inFragments is a message in fragments of n bytes, and one of the rest.
func inFragments(op byte, payload string, n int) (frames []wireFrame) {
	for len(payload) > n {
		frames = append(frames, openFragment(op, payload[:n]))
		op, payload = opContinuation, payload[n:]
	}
	return append(frames, wireFrame{first: fin | op, payload: payload})
}

// reserved sets reserved bits of a frame: RSV1 is 4, RSV2 is 2 and RSV3 is 1.
func reserved(bits byte, f wireFrame) wireFrame {
	f.first |= bits << 4
	return f
}

// converse runs a row with a session that runs wireEcho. settled is called when the
// session must have sent all that it has to send.
func (r wireRow) converse(p *wirePeer, session *ws.Session, settled func()) {
	for i, step := range r.steps {
		p.send(step)
		for _, want := range step.want {
			p.expect(want)
		}
		if i < len(r.steps)-1 || r.end.peerCloses {
			settled()
		}
	}
	if r.end.peerCloses {
		p.send(sends(closingFrame(r.end.code, "")))
	}
	r.end.expect(p, session, settled)
}

// expect expects the session's Close frame, that a server, or a side that fails the
// connection, ends TCP first (RFC 6455 §7.1.1, §7.1.7), and why the session says that it
// has ended.
func (e wireEnd) expect(p *wirePeer, session *ws.Session, settled func()) {
	p.t.Helper()
	want := closingFrame(e.code, e.reason)
	if e.code == 0 {
		want.payload = ""
	}
	p.expect(want)
	if p.on == serverSide || e.violation {
		p.expectEnd()
	} else {
		settled()
	}
	p.conn.Close()
	await(p.t, session.Done(), "the session's end")
	e.expectErr(p.t, session.Err())
}
