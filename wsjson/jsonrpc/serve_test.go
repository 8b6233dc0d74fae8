package jsonrpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson/jsonrpc"
	"github.com/handset-go/handset/wstest"
)

// limit is the size up to which requests are received.
const limit = 1 << 12

type operands struct {
	Minuend    int `json:"minuend"`
	Subtrahend int `json:"subtrahend"`
}

// methods are those of the examples of the specification, and others.
var methods = jsonrpc.Methods{
	"subtract":   subtract,
	"sum":        jsonrpc.Func(func(_ context.Context, n []int) (sum int, _ error) { return add(n), nil }),
	"get_data":   jsonrpc.Func(func(context.Context, struct{}) ([]any, error) { return []any{"hello", 5}, nil }),
	"nothing":    jsonrpc.Func(func(context.Context, any) (any, error) { return nil, nil }),
	"zero":       jsonrpc.Func(func(context.Context, any) (int, error) { return 0, nil }),
	"params":     func(_ context.Context, params json.RawMessage) (any, error) { return string(params), nil },
	"fail":       jsonrpc.Func(func(context.Context, any) (any, error) { return nil, errors.New("secret") }),
	"refuse":     jsonrpc.Func(func(context.Context, any) (any, error) { return nil, fmt.Errorf("wrapped: %w", errRefused) }),
	"panic":      jsonrpc.Func(func(context.Context, any) (any, error) { panic("secret") }),
	"nil":        nil,
	"nil error":  jsonrpc.Func(func(context.Context, any) (any, error) { return 1, (*jsonrpc.Error)(nil) }),
	"unencoding": jsonrpc.Func(func(context.Context, any) (any, error) { return make(chan int), nil }),
}

var errRefused = &jsonrpc.Error{Code: 17, Message: "refused", Data: map[string]int{"wait": 3}}

func subtract(ctx context.Context, params json.RawMessage) (any, error) {
	if params != nil && params[0] == '[' {
		return jsonrpc.Func(func(_ context.Context, n [2]int) (int, error) { return n[0] - n[1], nil })(ctx, params)
	}
	return jsonrpc.Func(func(_ context.Context, o operands) (int, error) { return o.Minuend - o.Subtrahend, nil })(ctx, params)
}

func add(numbers []int) (sum int) {
	for _, n := range numbers {
		sum += n
	}
	return sum
}

const (
	parseError     = `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}`
	invalidRequest = `{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}`
	internalError  = `{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"},"id":1}`
	notFound       = `{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"1"}`
)

// TestServeSpecification has the examples of section 7 of the specification.
func TestServeSpecification(t *testing.T) {
	testAnswers(t, [][2]string{
		{`{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}`, `{"jsonrpc":"2.0","result":19,"id":1}`},
		{`{"jsonrpc":"2.0","method":"subtract","params":{"subtrahend":23,"minuend":42},"id":3}`, `{"jsonrpc":"2.0","result":19,"id":3}`},
		{`{"jsonrpc":"2.0","method":"update","params":[1,2,3,4,5]}`, ``},
		{`{"jsonrpc":"2.0","method":"foobar"}`, ``},
		{`{"jsonrpc":"2.0","method":"foobar","id":"1"}`, notFound},
		{`{"jsonrpc":"2.0","method":"foobar,"params":"bar","baz]`, parseError},
		{`{"jsonrpc":"2.0","method":1,"params":"bar"}`, invalidRequest},
		{`[{"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"},{"jsonrpc":"2.0","method"`, parseError},
		{`[]`, invalidRequest},
		{`[1]`, `[` + invalidRequest + `]`},
		{`[1,2,3]`, `[` + invalidRequest + `,` + invalidRequest + `,` + invalidRequest + `]`},
		{`[{"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"},
			{"jsonrpc":"2.0","method":"notify_hello","params":[7]},
			{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":"2"},
			{"foo":"boo"},
			{"jsonrpc":"2.0","method":"foo.get","params":{"name":"myself"},"id":"1"},
			{"jsonrpc":"2.0","method":"get_data","id":"9"}]`,
			`[{"jsonrpc":"2.0","result":7,"id":"1"},{"jsonrpc":"2.0","result":19,"id":"2"},` + invalidRequest + `,` +
				notFound + `,{"jsonrpc":"2.0","result":["hello",5],"id":"9"}]`},
		{`[{"jsonrpc":"2.0","method":"notify_sum","params":[1,2,4]},{"jsonrpc":"2.0","method":"notify_hello","params":[7]}]`, ``},
	})
}

