package jsonrpc_test

import (
	"encoding/json"
	"io"
	"log"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

// FuzzServe sends any message. It has at most one answer, which is a response or a batch
// of responses, and the next request is answered.
func FuzzServe(f *testing.F) {
	for _, request := range []string{
		`{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}`, `{"jsonrpc":"2.0","method":"sum","params":[1,2,4]}`,
		`[{"jsonrpc":"2.0","method":"zero","id":"1"},1,{"jsonrpc":"2.0","method":"panic","id":2.5e3}]`,
		`{"jsonrpc":"2.0","method":"refuse","params":null,"id":null}`, `{"jsonrpc":"2.0","error":{},"id":1}`,
		`{"jsonrpc":"2.0","method":"zero","id":{"a":[1]}}`, `[[[]]]`, `{"method"`, ` null `, parseError,
	} {
		f.Add([]byte(request))
	}
	before := log.Writer()
	log.SetOutput(io.Discard)
	f.Cleanup(func() { log.SetOutput(before) })
	session, stream, _ := serve(f, methods)
	f.Fuzz(func(t *testing.T, data []byte) {
		msg := ws.Message{Kind: ws.Binary, Data: data}
		if utf8.Valid(data) {
			msg.Kind = ws.Text
		}
		for _, msg := range []ws.Message{msg, {Kind: ws.Text, Data: []byte(`{"jsonrpc":"2.0","method":"sum","params":[4,5],"id":"next"}`)}} {
			if err := session.Send(t.Context(), msg); err != nil {
				t.Fatal(err)
			}
		}
		var answers []string
		for len(answers) == 0 || answers[len(answers)-1] != `{"jsonrpc":"2.0","result":9,"id":"next"}` {
			answer, err := stream.Recv(t.Context())
			if err != nil || len(answers) == 2 {
				t.Fatalf("%.200q was answered with %q, %v", data, answers, err)
			}
			answers = append(answers, string(answer.Data))
		}
		if answer := answers[0]; len(answers) == 2 {
			checkAnswer(t, answer)
		}
		if parses := msg.Kind == ws.Text && len(data) <= limit && json.Valid(data); !parses && answers[0] != parseError {
			t.Errorf("%.200q was answered with %q", data, answers)
		}
	})
}

// checkAnswer checks that an answer is a response or a batch of them.
func checkAnswer(t *testing.T, answer string) {
	all := []string{answer}
	if strings.HasPrefix(answer, "[") {
		var batch []json.RawMessage
		if err := json.Unmarshal([]byte(answer), &batch); err != nil || len(batch) == 0 {
			t.Fatalf("a batch of %d: %q, %v", len(batch), answer, err)
		}
		all = nil
		for _, response := range batch {
			all = append(all, string(response))
		}
	}
	for _, response := range all {
		var members map[string]json.RawMessage
		err := json.Unmarshal([]byte(response), &members)
		if err != nil || string(members["jsonrpc"]) != `"2.0"` || members["id"] == nil || (members["result"] == nil) == (members["error"] == nil) {
			t.Errorf("%q is no response: %v", response, err)
		}
	}
}
