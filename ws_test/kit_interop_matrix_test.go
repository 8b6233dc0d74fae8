package ws_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// clientCase is a client's configuration of compression and that of a server. Zero
// bits of a server mean that it has no option for them.
type clientCase struct{ client, server agreement }

func (c clientCase) String() string { return fmt.Sprintf("client{%v} server{%v}", c.client, c.server) }

// clientCases are all configurations of a client with a server that leaves the
// parameters to it, all of a server with a client that does so, and some of both.
func clientCases() (cases []clientCase) {
	for _, client := range agreements([]int{15, 12, 9}, []int{15, 12, 9}) {
		cases = append(cases, clientCase{client: client})
	}
	both := agreements([]int{0, 12, 9}, []int{0, 12, 9})
	for _, server := range both {
		cases = append(cases, clientCase{agreement{ServerBits: 15, ClientBits: 15}, server})
	}
	rng := rand.New(rand.NewPCG(7692, 2))
	for _, i := range rng.Perm(len(both))[:len(both)/2] {
		cases = append(cases, clientCase{cases[rng.IntN(len(both))].client, both[i]})
	}
	return cases
}

// compression is the client's configuration.
func (c clientCase) compression(i int) ws.Compression {
	return ws.Compression{
		Level: matrixLevel(i), MinSize: 125, SendTakeover: !c.client.ClientAlone, RecvTakeover: !c.client.ServerAlone,
		SendWindowBits: c.client.ClientBits, RecvWindowBits: c.client.ServerBits,
	}
}

// clientMatrix has the client talk with a server of each case. agreed returns what the
// library agrees on.
func clientMatrix(t *testing.T, start func(*testing.T, transport, ...*interoptest.Parameters) []*interoptest.Server, agreed func(clientCase) agreement) {
	cases, records := clientCases(), records(mebibyte)
	var options []*interoptest.Parameters
	for _, c := range cases {
		options = append(options, (*interoptest.Parameters)(&c.server))
	}
	servers := start(t, transports[0], options...)
	for i, c := range cases {
		t.Run(c.String(), func(t *testing.T) {
			plan := planOfClient(i)
			proxy := newProxy(t, strings.TrimPrefix(servers[i].URL, "ws://"))
			url := fmt.Sprint("/echo?fragments=1,2,10&case=", i)
			talkAsPlanned(t, &ws.Dialer{Compression: c.compression(i)}, proxy.url+url, plan, records)
			want := agreed(c)
			r := awaitReport(t, servers[i].Reports, url)
			if r.Code != 4321 || r.Deflate == nil || agreement(*r.Deflate) != want {
				t.Errorf("the server saw %+v, %+v; want %+v", r, r.Deflate, want)
			}
			conn := await(t, proxy.conns, "the end of the call")
			expectWireMessages(t, "client", conn.fromClient[:len(plan)], plan, want.ClientAlone)
			expectWireMessages(t, "server", conn.fromServer[:len(plan)], plan, want.ServerAlone)
		})
	}
}

// planOfClient is the plan of case i. Its messages have at most 10 fragments, since each
// takes Node a while.
func planOfClient(i int) []planned {
	plan := planUpTo(64 << 10)
	if i%16 == 0 {
		plan = planUpTo(mebibyte)
	}
	for k := range plan {
		plan[k].Fragments = min(plan[k].Fragments, 10)
	}
	return plan
}

// talkAsPlanned sends an echo the messages of a plan and random ones, and expects them
// back.
func talkAsPlanned(t *testing.T, d *ws.Dialer, url string, plan []planned, records []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), tooltest.Patience)
	defer cancel()
	session, stream, err := d.Dial(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = session.Close(ws.CloseReason{Code: 4321})
		await(t, session.Done(), "the session's end")
	}()
	whole := stream.Aggregate(mebibyte)
	expectBack := func(msg ws.Message, fragments int) {
		if err := sendFragments(ctx, session, msg, fragments); err != nil {
			t.Fatal(err)
		}
		if got, err := whole.Recv(ctx); err != nil || got.Kind != msg.Kind || !bytes.Equal(got.Data, msg.Data) {
			t.Fatalf("%v of %d bytes in %d fragments came back as %v of %d bytes, %v",
				msg.Kind, len(msg.Data), fragments, got.Kind, len(got.Data), err)
		}
	}
	for _, p := range plan {
		kind := ws.Binary
		if p.Text {
			kind = ws.Text
		}
		expectBack(ws.Message{Kind: kind, Data: records[:p.Size]}, p.Fragments)
	}
	for i, data := range interoptest.RandomMessages(rand.New(rand.NewPCG(7692, uint64(len(url)))), 20) {
		expectBack(ws.Message{Kind: ws.Text, Data: data}, 1+i%4)
	}
}

// awaitReport waits for the report of a connection.
func awaitReport(t *testing.T, reports <-chan interoptest.Report, url string) interoptest.Report {
	t.Helper()
	for {
		if r := await(t, reports, "a report of "+url); r.URL == url {
			return r
		}
	}
}
