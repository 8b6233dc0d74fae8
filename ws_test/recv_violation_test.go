package ws_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// violation is what a client must not send, and the code that answers it.
type violation struct {
	name  string
	bytes []byte
	code  ws.CloseCode
}

// violations are as short as possible: no later byte could make them valid.
func violations() []violation {
	return append(append(badFrames(), badCloses()...), badTexts()...)
}

func badFrames() (all []violation) {
	bad := func(name string, b ...byte) { all = append(all, violation{name, b, ws.CloseProtocolError}) }
	for _, op := range []byte{opText, opBinary, opContinuation, opClose, opPing, opPong} {
		for i, bit := range []byte{0x40, 0x20, 0x10} {
			bad(fmt.Sprintf("RSV%d on opcode %#x", i+1, op), fin|bit|op)
		}
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF} {
		bad(fmt.Sprintf("reserved opcode %#x", op), fin|op)
	}
	for _, op := range []byte{opClose, opPing, opPong} {
		bad(fmt.Sprintf("fragmented control %#x", op), op)
		bad(fmt.Sprintf("control %#x of 126 bytes", op), fin|op, 0x80|126)
		bad(fmt.Sprintf("control %#x with a 64-bit length", op), fin|op, 0x80|127)
	}
	bad("unmasked text", fin|opText, 5)
	bad("unmasked empty text", fin|opText, 0)
	bad("unmasked ping", fin|opPing, 0)
	for _, n := range []uint16{0, 1, 125} {
		bad(fmt.Sprintf("length %d in 16 bits", n), binary.BigEndian.AppendUint16([]byte{fin | opText, 0x80 | 126}, n)...)
	}
	for _, n := range []uint64{0, 125, 126, 65535, 1 << 63, 1<<63 + 1, 1<<63 | 65536, 1<<64 - 1} {
		bad(fmt.Sprintf("length %d in 64 bits", n), binary.BigEndian.AppendUint64([]byte{fin | opBinary, 0x80 | 127}, n)...)
	}
	bad("continuation of nothing", masked(fin|opContinuation, nil)...)
	bad("open continuation of nothing", masked(opContinuation, []byte("x"))...)
	bad("continuation of a whole message", append(masked(fin|opText, nil), masked(fin|opContinuation, nil)...)...)
	bad("text inside a text", append(masked(opText, nil), masked(fin|opText, nil)...)...)
	bad("binary inside a text", append(masked(opText, nil), masked(opBinary, nil)...)...)
	bad("text inside a binary", append(masked(opBinary, nil), masked(fin|opText, nil)...)...)
	return all
}

func badCloses() (all []violation) {
	all = append(all, violation{"close payload of one byte", masked(fin|opClose, []byte{3}), 1002})
	for _, code := range []uint16{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		all = append(all, violation{fmt.Sprint("close code ", code), closeFrame(code), 1002})
	}
	for _, reason := range []string{"\xFF", "bye \xC3", "\xED\xA0\x80"} {
		all = append(all, violation{fmt.Sprintf("close reason %q", reason), masked(fin|opClose, closePayload(1000, reason)), 1007})
	}
	return all
}

func badTexts() (all []violation) {
	bad := func(name string, b []byte) { all = append(all, violation{name, b, ws.CloseInvalidPayload}) }
	for _, text := range []string{"\x80", "a\xC0\x80", "\xE0\x9F", "\xED\xA0", "\xF0\x8F", "\xF4\x90", "\xF5", "\xFF", "\xC3a"} {
		bad(fmt.Sprintf("text %q", text), masked(fin|opText, []byte(text)))
		bad(fmt.Sprintf("%q in a frame that goes on", text), masked(fin|opText, []byte(text+strings.Repeat("x", 100)))[:6+len(text)])
		bad(fmt.Sprintf("%q in a long frame that goes on", text), masked(fin|opText, []byte(text+strings.Repeat("x", 70_000)))[:14+len(text)])
		bad(fmt.Sprintf("%q in a fragment", text), masked(opText, []byte(text)))
		bad(fmt.Sprintf("%q across fragments", text), bytes.Join([][]byte{masked(opText, []byte(text[:1])),
			masked(fin|opPing, nil), masked(opContinuation, nil), masked(opContinuation, []byte(text[1:]+"\xFF"))}, nil))
	}
	bad("text cut inside a character", masked(fin|opText, []byte("a\xE2\x82")))
	bad("fragments cut inside a character", fragmented(opText, "a\xE2", "\x82"))
	bad("an empty last fragment inside a character", fragmented(opText, "\xF0\x9F\x98", ""))
	return all
}

// Every violation is answered with its code and ends the stream.
func TestViolation(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		for _, over := range transports {
			t.Run(over.name, func(t *testing.T) {
				for i, v := range violations() {
					t.Run(v.name, func(t *testing.T) {
						p := on.connectOver(t, over, &ws.Upgrader{})
						p.write(append(masked(fin|opText, []byte("good")), v.bytes...))
						err := recvToEnd(t, p, i%3)
						expectViolation(t, err, v.code)
						p.expectClose(int(v.code))
						if !over.wrap { // where only closing the connection ends the stream
							p.expectEnd()
						}
						p.conn.Close()
						await(t, p.session.Done(), "the session's end")
						expectViolation(t, p.session.Err(), v.code)
					})
				}
			})
		}
	})
}

