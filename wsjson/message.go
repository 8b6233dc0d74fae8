package wsjson

import (
	"context"
	"iter"

	"github.com/handset-go/handset/ws"
)

// A Message is a message of any kind. Value is set if its Kind is that of the codec,
// which is ws.Text for JSON.
type Message[T any] struct {
	// Message is the message as it was received. Its Data, which is the encoded value
	// or the payload of a Ping or Pong, is valid until the next receive.
	ws.Message
	// Value is the decoded value. It may be kept.
	Value T
}

// Clone returns a copy of m whose Data may be kept after the next receive. It does not
// copy what Value refers to.
func (m Message[T]) Clone() Message[T] {
	m.Message = m.Message.Clone()
	return m
}

// RecvMessage is like [Recv] but returns each message: control messages, among them the
// Close message before io.EOF, binary messages, which are not decoded, and text messages
// with their value. If a message cannot be decoded, RecvMessage returns it together with
// the [*Error].
func RecvMessage[T any](ctx context.Context, stream *ws.AggregatedStream) (Message[T], error) {
	return Format[T]{}.RecvMessage(ctx, stream)
}

// AllMessages is like [All] but yields each message, as [RecvMessage] returns it. The
// Close message is the last one. The body of the loop may answer it with
// [ws.Session.Close].
func AllMessages[T any](ctx context.Context, stream *ws.AggregatedStream) iter.Seq2[Message[T], error] {
	return Format[T]{}.AllMessages(ctx, stream)
}

// RecvMessage is like the function [RecvMessage]. Data messages that are not of the kind
// of the codec are not decoded.
func (f Format[T]) RecvMessage(ctx context.Context, stream *ws.AggregatedStream) (Message[T], error) {
	return f.receivedMessage(stream.Recv(ctx))
}

// AllMessages is like the function [AllMessages]. Data messages that are not of the kind
// of the codec are not decoded.
func (f Format[T]) AllMessages(ctx context.Context, stream *ws.AggregatedStream) iter.Seq2[Message[T], error] {
	return func(yield func(Message[T], error) bool) {
		for msg, err := range stream.All(ctx) {
			if !yield(f.receivedMessage(msg, err)) {
				return
			}
		}
	}
}

// receivedMessage returns what a receive of the stream has returned, decoded if it is of
// the kind of the codec.
func (f Format[T]) receivedMessage(msg ws.Message, err error) (m Message[T], _ error) {
	if err != nil {
		return m, streamError(err)
	}
	m.Message = msg
	if msg.Kind == f.codecOrJSON().Kind() {
		m.Value, err = f.Decode(msg)
	}
	return m, err
}
