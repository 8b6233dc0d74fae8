package ws_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// agreement is a combination of the parameters of permessage-deflate.
type agreement struct {
	ServerAlone bool `json:"serverAlone"` // server_no_context_takeover
	ClientAlone bool `json:"clientAlone"` // client_no_context_takeover
	ServerBits  int  `json:"serverBits"`  // server_max_window_bits
	ClientBits  int  `json:"clientBits"`  // client_max_window_bits
}

// agreements are all combinations of takeover and the given windows.
func agreements(serverBits, clientBits []int) (all []agreement) {
	for _, server := range serverBits {
		for _, client := range clientBits {
			for i := range 4 {
				all = append(all, agreement{i&1 != 0, i&2 != 0, server, client})
			}
		}
	}
	if raceDetector || testing.Short() {
		return []agreement{all[0], all[len(all)/2+1], all[len(all)-2], all[len(all)-1]}
	}
	return all
}

func (a agreement) String() string {
	return fmt.Sprintf("server alone=%t bits=%d,client alone=%t bits=%d", a.ServerAlone, a.ServerBits, a.ClientAlone, a.ClientBits)
}

// answer is the server's, which names its own window also if that is the
// largest when the client has asked for it.
func (a agreement) answer(asked bool) string {
	s := "permessage-deflate"
	if a.ServerAlone {
		s += "; server_no_context_takeover"
	}
	if a.ClientAlone {
		s += "; client_no_context_takeover"
	}
	if a.ServerBits < 15 || asked {
		s += fmt.Sprint("; server_max_window_bits=", a.ServerBits)
	}
	if a.ClientBits < 15 {
		s += fmt.Sprint("; client_max_window_bits=", a.ClientBits)
	}
	return s
}

// clientChooses and serverChooses are the options of a server that leaves the
// parameters to the client, and of one that sets them.
func (a agreement) clientChooses(i int) ws.Compression {
	return ws.Compression{Level: matrixLevel(i), MinSize: 125, SendTakeover: true, RecvTakeover: true}
}

func (a agreement) serverChooses(i int) ws.Compression {
	return ws.Compression{
		Level: matrixLevel(i), MinSize: 125, SendTakeover: !a.ServerAlone, RecvTakeover: !a.ClientAlone,
		SendWindowBits: a.ServerBits, RecvWindowBits: a.ClientBits,
	}
}

// negotiated is the result with a client that leaves its window to the server, which
// asks for no fewer than 9 bits.
func (a agreement) negotiated() agreement {
	a.ClientBits = max(a.ClientBits, 9)
	return a
}

// matrixLevel has neighbouring combinations at different levels, of which those
// below 5 do not compress as those above do.
func matrixLevel(i int) int { return []int{1, 5}[(i+i/4)%2] }

// planned is one message of a plan, which client and server both know.
type planned struct {
	Size      int  `json:"size"`
	Fragments int  `json:"fragments"`
	Text      bool `json:"text"`
}

// takeoverSize is the length of messages that are sent twice: the length of the
// second one shows whether it refers to the first. Longer ones would not be in a
// window of 256 bytes, and shorter ones are not looked up by every compressor.
const takeoverSize = 200

// matrixSizes are the lengths of the planned messages.
var matrixSizes = []int{0, 1, 125, 126, takeoverSize, 64 << 10, mebibyte, 16 * mebibyte}

// planUpTo returns all sizes up to the largest in all numbers of fragments, text and
// binary in turn.
func planUpTo(largest int) (messages []planned) {
	sizes := slices.DeleteFunc(slices.Clone(matrixSizes), func(n int) bool { return n > largest })
	if raceDetector || testing.Short() {
		sizes = sizes[:6]
	}
	for _, size := range sizes {
		for _, fragments := range []int{1, 2, 100} {
			messages = append(messages, planned{size, fragments, len(messages)%2 == 0})
		}
	}
	return messages
}

// records is a payload of which every message is a prefix. It can be compressed, but
// not to next to nothing, and no message ends inside a character.
func records(n int) []byte {
	rng := rand.New(rand.NewPCG(7692, 1))
	b := make([]byte, 0, n+100)
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, `{"id":%d,"näme":"手机 %x","score":%d},`, i, rng.Uint32(), rng.IntN(1000))
	}
	for _, end := range append(slices.Clone(matrixSizes[1:]), n) {
		end = min(end, n)
		for i := end; b[i] >= utf8.RuneSelf; i++ {
			b[i] = 'x'
		}
		for i := end - 1; b[i] >= utf8.RuneSelf; i-- {
			b[i] = 'x'
		}
	}
	return b[:n]
}

// payload writes the records to a file for foreign clients.
func payload(t *testing.T, records []byte) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "payload")
	if err := os.WriteFile(file, records, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// echoPlanned sends the planned messages back if they arrive as planned, in
// as many fragments as planned, until the client closes.
func echoPlanned(session *ws.Session, stream *ws.AggregatedStream, plan []planned, records []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), tooltest.Patience)
	defer cancel()
	defer session.Close(ws.CloseReason{})
	for i, p := range plan {
		msg, err := stream.Recv(ctx)
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		if want := records[:p.Size]; msg.Kind == ws.Text != p.Text || !bytes.Equal(msg.Data, want) {
			return fmt.Errorf("message %d, %+v, came as %v of %d bytes", i, p, msg.Kind, len(msg.Data))
		}
		if err := sendFragments(ctx, session, msg, p.Fragments); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	msg, err := stream.Recv(ctx)
	if err != nil || msg.Kind != ws.Close {
		return fmt.Errorf("after all messages came %v, %w", msg.Kind, err)
	}
	return session.Close(msg.Reason)
}

