package ws_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// zeros are the zero values of every exported type with methods.
var zeros = []any{
	new(ws.Session), new(ws.MessageStream), new(ws.AggregatedStream),
	new(ws.Upgrader), new(ws.Dialer), new(ws.Options), new(ws.HandshakeError), new(ws.ProtocolError), new(ws.CloseError), new(ws.PreparedMessage),
	new(ws.Message), new(ws.CloseReason), new(ws.CloseCode), new(ws.Kind), new(ws.EndReason), new(ws.Compression), new(ws.Heartbeat),
	new(ws.Redialer), new(ws.Attempt),
	new(ws.Trace), new(ws.Stats), new(ws.SessionStats), new(ws.Traffic),
}

// zeroResults are the printed results of the methods that return something other
// than ErrClosed.
var zeroResults = map[string]string{
	"Session.Close":              "<nil>",
	"Session.Buffered":           "0",
	"Session.Latency":            "0s",
	"Session.RemoteAddr":         "<nil>",
	"Session.Stats":              "{In:{Messages:0 Frames:0 Payload:0 Wire:0} Out:{Messages:0 Frames:0 Payload:0 Wire:0} Queued:0 Latency:0s}",
	"Session.Subprotocol":        "",
	"MessageStream.Err":          "<nil>",
	"AggregatedStream.Err":       "<nil>",
	"Redialer.Err":               "<nil>",
	"Upgrader.Close":             "<nil>",
	"Upgrader.Handle":            "<nil> <nil> ws: handshake refused with 500 Internal Server Error: nil response writer",
	"Upgrader.Handler":           "&{",
	"Upgrader.Shutdown":          "<nil>",
	"Dialer.Close":               "<nil>",
	"Dialer.Dial":                "<nil> <nil> ws: scheme \"\" of the URL is not ws, wss, http or https",
	"Dialer.Shutdown":            "<nil>",
	"Dialer.Stats":               "{Sessions:0",
	"HandshakeError.Error":       "ws: handshake refused with 0: <nil>",
	"HandshakeError.Unwrap":      "<nil>",
	"ProtocolError.Error":        "ws: failed with 0 no status: <nil>",
	"ProtocolError.Unwrap":       "<nil>",
	"CloseError.Error":           "ws: session closed: 0 no status",
	"CloseError.Unwrap":          "ws: session closed",
	"CloseCode.String":           "0 no status",
	"Kind.String":                "Kind(0)",
	"EndReason.String":           "closed",
	"Message.Clone":              "{Kind:Kind(0) Data:[] Reason:{Code:0 no status Description:}}",
	"Upgrader.Stats":             "{Sessions:0",
	"MessageStream.MaxFrameSize": "&{",
	"MessageStream.RefuseData":   "&{",
	"MessageStream.Aggregate":    "&{",
	"MessageStream.Recv":         "{Kind:Kind(0) Data:[] Reason:{Code:0 no status Description:}} ws: session closed",
	"AggregatedStream.Recv":      "{Kind:Kind(0) Data:[] Reason:{Code:0 no status Description:}} ws: session closed",
	"Session.SendPrepared":       "ws: message was not prepared",
	"Session.TrySendPrepared":    "ws: message was not prepared",
}

// No method of a zero value panics or waits.
func TestZeroValueMethods(t *testing.T) {
	for _, zero := range zeros {
		v := reflect.ValueOf(zero)
		for i := range v.NumMethod() {
			name := v.Type().Elem().Name() + "." + v.Type().Method(i).Name
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { // in which a wait without end fails
					method := reflect.New(v.Type().Elem()).Method(i)
					var args []reflect.Value
					for j := range method.Type().NumIn() {
						args = append(args, argument(t, name, method.Type().In(j)))
					}
					expectZero(t, name, method.Call(args))
				})
			})
		}
	}
}

// argument returns a plausible argument of the given type.
func argument(t *testing.T, name string, of reflect.Type) reflect.Value {
	switch of {
	case reflect.TypeFor[context.Context]():
		return reflect.ValueOf(t.Context())
	case reflect.TypeFor[ws.Kind]():
		if name == "Session.Continuation" {
			return reflect.ValueOf(ws.FirstText)
		}
		return reflect.ValueOf(ws.Text)
	case reflect.TypeFor[func(*ws.Session, *ws.MessageStream)]():
		return reflect.ValueOf(func(*ws.Session, *ws.MessageStream) {})
	case reflect.TypeFor[ws.Message]():
		return reflect.ValueOf(ws.Message{Kind: ws.Binary, Data: make([]byte, 100_000)})
	}
	return reflect.Zero(of)
}