func TestServeAnswers(t *testing.T) {
	logged := captureLog(t)
	testAnswers(t, [][2]string{
		{`{"jsonrpc":"2.0","method":"nothing","id":1}`, `{"jsonrpc":"2.0","result":null,"id":1}`},
		{`{"jsonrpc":"2.0","method":"zero","id":1}`, `{"jsonrpc":"2.0","result":0,"id":1}`},
		{`{"jsonrpc":"2.0","method":"zero","id":null}`, `{"jsonrpc":"2.0","result":0,"id":null}`},
		{`{"jsonrpc":"2.0","method":"zero","id":-1.50}`, `{"jsonrpc":"2.0","result":0,"id":-1.50}`},
		{`{"jsonrpc":"2.0","method":"zero","id":""}`, `{"jsonrpc":"2.0","result":0,"id":""}`},
		{` {"jsonrpc":"2.0","method":"params","params":null,"id":1} `, `{"jsonrpc":"2.0","result":"","id":1}`},
		{"\n[{\"jsonrpc\":\"2.0\",\"method\":\"params\",\"params\":[ ],\"id\":1}]", `[{"jsonrpc":"2.0","result":"[ ]","id":1}]`},
		{`{"jsonrpc":"2.0","method":"zero","id":true}`, invalidRequest},
		{`{"jsonrpc":"2.0","method":"zero","id":{}}`, invalidRequest},
		{`{"jsonrpc":"2.0","method":"zero","id":[1]}`, invalidRequest},
		{`{"jsonrpc":"2.0","method":"zero","params":"x","id":1}`, strings.Replace(invalidRequest, "null", "1", 1)},
		{`{"jsonrpc":"2.0","method":null,"id":1}`, strings.Replace(invalidRequest, "null", "1", 1)},
		{`{"jsonrpc":"1.0","method":"zero","id":1}`, strings.Replace(invalidRequest, "null", "1", 1)},
		{`{"method":"zero","id":1}`, strings.Replace(invalidRequest, "null", "1", 1)},
		{`null`, invalidRequest},
		{`"zero"`, invalidRequest},
		{`[[]]`, `[` + invalidRequest + `]`},
		{``, parseError},
		{`{} {}`, parseError},
		{strings.Repeat(" ", limit+1), parseError},
		{`{"jsonrpc":"2.0","method":"sum","params":["x"],"id":1}`, `{"jsonrpc":"2.0","error":{"code":-32602,` +
			`"message":"Invalid params: json: cannot unmarshal string into Go value of type int"},"id":1}`},
		{`{"jsonrpc":"2.0","method":"refuse","id":1}`, `{"jsonrpc":"2.0","error":{"code":17,"message":"refused","data":{"wait":3}},"id":1}`},
		{`{"jsonrpc":"2.0","method":"refuse"}`, ``},
		{`{"jsonrpc":"2.0","method":"fail","id":1}`, internalError},
		{`{"jsonrpc":"2.0","method":"panic","id":1}`, internalError},
		{`{"jsonrpc":"2.0","method":"panic"}`, ``},
		{`{"jsonrpc":"2.0","method":"nil","id":1}`, internalError},
		{`{"jsonrpc":"2.0","method":"nil error","id":1}`, internalError},
		{`{"jsonrpc":"2.0","method":"unencoding","id":1}`, internalError},
		{`{"jsonrpc":"2.0","result":0,"id":1}`, ``},
		{parseError, ``},
		{`[` + internalError + `]`, ``},
		{batch(100, "1"), `[` + strings.TrimSuffix(strings.Repeat(invalidRequest+`,`, 100), ",") + `]`},
		{batch(101, "1"), invalidRequest},
		{batch(limit/2-1, "1"), invalidRequest},
	})
	for _, want := range []string{`method "fail": secret`, `panic in method "panic": secret`, "serve_test.go", `method "unencoding": json:`} {
		if !strings.Contains(logged.String(), want) {
			t.Errorf("the log does not have %q:\n%s", want, logged)
		}
	}
	if strings.Contains(logged.String(), "refused") {
		t.Error("the error of a client was logged")
	}
}

// batch returns a batch of n requests.
func batch(n int, request string) string {
	return "[" + strings.Repeat(request+",", n-1) + request + "]"
}

// captureLog returns what is logged until the test ends.
func captureLog(t *testing.T) *bytes.Buffer {
	var logged bytes.Buffer
	before := log.Writer()
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(before) })
	return &logged
}