// recvToEnd receives a text that says "good" and then to the stream's end, in
// one of three ways.
func recvToEnd(t *testing.T, p *pair, way int) (err error) {
	t.Helper()
	var l view = p.stream
	if way == 1 {
		l = p.stream.Aggregate(0)
	}
	if way == 2 {
		if msg := await(t, l.Chan(), "the good message"); string(msg.Data) != "good" {
			t.Fatalf("received %v %q", msg.Kind, msg.Data)
		}
		for range l.Chan() {
		}
		return l.Err()
	}
	var got []string
	for msg, err := range l.All(testContext(t)) {
		if err != nil && len(got) > 0 && got[0] == "good" {
			return err
		}
		got = append(got, string(msg.Data))
	}
	t.Fatalf("received %q and no error", got)
	return nil
}

// A bad byte of text fails the connection as soon as it is received.
func TestViolationOfUTF8FailsAtOnce(t *testing.T) {
	for name, sent := range map[string][]byte{
		"inside a frame":       masked(fin|opText, []byte("so far so good \xFF and so on"))[:6+16],
		"inside a long frame":  masked(fin|opText, append(mixedText(100_000), "\xFF and so on"...))[:14+100_001],
		"inside a fragment":    append(masked(opText, []byte("so far")), masked(opContinuation, []byte("so \xC3 good"))[:6+5]...),
		"in its second byte":   masked(fin|opText, []byte("so far \xE0\x9F and so on"))[:6+9],
		"at a fragment's edge": append(masked(opText, []byte("so far \xF0")), masked(opContinuation, []byte("\x8F\x80\x80"))[:6+1]...),
	} {
		for _, whole := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s,whole=%v", name, whole), func(t *testing.T) {
				overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
					var l view = p.stream
					if whole {
						l = p.stream.Aggregate(0)
					}
					p.writeLater(sent) // and nothing behind the bad byte
					var err error
					for err == nil {
						_, err = l.Recv(testContext(t))
					}
					expectViolation(t, err, ws.CloseInvalidPayload)
					p.expectClose(1007)
				})
			})
		}
	}
}

// A message is delivered before the violation that follows it.
func TestViolationAfterMessage(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		var b []byte
		for i := range 50 {
			b = append(b, masked(fin|opText, fmt.Append(nil, i))...)
		}
		p.write(append(b, 0xFF))
		for i := range 50 {
			if msg := recvKind(t, p.stream, ws.Text); string(msg.Data) != fmt.Sprint(i) {
				t.Fatalf("received %q, want %d", msg.Data, i)
			}
		}
		_, err := p.stream.Recv(t.Context())
		expectViolation(t, err, ws.CloseProtocolError)
	})
}

// The Close frame of a protocol error reaches a peer that is still sending.
func TestViolationBySendingPeer(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		end := receiveAll(p)
		more := masked(fin|opBinary, make([]byte, 4<<20))
		p.write(append([]byte{fin | 0x3, 0x80, 0, 0, 0, 0}, masked(fin|opBinary, make([]byte, 1<<20))...)) // opcode 3 is reserved
		p.write(more)                                                                                      // without reading
		p.expectClose(int(ws.CloseProtocolError))
		var failure *ws.ProtocolError
		if err := await(t, end, "the stream's end"); !errors.As(err, &failure) || failure.Code != ws.CloseProtocolError {
			t.Fatalf("the stream ended with %v", err)
		}
		expectSendsClosed(t, p.session)
		p.client.conn.Close()
		await(t, p.session.Done(), "the session's end")
		if err := p.session.Err(); !errors.As(err, &failure) {
			t.Fatalf("the session ended with %v", err)
		}
	})
}

func TestViolationByPeerThatStays(t *testing.T) {
	for _, tt := range []struct {
		name string
		wrap func(net.Conn) net.Conn
		want time.Duration
	}{
		{"after CloseTimeout", func(c net.Conn) net.Conn { return halfCloser{c} }, 5 * time.Second},
		{"sooner if CloseWrite is missing", func(c net.Conn) net.Conn { return c }, 500 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inSynctestOver(t, &ws.Upgrader{}, tt.wrap, func(t *testing.T, p *pair) {
				start, end := time.Now(), receiveAll(p)
				p.write([]byte{fin | 0x3, 0x80, 0, 0, 0, 0})
				p.expectClose(int(ws.CloseProtocolError))
				<-p.session.Done()
				var failure *ws.ProtocolError
				if got := time.Since(start); got != tt.want || !errors.As(p.session.Err(), &failure) {
					t.Fatalf("after %v the session ended with %v", got, p.session.Err())
				}
				if err := <-end; !errors.As(err, &failure) {
					t.Fatalf("the stream ended with %v", err)
				}
			})
		})
	}
}

// A peer that does not even take our Close frame has violated the protocol none the less.
func TestViolationByPeerThatTakesNothing(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		start, end := time.Now(), receiveAll(p)
		p.write([]byte{fin | 0x3, 0x80, 0, 0, 0, 0})
		expectViolation(t, <-end, ws.CloseProtocolError)
		<-p.session.Done()
		if got := time.Since(start); got != 5*time.Second {
			t.Errorf("the session ended after %v", got)
		}
		expectViolation(t, p.session.Err(), ws.CloseProtocolError)
	})
}

// halfCloser is a conn whose CloseWrite does nothing.
type halfCloser struct{ net.Conn }

func (halfCloser) CloseWrite() error { return nil }

func TestViolationAfterClose(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		if err := p.session.Close(ws.CloseReason{Code: 4000}); err != nil {
			t.Fatal(err)
		}
		p.expectClose(4000)
		p.write([]byte{fin | 0x3, 0x80, 0, 0, 0, 0})
		p.expectEnd()
		p.client.conn.Close()
		await(t, p.session.Done(), "the session's end")
		var failure *ws.ProtocolError
		if err := p.session.Err(); !errors.As(err, &failure) {
			t.Fatalf("the session ended with %v", err)
		}
	})
}
