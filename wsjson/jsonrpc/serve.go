package jsonrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"runtime/debug"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

// Methods are methods by name. They may serve any number of sessions, concurrently, and
// must not be modified meanwhile.
type Methods map[string]Method

// A Method answers a request. The params are a JSON array or object, or nil if there are
// none. The result is encoded by json.Marshal. If err is an [*Error], by errors.As, it is
// sent to the client. Any other error is logged by package log; the client does not
// receive its text, which may be confidential, but CodeInternalError.
type Method func(ctx context.Context, params json.RawMessage) (result any, err error)

// Func returns a Method that decodes the params by json.Unmarshal and calls f. P is a
// struct or map for named params, and a slice or array for positional ones. If they cannot
// be decoded, the client receives CodeInvalidParams. Without params, f receives the zero P.
func Func[P, R any](f func(ctx context.Context, params P) (R, error)) Method {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var params P
		if raw != nil {
			if err := json.Unmarshal(raw, &params); err != nil {
				return nil, &Error{Code: CodeInvalidParams, Message: fmt.Sprintf("Invalid params: %.300v", err)}
			}
		}
		return f(ctx, params)
	}
}

// Serve answers the requests of a session until the stream ends. It returns nil after the
// peer's Close message, and otherwise the error of the receive or send that has failed.
// It receives, sends and calls the methods with ctx, for example the session's Context.
// It does not close the session.
func (m Methods) Serve(ctx context.Context, session *ws.Session, stream *ws.AggregatedStream) error {
	for message, err := range wsjson.All[json.RawMessage](ctx, stream) {
		var bad *wsjson.Error
		var answer any
		switch {
		case errors.As(err, &bad):
			answer = failure(nil, errParse)
		case err != nil:
			return err
		case message[0] == '[':
			answer = m.answerBatch(ctx, message)
		default:
			answer = m.answer(ctx, message)
		}
		if answer == nil {
			continue
		}
		if err := wsjson.Send(ctx, session, answer); err != nil {
			return err
		}
	}
	return nil
}

// maxBatch is the number of requests that a batch may have, because the response to a
// request of one byte is much longer.
const maxBatch = 100

// answerBatch returns the responses to a batch, which is valid JSON, or nil if there are
// none.
func (m Methods) answerBatch(ctx context.Context, data json.RawMessage) any {
	var requests []json.RawMessage
	d := json.NewDecoder(bytes.NewReader(data))
	for _, _ = d.Token(); d.More() && len(requests) <= maxBatch; {
		requests = append(requests, nil)
		_ = d.Decode(&requests[len(requests)-1])
	}
	if len(requests) == 0 || len(requests) > maxBatch {
		return failure(nil, errInvalid)
	}
	var answers []any
	for _, request := range requests {
		if answer := m.answer(ctx, request); answer != nil {
			answers = append(answers, answer)
		}
	}
	if answers == nil {
		return nil
	}
	return answers
}

// answer returns the response to a request, or nil if there is none.
func (m Methods) answer(ctx context.Context, data json.RawMessage) any {
	var r request
	err := json.Unmarshal(data, &r)
	if r.Method == nil && (r.Result != nil || r.Error != nil) {
		return nil // a response: or two servers would answer each other for ever
	}
	if !r.isValid() || err != nil {
		return failure(r.ID, errInvalid)
	}
	result, failed := m.call(ctx, *r.Method, r.Params)
	switch {
	case r.ID == nil:
		return nil
	case failed != nil:
		return failure(r.ID, failed)
	}
	return response{Version: "2.0", Result: result, ID: r.ID}
}

// call calls a method. It returns the result, or what the client receives instead.
func (m Methods) call(ctx context.Context, name string, params json.RawMessage) (result json.RawMessage, failed *Error) {
	method, ok := m[name]
	if !ok {
		return nil, errNotFound
	}
	defer func() {
		if panicked := recover(); panicked != nil {
			log.Printf("jsonrpc: panic in method %q: %v\n%s", name, panicked, debug.Stack())
			result, failed = nil, errInternal
		}
	}()
	v, err := method(ctx, params)
	if err == nil {
		result, err = json.Marshal(v)
	}
	if err == nil || errors.As(err, &failed) && failed != nil {
		return result, failed
	}
	log.Printf("jsonrpc: method %q: %v", name, err)
	return nil, errInternal
}