// testAnswers sends each request in one session, and then one that is answered, so that
// no more answers than expected are noticed.
func testAnswers(t *testing.T, tests [][2]string) {
	t.Helper()
	session, stream, served := serve(t, methods)
	for _, test := range tests {
		request, want := test[0], test[1]
		receive := func() string {
			msg, err := stream.Recv(t.Context())
			if err != nil || msg.Kind != ws.Text {
				t.Fatalf("%.100s was answered with %v, %v", request, msg.Kind, err)
			}
			return string(msg.Data)
		}
		for _, text := range []string{request, `{"jsonrpc":"2.0","method":"zero","id":"next"}`} {
			if err := session.Text(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		got := ""
		for next := receive(); !strings.Contains(next, `"next"`); next = receive() {
			got += next
		}
		if !sameJSON(got, want) {
			t.Errorf("%.200s was answered with\n%.500s, want\n%.500s", request, got, want)
		}
	}
	_ = session.Close(ws.CloseReason{Code: ws.CloseNormal})
	if err := <-served; err != nil {
		t.Errorf("Serve returned %v after a Close message", err)
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	if a == "" || b == "" {
		return a == b
	}
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// serve returns a client of a server with the methods, and what Serve returns.
func serve(t testing.TB, m jsonrpc.Methods) (*ws.Session, *ws.AggregatedStream, <-chan error) {
	t.Helper()
	client, server := wstest.Pair(t, nil, nil)
	served := make(chan error, 1)
	go func() { served <- m.Serve(server.Session.Context(), server.Session, server.Stream.Aggregate(limit)) }()
	return client.Session, client.Stream.Aggregate(1 << 20), served
}

func TestServeRefusesBinary(t *testing.T) {
	session, stream, _ := serve(t, methods)
	_ = session.Binary(t.Context(), []byte(`{"jsonrpc":"2.0","method":"zero","id":1}`))
	if msg, err := stream.Recv(t.Context()); err != nil || string(msg.Data) != parseError {
		t.Errorf("received %s, %v", msg.Data, err)
	}
}

// Requests are answered one at a time and in order, however long each takes.
func TestServeKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		called, proceed := make(chan int), make(chan struct{})
		slow := jsonrpc.Func(func(_ context.Context, n []int) (int, error) {
			called <- n[0]
			<-proceed
			return n[0], nil
		})
		session, stream, _ := serve(t, jsonrpc.Methods{"slow": slow})
		const request = `{"jsonrpc":"2.0","method":"slow","params":[%d],"id":%[1]d}`
		for _, text := range []string{
			fmt.Sprintf(request, 0), "[" + fmt.Sprintf(request, 1) + "," + fmt.Sprintf(request, 2) + "]", fmt.Sprintf(request, 3),
		} {
			if err := session.Text(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		for want := range 4 {
			if n := <-called; n != want {
				t.Errorf("request %d was handled as number %d", n, want)
			}
			synctest.Wait()
			select {
			case n := <-called:
				t.Errorf("request %d was handled while %d was", n, want)
			case proceed <- struct{}{}:
			}
		}
		for _, want := range []string{"0", "[1,2]", "3"} {
			msg, err := stream.Recv(t.Context())
			if got := ids(t, msg.Data); err != nil || got != want {
				t.Errorf("received the answer to %s, %v, want %s", got, err, want)
			}
		}
	})
}

// ids returns the ids of a response or of a batch of them.
func ids(t *testing.T, data []byte) string {
	type response struct{ ID int }
	var one response
	if json.Unmarshal(data, &one) == nil {
		return fmt.Sprint(one.ID)
	}
	var many []response
	if err := json.Unmarshal(data, &many); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	all := []int{}
	for _, r := range many {
		all = append(all, r.ID)
	}
	text, _ := json.Marshal(all)
	return string(text)
}

func TestServeReturnsError(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, server := wstest.Pair(t, nil, nil)
	if err := methods.Serve(ended, server.Session, server.Stream.Aggregate(limit)); err != context.Canceled {
		t.Errorf("with a context that has ended: %v", err)
	}
	u := new(ws.Upgrader)
	client, server := wstest.Pair(t, u, nil)
	_ = client.Session.Text(t.Context(), `{"jsonrpc":"2.0","method":"close","id":1}`)
	closing := jsonrpc.Methods{"close": func(context.Context, json.RawMessage) (any, error) { return nil, u.Close() }}
	if err := closing.Serve(t.Context(), server.Session, server.Stream.Aggregate(limit)); !errors.Is(err, ws.ErrClosed) {
		t.Errorf("after the end of the session during a method: %v", err)
	}
	if err := closing.Serve(t.Context(), server.Session, server.Stream.Aggregate(limit)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("after the end of the session: %v", err)
	}
}

// Two servers do not answer each other for ever.
func TestServeBothEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{SessionStats: true}}, nil)
		for _, end := range []wstest.Endpoint{client, server} {
			go func() { _ = methods.Serve(t.Context(), end.Session, end.Stream.Aggregate(limit)) }()
		}
		_ = client.Session.Text(t.Context(), `[1]`)
		_ = client.Session.Text(t.Context(), `{"jsonrpc":"2.0","method":"nothing","id":1}`)
		synctest.Wait()
		if n := server.Session.Stats().Out.Messages; n != 2 {
			t.Errorf("the server has sent %d messages, want 2", n)
		}
	})
}