func expectZero(t *testing.T, name string, results []reflect.Value) {
	t.Helper()
	var got []any
	for _, r := range results {
		got = append(got, r.Interface())
	}
	if want, ok := zeroResults[name]; ok {
		text := fmt.Sprintf("%+v", got[0])
		for _, more := range got[1:] {
			text += fmt.Sprintf(" %+v", more)
		}
		if len(text) < len(want) || text[:len(want)] != want {
			t.Errorf("returned %s, want %s", text, want)
		}
		return
	}
	switch r := got[0].(type) {
	case error:
		if r != ws.ErrClosed {
			t.Errorf("returned %v", r)
		}
	case context.Context:
		<-r.Done()
		if context.Cause(r) != ws.ErrClosed {
			t.Errorf("the context ended with %v", context.Cause(r))
		}
	case <-chan struct{}:
		<-r
	case <-chan ws.Message:
		if msg, ok := <-r; ok {
			t.Errorf("received %v", msg)
		}
	case iter.Seq2[ws.Message, error]:
		n := 0
		for _, err := range r {
			if n++; err != ws.ErrClosed {
				t.Errorf("the loop got %v", err)
			}
		}
		if n != 1 {
			t.Errorf("the loop had %d rounds", n)
		}
	case iter.Seq2[*ws.Session, *ws.MessageStream]:
		for s := range r {
			t.Errorf("there is %v", s)
		}
	case iter.Seq[*ws.Session]:
		for s := range r {
			t.Errorf("there is %v", s)
		}
	case interface {
		Write([]byte) (int, error)
		Close() error
	}:
		for _, n := range []int{0, 10, 100_000} {
			if _, err := r.Write(make([]byte, n)); err != nil && err != ws.ErrClosed {
				t.Errorf("Write returned %v", err)
			}
		}
		if err := r.Close(); err != ws.ErrClosed {
			t.Errorf("Close returned %v", err)
		}
	default:
		t.Errorf("nothing is known of what it should return: %v", got)
	}
}

func TestZeroStreamChanErr(t *testing.T) {
	m := new(ws.MessageStream)
	for _, l := range []interface {
		view
		Chan() <-chan ws.Message
		Err() error
	}{m, new(ws.AggregatedStream), m.Aggregate(10)} {
		<-l.Chan()
		if _, err := l.Recv(t.Context()); err != ws.ErrClosed || l.Err() != ws.ErrClosed {
			t.Errorf("they are %v and %v", err, l.Err())
		}
	}
}

func TestZeroSessionSends(t *testing.T) {
	s := new(ws.Session)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	prepared, err := ws.Prepare(ws.Text, []byte("hello"))
	must(err)
	for kind := range ws.Last + 2 {
		msg := ws.Message{Kind: kind}
		for _, ctx := range []context.Context{t.Context(), ended, s.Context(), nil} {
			err := s.Send(ctx, msg)
			if kind == ws.Close {
				if err != nil {
					t.Errorf("Close returned %v", err)
				}
				continue
			}
			if err == nil || ctx == t.Context() && kind > 0 && kind <= ws.Last && !errors.Is(err, ws.ErrClosed) {
				t.Errorf("%v: Send returned %v", kind, err)
			}
			if s.SendPrepared(ctx, prepared) == nil || s.Writer(ctx, kind).Close() == nil {
				t.Errorf("%v: no error", kind)
			}
		}
	}
}

// Every exported type with methods is among the zero values.
func TestZeroValuesAreComplete(t *testing.T) {
	have := make(map[string]bool)
	for _, zero := range zeros {
		have[reflect.TypeOf(zero).Elem().Name()] = true
	}
	names, err := filepath.Glob("../ws/*.go")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() && !have[spec.Name.Name] {
				t.Errorf("%s is not", spec.Name.Name)
			}
			return true
		})
	}
}
