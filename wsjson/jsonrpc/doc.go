// Package jsonrpc answers requests of JSON-RPC 2.0 (https://www.jsonrpc.org/specification)
// that arrive as WebSocket messages. This server adds numbers:
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"net/http"
//
//		"github.com/handset-go/handset/ws"
//		"github.com/handset-go/handset/wsjson/jsonrpc"
//	)
//
//	type Sum struct {
//		A int `json:"a"`
//		B int `json:"b"`
//	}
//
//	func add(ctx context.Context, sum Sum) (int, error) {
//		return sum.A + sum.B, nil
//	}
//
//	var methods = jsonrpc.Methods{"add": jsonrpc.Func(add)}
//
//	func serve(session *ws.Session, stream *ws.MessageStream) {
//		err := methods.Serve(session.Context(), session, stream.Aggregate(1<<20))
//		if err != nil {
//			log.Print(err)
//		}
//	}
//
//	func main() {
//		http.Handle("/rpc", ws.Handler(serve))
//		log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
//	}
//
// [Methods] are called by their names. [Func] makes a [Method] of a function with typed
// params. A method that needs the session is a closure: the function that serves the
// session makes Methods of its own.
//
// # Order
//
// [Methods.Serve] answers one request at a time, in the order of their arrival, and sends
// the responses in that order. The requests of a batch are answered in their order, too,
// and in one message. So a method is never called concurrently for one session, and a
// client that sends faster than the methods answer has to wait. A method that takes long
// delays the requests behind it and the answers to pings. Sessions do not delay each
// other.
//
// A notification, which is a request without an id, is not answered, not even with an
// error. Responses of the peer are ignored. A program may send notifications of its own
// at any time, by wsjson.Send.
//
// # Errors
//
// An [*Error] of a method is sent to the client. Any other error, and a panic, is logged,
// and the client receives [CodeInternalError]. The session continues, as it does after a
// message that is not JSON or is too big ([CodeParseError]), after JSON that is no request,
// and after a batch of more than 100 requests, of which none is answered
// ([CodeInvalidRequest]).
package jsonrpc
