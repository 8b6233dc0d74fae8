// Package codecs has codecs of package wsjson for protocol buffers and for CBOR. Each is
// also an example of a codec that may be copied and changed.
//
// It is a module of its own, so that programs that use neither format do not depend on
// their libraries.
//
//	var temperatures = wsjson.With(codecs.Protobuf[*structpb.Value]{})
//
//	func measure(ctx context.Context, session *ws.Session, degrees float64) error {
//		return temperatures.Send(ctx, session, structpb.NewNumberValue(degrees))
//	}
package codecs