// sendFragments sends a message in the given number of fragments.
func sendFragments(ctx context.Context, session *ws.Session, msg ws.Message, fragments int) (err error) {
	if fragments == 1 {
		return session.Send(ctx, msg)
	}
	part, n := ws.FirstText, len(msg.Data)
	if msg.Kind == ws.Binary {
		part = ws.FirstBinary
	}
	for k := range fragments {
		if k == fragments-1 {
			part = ws.Last
		}
		err = errors.Join(err, session.Continuation(ctx, part, msg.Data[k*n/fragments:(k+1)*n/fragments]))
		part = ws.Continue
	}
	return err
}

// servePlanned runs a server with the given compression for a client behind a
// proxy.
func servePlanned(t *testing.T, c ws.Compression, plan []planned, records []byte) *proxy {
	t.Helper()
	u := &ws.Upgrader{Compression: c}
	var echoes sync.WaitGroup
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		echoes.Add(1)
		defer echoes.Done()
		session, stream, err := u.Handle(w, r)
		if err == nil {
			err = echoPlanned(session, stream.Aggregate(16*mebibyte), plan, records)
		}
		if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(echoes.Wait) // which may report errors
	return newProxy(t, srv.Listener.Addr().String())
}

// expect checks that the connection was as agreed, and compressed in both
// directions. fragments says that the client itself made the fragments of the plan.
func (c *proxiedConn) expect(t *testing.T, a agreement, asked, fragments bool, plan []planned) {
	t.Helper()
	if want := a.answer(asked); c.answer != want {
		t.Errorf("%q was answered by %q, want %q", c.offer, c.answer, want)
	}
	if fragments {
		expectWireMessages(t, "client", c.fromClient, plan, a.ClientAlone)
	} else {
		expectWireMessages(t, "client", c.fromClient, inOne(plan), a.ClientAlone)
	}
	expectWireMessages(t, "server", c.fromServer, plan, a.ServerAlone)
}

// inOne is a plan without fragments.
func inOne(plan []planned) (whole []planned) {
	for _, p := range plan {
		whole = append(whole, planned{p.Size, 1, p.Text})
	}
	return whole
}

// expectWireMessages checks the messages of one direction.
func expectWireMessages(t *testing.T, who string, messages []wireMessage, plan []planned, alone bool) {
	t.Helper()
	if len(messages) != len(plan) {
		t.Fatalf("the %s sent %d messages of %d", who, len(messages), len(plan))
	}
	for i, p := range plan {
		m := messages[i]
		if m.frames < p.Fragments {
			t.Errorf("the %s sent %+v in %d frames", who, p, m.frames)
		}
		shorter := p.Fragments > p.Size/100 || m.bytes < p.Size // small fragments may make it longer
		if p.Size >= 125 && (!m.compressed || !shorter) {
			t.Errorf("the %s sent %+v in %d bytes, compressed: %t", who, p, m.bytes, m.compressed)
		}
		if p.Size == takeoverSize && p.Fragments == 2 && m.bytes < p.Size/4 == alone {
			t.Errorf("the %s sent a message again in %d bytes, alone: %t", who, m.bytes, alone)
		}
	}
}

// plannedReport is what foreign clients report of a plan.
type plannedReport struct {
	Messages int // that came back the same
}

// foreignMatrix has a script send all messages in all combinations; those of
// 16 MiB, which take a second, in every combination of takeover with the largest
// windows.
func foreignMatrix(t *testing.T, program, script string, all []agreement) {
	t.Helper()
	records := records(16 * mebibyte)
	file := payload(t, records)
	for i, a := range all {
		t.Run(a.String(), func(t *testing.T) {
			plan := planUpTo(mebibyte)
			if a.ServerBits == 15 && a.ClientBits == 15 {
				plan = planUpTo(16 * mebibyte)
			}
			proxy := servePlanned(t, a.clientChooses(i), plan, records)
			var visit plannedReport
			tooltest.Report(t, &visit, program, script, proxy.url, file, jsonOf(t, plan), jsonOf(t, a))
			if visit.Messages != len(plan) {
				t.Errorf("the client had %d messages of %d back", visit.Messages, len(plan))
			}
			await(t, proxy.conns, "the end of the call").expect(t, a, true, true, plan)
		})
	}
}

// foreignServerChooses has a script offer compression as clients do by themselves, their
// windows left to the server, which asks for small ones.
func foreignServerChooses(t *testing.T, program, script string) {
	t.Helper()
	records := records(mebibyte)
	file := payload(t, records)
	offer := jsonOf(t, map[string]any{"serverAlone": nil, "clientAlone": nil, "serverBits": nil, "clientBits": true})
	for i, a := range agreements([]int{8, 9}, []int{8, 9}) {
		t.Run(a.String(), func(t *testing.T) {
			plan := planUpTo(64 << 10)
			proxy := servePlanned(t, a.serverChooses(i), plan, records)
			var visit plannedReport
			tooltest.Report(t, &visit, program, script, proxy.url, file, jsonOf(t, plan), offer)
			if visit.Messages != len(plan) {
				t.Errorf("the client had %d messages of %d back", visit.Messages, len(plan))
			}
			await(t, proxy.conns, "the end of the call").expect(t, a.negotiated(), false, true, plan)
		})
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
