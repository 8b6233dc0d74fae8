package ws_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/handset-go/handset/ws"
)

// What cannot be inflated would fail a session that tried to.
func TestCompressedAfterCloseIsNotInflated(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		invalid := masked(fin|rsv1|opText, []byte("\xff\xff invalid"))
		for _, test := range []struct {
			name          string
			before, after func(*compressing) []byte
		}{
			{"messages", nil, func(p *compressing) []byte {
				sent := append(invalid, masked(fin|opText, []byte("plain"))...)
				sent = append(sent, masked(fin|opPing, nil)...)
				return append(sent, invalid...)
			}},
			{"text that is not UTF-8", nil, func(p *compressing) []byte { return p.compressedFrames(opText, []byte("\xff"), 2) }},
			{"a long message in fragments", nil, func(p *compressing) []byte {
				sent := masked(rsv1|opBinary, incompressible(200_000))
				for range 100 {
					sent = append(sent, masked(opContinuation, incompressible(1000))...)
				}
				return append(sent, masked(fin|opContinuation, nil)...)
			}},
			{"the rest of a message, after half a character", func(p *compressing) []byte {
				return masked(rsv1|opText, append(p.deflated([]byte("half \xe2\x82")), deflateTail...))
			}, func(*compressing) []byte {
				return append(masked(fin|opContinuation, []byte("\xff\xff")), masked(fin|opText, []byte("€"))...)
			}},
			{"a message behind half of one that is not compressed", func(*compressing) []byte {
				return masked(opText, []byte("half \xe2\x82"))
			}, func(*compressing) []byte { return append(masked(fin|opContinuation, []byte("\xac")), invalid...) }},
		} {
			for _, agreed := range compressions {
				for _, over := range transports {
					t.Run(test.name+","+agreed.name+","+over.name, func(t *testing.T) {
						p := on.connectCompressing(t, over, &ws.Upgrader{Compression: agreed.c}, agreed.offer)
						if test.before != nil {
							p.write(test.before(p))
							recvKind(t, p.stream, ws.FirstText)
						}
						if err := p.session.Close(ws.CloseReason{Code: 4000}); err != nil {
							t.Fatal(err)
						}
						p.expect(opClose, string(closePayload(4000, "")))
						p.write(bytes.Repeat(masked(fin|opPing, make([]byte, 125)), 600)) // more than is kept for a reader
						p.write(append(test.after(p), closeFrame(4000)...))
						expectSessionEnd(t, p.session, ws.ErrClosed)
						recvKind(t, p.stream, ws.Close)
						if _, err := p.stream.Recv(context.Background()); err != io.EOF {
							t.Errorf("the stream ended with %v", err)
						}
					})
				}
			}
		}
	})
}

// What is sent to a failed session is dropped without being inflated.
func TestCompressedAfterFailureIsNotInflated(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, agreed := range compressions {
			t.Run(agreed.name, func(t *testing.T) {
				p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: agreed.c}, agreed.offer)
				end := receiveAll(p.pair)
				invalid := masked(fin|rsv1|opBinary, incompressible(1000))
				p.write(invalid)
				failure := await(t, end, "the stream's failure")
				for range 100 {
					p.write(invalid)
				}
				p.expectClose(1007)
				p.conn.Close()
				expectSessionEnd(t, p.session, failure)
			})
		}
	})
}
