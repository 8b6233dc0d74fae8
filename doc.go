// Package handset is a WebSocket in two halves: a mouthpiece to speak into and
// an earpiece to listen on. It holds no code. The library is the package
// [github.com/handset-go/handset/ws]; begin there.
//
//   - ws.Handle does the handshake inside any net/http handler, and returns
//     both halves. The handler may return at once.
//   - ws.Session is the mouthpiece. Any number of goroutines may send with it.
//   - ws.MessageStream is the earpiece. It is read by Recv, by a range loop
//     over All, or through the channel of Chan.
//   - ws.AggregatedStream, of MessageStream.Aggregate, is the same in whole
//     messages of a size that the server sets: what most servers want.
//   - ws.Upgrader holds the options.
//
// The example below is a whole server and a client that talks to it. Another,
// with a page to try it from a browser, is run by
//
//	go run github.com/handset-go/handset/examples/echo@latest
//
// The model is that of Rust's actix-ws. For those who come from there, the
// README has a table from each of its names to the one here.
package handset
