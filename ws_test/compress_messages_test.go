package ws_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// The first acceptable offer is agreed on.
func TestCompressionNegotiation(t *testing.T) {
	for _, test := range compressions {
		t.Run(test.name, func(t *testing.T) {
			p := serverSide.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c}, test.offer)
			if p.extensions != test.answers {
				t.Errorf("offer %q got %q, want %q", test.offer, p.extensions, test.answers)
			}
		})
	}
	for _, offer := range []string{"", "x-webkit-deflate-frame", "permessage-deflate; server_max_window_bits=7", `permessage-deflate; "`} {
		if p := serverSide.connectCompressing(t, transports[0], &ws.Upgrader{Compression: ws.Dense()}, offer); p.extensions != "" {
			t.Errorf("offer %q got %q", offer, p.extensions)
		}
	}
	if p := serverSide.connectCompressing(t, transports[0], &ws.Upgrader{}, "permessage-deflate"); p.extensions != "" {
		t.Errorf("without compression got %q", p.extensions)
	}
}

// Invalid options refuse the handshake.
func TestCompressionBadOptions(t *testing.T) {
	for _, c := range []ws.Compression{
		{Level: -1}, {Level: 10}, {Level: 1, MinSize: -1}, {Level: 1, SendWindowBits: 7}, {Level: 1, RecvWindowBits: 16}, {SendTakeover: true},
	} {
		if p := connectPipe(t, &ws.Upgrader{Compression: c}); p.status != 500 {
			t.Errorf("%+v: %d", c, p.status)
		}
	}
}

func TestCompressedEchoOfAllSizes(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		for _, over := range transports {
			if raceDetector && on == clientSide && over.name != "tcp" {
				continue
			}
			sizes := []int{0, 1, 125, 126, 300, 4 << 10, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1 << 20, 16 << 20}
			if raceDetector || testing.Short() { // which takes ten times as long
				sizes = sizes[:len(sizes)-3]
			} else if on == clientSide || over.name != "tcp" {
				sizes = sizes[:len(sizes)-1]
			}
			for _, test := range compressions {
				for _, whole := range []bool{true, false} {
					t.Run(fmt.Sprint(over.name, ",", test.name, ",whole=", whole), func(t *testing.T) {
						p := on.connectCompressing(t, over, &ws.Upgrader{Compression: test.c}, test.offer)
						ended := make(chan error, 1)
						go func() {
							if whole {
								ended <- echo(p.session, p.stream.Aggregate(16<<20))
							} else {
								ended <- echoChunks(p.session, p.stream)
							}
						}()
						for _, n := range sizes {
							for _, fragments := range []int{1, 2, 100} {
								text := mixedText(n)
								go p.conn.Write(p.compressedFrames(opText, text, fragments))
								compressed := p.expectMessage(opText, text)
								if want := n >= 300; whole && compressed != want && n > 126 {
									t.Errorf("%d bytes came compressed: %v", n, compressed)
								}
							}
						}
						noise := incompressible(100_000)
						go p.conn.Write(p.compressedFrames(opBinary, noise, 3))
						if p.expectMessage(opBinary, noise) && whole {
							t.Error("what cannot be compressed came compressed")
						}
						p.write(closeFrame(1000))
						if err := await(t, ended, "the echo's end"); err != nil {
							t.Error(err)
						}
					})
				}
			}
		}
	})
}

func TestCompressedChunkInOneFrame(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, test := range compressions {
			p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c}, test.offer)
			for n, want := range map[int]string{1000: "Text", 64 << 10: "Text", 64<<10 + 1: "FirstText Last", 150_000: "FirstText Continue Last"} {
				text := strings.Repeat("x", n)
				p.write(p.compressedFrames(opText, []byte(text), 1))
				var kinds []string
				var got []byte
				for len(got) < n || !strings.HasSuffix(strings.Join(kinds, " "), want[strings.LastIndex(want, " ")+1:]) {
					msg, err := p.stream.Recv(testContext(t))
					if err != nil {
						t.Fatal(err)
					}
					kinds, got = append(kinds, msg.Kind.String()), append(got, msg.Data...)
				}
				if s := strings.Join(kinds, " "); s != want || string(got) != text {
					t.Errorf("%s, %d bytes: came as %s, want %s", test.name, n, s, want)
				}
			}
		}
	})
}

