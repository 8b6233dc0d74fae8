package ws_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// recordedTrace records the calls of a Trace.
type recordedTrace struct {
	mu     sync.Mutex
	events []string
}

func (d *recordedTrace) record(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, fmt.Sprintf(format, args...))
}

func (d *recordedTrace) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.events, ", ")
}

func (d *recordedTrace) trace() *ws.Trace {
	return &ws.Trace{
		SessionStart:      func(*ws.Session) { d.record("start") },
		SessionEnd:        func(_ *ws.Session, err error) { d.record("end: %v", err) },
		CloseSent:         func(_ *ws.Session, r ws.CloseReason) { d.record("sent %d", r.Code) },
		CloseReceived:     func(_ *ws.Session, r ws.CloseReason) { d.record("received %d", r.Code) },
		ProtocolError:     func(_ *ws.Session, err *ws.ProtocolError) { d.record("broken %d", err.Code) },
		BackpressureBegin: func(*ws.Session) { d.record("waits") },
		BackpressureEnd:   func(_ *ws.Session, took time.Duration) { d.record("waited %v", took) },
		HeartbeatAnswered: func(_ *ws.Session, took time.Duration) { d.record("answered %v", took) },
		Unread:            func(_ *ws.Session, took time.Duration) { d.record("unread %v", took) },
		SlowWrite:         func(_ *ws.Session, took time.Duration) { d.record("slow %v", took) },
	}
}

// A Trace is called in the order of the events.
func TestTraceOrder(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(t *testing.T, p *pair)
		want string
	}{
		{"a closing handshake", func(t *testing.T, p *pair) {
			p.writeLater(closeFrame(4000))
			end := receiveAll(p)
			p.expect(opClose, string(closePayload(4000, "")))
			<-end
		}, "start, received 4000, sent 4000, end: ws: session closed by the peer: 4000"},
		{"a protocol error", func(t *testing.T, p *pair) {
			p.writeLater(masked(fin|opText, []byte{0xff}))
			end := receiveAll(p)
			p.expectClose(1007)
			<-end
		}, "start, broken 1007, sent 1007, end: ws: failed with 1007 invalid payload: text is not UTF-8"},
		{"a send that waits", func(t *testing.T, p *pair) {
			for range 2 {
				go func() { _ = p.session.Text(t.Context(), strings.Repeat("x", 100)) }()
				synctest.Wait()
			}
			time.Sleep(2 * time.Second)
			p.expect(opText, strings.Repeat("x", 100))
			p.expect(opText, strings.Repeat("x", 100))
			synctest.Wait()
			p.client.conn.Close()
			<-receiveAll(p)
		}, "start, waits, waited 2s, slow 2s, end: ws: connection lost: EOF without a Close frame"},
		{"heartbeats", func(t *testing.T, p *pair) {
			end := receiveAll(p)
			for _, took := range []time.Duration{40 * time.Millisecond, 2 * time.Second} {
				f, err := p.next()
				if err != nil || f.opcode() != opPing {
					t.Fatal(f, err)
				}
				time.Sleep(took)
				p.send(opPong, string(f.payload))
				synctest.Wait()
				p.send(opPong, string(f.payload)) // has no effect
				p.send(opPong, "unasked")         // nor does this
				synctest.Wait()
				if got := p.session.Latency(); got != took {
					t.Errorf("latency %v, want %v", got, took)
				}
			}
			p.client.conn.Close()
			<-end
		}, "start, answered 40ms, answered 2s, end: ws: connection lost: EOF without a Close frame"},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachSide(t, func(t *testing.T, on side) {
				var d recordedTrace
				u := &ws.Upgrader{Options: ws.Options{SendBuffer: 150, Trace: d.trace()}}
				on.inSynctest(t, u, func(t *testing.T, p *pair) {
					test.do(t, p)
					<-p.session.Done()
					// The writer and the sender that it unblocks are recorded in either order.
					got := strings.Replace(d.String(), "slow 2s, waited 2s", "waited 2s, slow 2s", 1)
					if got != test.want {
						t.Errorf("recorded %s\nwant     %s", got, test.want)
					}
				})
			})
		})
	}
}

// LogTrace and these tests set every field of Trace.
func TestTraceFieldsAreAllCovered(t *testing.T) {
	for name, trace := range map[string]*ws.Trace{
		"LogTrace": ws.LogTrace(slog.New(slog.DiscardHandler)), "recordedTrace": new(recordedTrace).trace(),
	} {
		v := reflect.ValueOf(trace).Elem()
		for i := range v.NumField() {
			if field := v.Type().Field(i).Name; v.Field(i).IsNil() && (name == "LogTrace" || field != "HandshakeRefused") {
				t.Errorf("%s has no %s", name, field)
			}
		}
	}
}

func TestLogTraceOfRareEvents(t *testing.T) {
	var log bytes.Buffer
	trace := ws.LogTrace(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "peer" {
				return slog.Attr{}
			}
			return a
		}})))
	session := connectTo(t, new(ws.Upgrader))
	for _, test := range []struct {
		happens func()
		want    string
	}{
		{func() { trace.ProtocolError(session, &ws.ProtocolError{Code: 1002, Err: io.EOF}) }, `level=WARN msg="protocol error" err="ws: failed with 1002 protocol error: EOF"`},
		{func() { trace.BackpressureBegin(session) }, `level=DEBUG msg="send waits" queued=0`},
		{func() { trace.BackpressureEnd(session, time.Second) }, `level=DEBUG msg="send continues" took=1s`},
		{func() { trace.HeartbeatAnswered(session, 40*time.Millisecond) }, `level=DEBUG msg="heartbeat answered" took=40ms`},
		{func() { trace.Unread(session, time.Minute) }, `level=WARN msg="session is not read" for=1m0s`},
		{func() { trace.SessionEnd(session, ws.ErrAbandoned) },
			`level=WARN msg="session ends" end=abandoned err="ws: session abandoned: neither half is referenced any more"`},
		{func() { trace.SlowWrite(session, 2*time.Second) }, `level=WARN msg="slow write" took=2s`},
	} {
		log.Reset()
		test.happens()
		if got := strings.TrimSpace(log.String()); got != test.want {
			t.Errorf("logged %s\nwant   %s", got, test.want)
		}
	}
}
