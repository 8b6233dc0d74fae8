package ws_test

import "github.com/handset-go/handset/ws"

// wireRow is a conversation between a session that sends back every message and its peer,
// which sends frames by hand. A row applies to both sides, if its script does not say
// another: only the peer of a server masks its frames (RFC 6455 §5.1).
type wireRow struct {
	id     string // a number is that of the case in Autobahn|Testsuite
	rule   *requirement
	script wireScript
	end    wireEnd
}

// wireScript is what happens in a conversation before its end.
type wireScript struct {
	steps []wireStep
	only  []side                  // the sides that it applies to, nil for both
	tune  func(*ws.MessageStream) // sets options of the stream; nil for none
	plain bool                    // it is not repeated with compressed messages
	agree *wireAgreement          // frames are sent as they are, with RSV1 or not, after this; nil for none
	long  bool                    // it is run once on each side, because it takes long
}

// wireStep is what the peer sends, and all that the session sends before the next step.
type wireStep struct {
	call   func(*ws.Session) error // by the application, before the peer sends; nil for none
	frames []wireFrame
	chop   int // the bytes of each write; 0 for one write of all frames, or eachFrame
	want   []wireFrame
}

// eachFrame is the chop of a step that writes every frame by itself.
const eachFrame = -1

// wireEnd is how a conversation ends after its last step.
type wireEnd struct {
	peerCloses bool         // the peer sends a Close frame with the code
	code       ws.CloseCode // of the session's Close frame, 0 for none
	reason     string       // of that frame
	violation  bool         // the session fails the connection (RFC 6455 §7.1.7)
	first      bool         // the session has sent its Close frame already
	answer     ws.CloseCode // of the peer to that
	lost       bool         // the peer ends the connection without a Close frame
}

// closes is the end of a conversation that the peer ends with a Close frame of its own.
func closes(code ws.CloseCode) wireEnd { return wireEnd{peerCloses: true, code: code} }

// closed is the end of a conversation whose last step has the peer's Close frame.
func closed(code ws.CloseCode) wireEnd { return wireEnd{code: code} }

// closedFirst is the end of a conversation in which the session sends a Close frame, and
// then the peer, in its last step.
func closedFirst(code ws.CloseCode, reason string, answer ws.CloseCode) wireEnd {
	return wireEnd{code: code, reason: reason, first: true, answer: answer}
}

// lost is the end of a conversation whose peer ends the connection.
func lost() wireEnd { return wireEnd{lost: true} }

// fails is the end of a conversation in which the peer violates the protocol.
func fails(code ws.CloseCode, reason string) wireEnd {
	return wireEnd{code: code, reason: reason, violation: true}
}

func steps(all ...wireStep) wireScript { return wireScript{steps: all} }

// on restricts a script to one side.
func (s wireScript) on(only side) wireScript {
	s.only = []side{only}
	return s
}

// tuned sets options of the stream.
func (s wireScript) tuned(tune func(*ws.MessageStream)) wireScript {
	s.tune = tune
	return s
}

// uncompressed has a script not be repeated with compressed messages.
func (s wireScript) uncompressed() wireScript {
	s.plain = true
	return s
}

// after has a script follow a handshake that agrees on compression.
func (s wireScript) after(agreed *wireAgreement) wireScript {
	s.agree = agreed
	return s
}

// inOneRun has a script that takes long be run once on each side.
func (s wireScript) inOneRun() wireScript {
	s.plain, s.long = true, true
	return s
}

func sends(frames ...wireFrame) wireStep { return wireStep{frames: frames} }

func calls(call func(*ws.Session) error) wireStep { return wireStep{call: call} }

func (s wireStep) inChops(n int) wireStep {
	s.chop = n
	return s
}

func (s wireStep) wants(frames ...wireFrame) wireStep {
	s.want = frames
	return s
}

// sides are those that a row applies to.
func (r wireRow) sides() []side {
	if r.script.only != nil {
		return r.script.only
	}
	return sides
}

// converse runs a row with a session that sends back every message. settled is called
// when the session must have sent all that it has to send.
func (r wireRow) converse(p *wirePeer, session *ws.Session, settled func()) {
	p.t.Helper()
	for i, step := range r.script.steps {
		if step.call != nil {
			if err := step.call(session); err != nil {
				p.t.Fatal(err)
			}
		}
		p.send(step)
		for _, want := range step.want {
			p.expect(want)
		}
		if i < len(r.script.steps)-1 || r.end.peerCloses {
			settled()
		}
	}
	if r.end.peerCloses {
		p.send(sends(closingFrame(r.end.code, "")))
	}
	if r.end.lost {
		if err := closeWrite(p.conn); err != nil {
			p.t.Fatal(err)
		}
	}
	r.end.expect(p, session, settled)
}

// expect expects the session's Close frame, that a server, or a side that fails the
// connection, ends TCP first (RFC 6455 §7.1.1, §7.1.7), and why the session says that it
// has ended.
func (e wireEnd) expect(p *wirePeer, session *ws.Session, settled func()) {
	p.t.Helper()
	if !e.first && !e.lost {
		p.expect(closeWith(e.code, e.reason))
	}
	if p.on == serverSide || e.violation || e.lost {
		p.expectEnd()
	} else {
		settled()
	}
	p.conn.Close()
	await(p.t, session.Done(), "the session's end")
	e.expectErr(p.t, session.Err())
}

// closeWith is a Close frame, which has no payload if the code is 0.
func closeWith(code ws.CloseCode, reason string) wireFrame {
	if code == 0 {
		return wireFrame{first: fin | opClose}
	}
	return closingFrame(code, reason)
}