// Fragments sent with Continuation are compressed as one stream.
func TestCompressedFragmentsAreOneStream(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, test := range compressions {
			t.Run(test.name, func(t *testing.T) {
				p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c, Options: ws.Options{SendBuffer: 1 << 20}}, test.offer)
				text := mixedText(100_000)
				for range 2 {
					w := p.session.Writer(testContext(t), ws.Text)
					for part := range slices.Chunk(text, 999) {
						if _, err := w.Write(part); err != nil {
							t.Fatal(err)
						}
					}
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					if !p.expectMessage(opText, text) {
						t.Error("what a Writer sent came as it was")
					}
				}
				for i, part := range []ws.Kind{ws.FirstText, ws.Continue, ws.Continue, ws.Last} {
					if err := p.session.Continuation(testContext(t), part, text[:i*10]); err != nil {
						t.Fatal(err)
					}
				}
				if want := string(text[:10]) + string(text[:20]) + string(text[:30]); !p.expectMessage(opText, []byte(want)) {
					t.Error("the fragments were not compressed")
				}
				if err := p.session.Ping(testContext(t), []byte(strings.Repeat("x", 125))); err != nil {
					t.Fatal(err)
				}
				p.expect(opPing, strings.Repeat("x", 125))
				if err := p.session.TextBytes(testContext(t), text[:50_000]); err != nil {
					t.Fatal(err)
				}
				p.expectMessage(opText, text[:50_000])
			})
		}
	})
}

// bomb is a message of 64 MiB of zeros times n, or of 8 MiB if that takes too long.
func (p *compressing) bomb(n int) []byte {
	var b []byte
	size := 64 << 20
	if raceDetector || testing.Short() {
		size = 8 << 20
	}
	block := append(p.deflated(make([]byte, size)), deflateTail...)
	for range n {
		b = append(b, block...)
	}
	return bytes.TrimSuffix(b, []byte(deflateTail))
}

// A compression bomb costs little memory, and the stream goes on.
func TestCompressionBombMemory(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		times := 16 // a GiB
		if raceDetector || testing.Short() {
			times = 2
		}
		for _, test := range compressions {
			t.Run(test.name, func(t *testing.T) {
				p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c}, test.offer)
				stream := p.stream.Aggregate(100_000)
				sent := masked(fin|rsv1|opBinary, p.bomb(times))
				sent = append(sent, p.compressedFrames(opText, []byte("hello"), 1)...)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				p.writeLater(sent)
				if _, err := stream.Recv(testContext(t)); err != ws.ErrMessageTooBig {
					t.Fatalf("received %v", err)
				}
				msg, err := stream.Recv(testContext(t))
				runtime.ReadMemStats(&after)
				if err != nil || string(msg.Data) != "hello" {
					t.Fatalf("received %q, %v", msg.Data, err)
				}
				if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 && !raceDetector {
					t.Errorf("%d bytes were allocated", n)
				}
			})
		}
	})
}

// A session closed after a compression bomb sends code 1009.
func TestCompressionBombThenClose(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: ws.Frugal()}, "permessage-deflate")
		p.writeLater(masked(fin|rsv1|opBinary, p.bomb(1)))
		if _, err := p.stream.Aggregate(0).Recv(testContext(t)); err != ws.ErrMessageTooBig {
			t.Fatalf("received %v", err)
		}
		_ = p.session.Close(ws.CloseReason{})
		p.expectClose(1009)
	})
}

func TestCompressedGarbageFailsSession(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, test := range []struct {
			name string
			sent func(*compressing) []byte
			code ws.CloseCode
		}{
			{"bad block type", func(*compressing) []byte { return masked(fin|rsv1|opText, []byte{0xff, 0xff}) }, 1007},
			{"cut off", func(*compressing) []byte { return masked(fin|rsv1|opText, []byte{0xf2, 0x48}) }, 1007},
			{"text not UTF-8", func(p *compressing) []byte { return p.compressedFrames(opText, []byte("\xff"), 1) }, 1007},
			{"text that ends in a character", func(p *compressing) []byte { return p.compressedFrames(opText, []byte("\xe2\x82"), 2) }, 1007},
			{"RSV1 on a continuation", func(*compressing) []byte {
				return append(masked(rsv1|opText, nil), masked(fin|rsv1|opContinuation, []byte{0})...)
			}, 1002},
			{"RSV1 on a ping", func(*compressing) []byte { return masked(fin|rsv1|opPing, nil) }, 1002},
			{"RSV2", func(*compressing) []byte { return masked(fin|rsv1>>1|opText, nil) }, 1002},
		} {
			t.Run(test.name, func(t *testing.T) {
				p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: ws.Dense()}, "permessage-deflate")
				p.writeLater(test.sent(p))
				var err error
				for err == nil {
					_, err = p.stream.Recv(testContext(t))
				}
				var failed *ws.ProtocolError
				if !errors.As(err, &failed) || failed.Code != test.code {
					t.Errorf("received %v, want code %d", err, test.code)
				}
				if _, again := p.stream.Recv(testContext(t)); again != err {
					t.Errorf("then received %v", again)
				}
				p.expectClose(int(test.code))
			})
		}
	})
}
