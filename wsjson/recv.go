package wsjson

import (
	"context"
	"iter"

	"github.com/handset-go/handset/ws"
)

// Recv waits for the next data message and decodes its JSON. It skips control messages.
// The value may be kept.
//
// If the message cannot be decoded, the error is an [*Error]. This is also the case for a
// binary message, and, with ws.ErrMessageTooBig, for a message that is longer than the
// limit of the stream. The next receive returns the next message. All other errors are
// those of [ws.AggregatedStream.Recv]: io.EOF after the peer's Close message, the
// error of ctx, after which the next receive continues, or the final error of the
// stream, which Recv returns again when it is called again.
func Recv[T any](ctx context.Context, stream *ws.AggregatedStream) (T, error) {
	return Format[T]{}.Recv(ctx, stream)
}

// All returns the values as a sequence for a range loop. It yields each value that [Recv]
// would return, and each *Error, after which it continues with the next message. After
// any other error it stops, so that a loop that ignores errors ends as well. After the
// peer's Close message it stops without an error. Breaking out of the loop, or the end
// of ctx, leaves the stream usable.
func All[T any](ctx context.Context, stream *ws.AggregatedStream) iter.Seq2[T, error] {
	return Format[T]{}.All(ctx, stream)
}

// Decode decodes the JSON of a message, which may come from [ws.AggregatedStream.Chan].
// If it is not a text message, or cannot be decoded, the error is an [*Error]. The
// value does not refer to the data of the message.
func Decode[T any](msg ws.Message) (T, error) {
	return Format[T]{}.Decode(msg)
}

// Recv is like the function [Recv].
func (f Format[T]) Recv(ctx context.Context, stream *ws.AggregatedStream) (T, error) {
	for {
		msg, err := stream.Recv(ctx)
		if err == nil && isControl(msg.Kind) {
			continue
		}
		return f.received(msg, err)
	}
}

// All is like the function [All].
func (f Format[T]) All(ctx context.Context, stream *ws.AggregatedStream) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for msg, err := range stream.All(ctx) {
			if err == nil && isControl(msg.Kind) {
				continue
			}
			if !yield(f.received(msg, err)) {
				return
			}
		}
	}
}

// Decode is like the function [Decode].
func (f Format[T]) Decode(msg ws.Message) (v T, err error) {
	codec := f.codecOrJSON()
	if kind := codec.Kind(); msg.Kind != kind {
		return v, decodeError(msg, &kindError{kind})
	}
	v, err = codec.Unmarshal(msg.Data)
	if err != nil {
		var zero T // Unmarshal may have decoded a part of it
		return zero, decodeError(msg, err)
	}
	return v, nil
}

// received returns what a receive of the stream has returned, decoded.
func (f Format[T]) received(msg ws.Message, err error) (T, error) {
	if err == nil {
		return f.Decode(msg)
	}
	var zero T
	return zero, streamError(err)
}

func isControl(kind ws.Kind) bool { return kind == ws.Ping || kind == ws.Pong || kind == ws.Close }
