// Package wsjson sends and receives Go values as WebSocket messages, in JSON or in
// another format. A server and a client use the same functions.
//
// This server receives moves and answers each with the state of the game:
//
//	package main
//
//	import (
//		"errors"
//		"log"
//		"net/http"
//
//		"github.com/handset-go/handset/ws"
//		"github.com/handset-go/handset/wsjson"
//	)
//
//	type Move struct {
//		X int `json:"x"`
//		Y int `json:"y"`
//	}
//
//	type State struct {
//		Moves int    `json:"moves"`
//		Error string `json:"error,omitempty"`
//	}
//
//	func play(session *ws.Session, stream *ws.MessageStream) {
//		ctx := session.Context()
//		var state State
//		for move, err := range wsjson.All[Move](ctx, stream.Aggregate(1<<20)) {
//			var bad *wsjson.Error
//			switch {
//			case errors.As(err, &bad): // only this message is bad
//				state.Error = "malformed move"
//			case err != nil: // the session is lost
//				log.Print(err)
//				return
//			case move.X < 0 || move.Y < 0:
//				state.Error = "illegal move"
//			default:
//				state.Moves, state.Error = state.Moves+1, ""
//			}
//			if err := wsjson.Send(ctx, session, state); err != nil {
//				log.Print(err)
//				return
//			}
//		}
//	}
//
//	func main() {
//		http.Handle("/play", ws.Handler(play))
//		log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
//	}
//
// # Sending
//
// [Send] and [TrySend] encode a value, in a pooled buffer, and send it in one message.
// [Prepare] encodes a value for any number of sessions. [Encode] returns the message, for
// example to publish it to a group.
//
// # Receiving
//
// [Recv] waits for the next value, and [All] is a sequence of values for a range loop.
// They read a [ws.AggregatedStream], which limits the size of a message, in place of
// its own Recv and All; what is said there of contexts, concurrency and errors applies.
// The loop ends after the peer's Close message, when Recv returns io.EOF.
//
// A message that cannot be decoded results in an [*Error]. So does a message that is
// longer than the limit of the stream. Neither the stream nor the session ends: the
// next receive returns the next message. So an error that is an *Error, by errors.As,
// concerns one message, and any other error is final, except that of a context. A loop
// over All ends by itself after a final error. A loop of calls of Recv must end then,
// because Recv returns the same error again. A program that does not tolerate bad
// messages closes the session, for example with [ws.CloseInvalidPayload].
//
// Recv and All skip control messages, which package ws answers. [RecvMessage] and
// [AllMessages] return each message as a [Message], also control messages, among them
// the Close message with its reason, and binary messages. [Decode] decodes a message
// that comes from a channel ([ws.AggregatedStream.Chan]).
//
// A value does not refer to the data of its message and may be kept.
//
// # Formats
//
// The functions of this package use JSON as package encoding/json defines it. A
// [Format] has the same functions as methods, for values of one type and with any
// [Codec]. [With] returns the Format of a codec:
//
//	type Move struct{ X, Y int }
//
//	var moves = wsjson.With(wsjson.JSON[Move]{DisallowUnknownFields: true})
//
//	func mirror(ctx context.Context, session *ws.Session, stream *ws.AggregatedStream) error {
//		move, err := moves.Recv(ctx, stream)
//		if err != nil {
//			return err
//		}
//		return moves.Send(ctx, session, Move{move.Y, move.X})
//	}
//
// [JSON] is the codec of the package-level functions. [JSON.DisallowUnknownFields] and
// [JSON.DisallowDuplicateNames] make it stricter. The module github.com/handset-go/handset/wsjson/codecs has codecs for protocol buffers and
// for CBOR.
package wsjson
