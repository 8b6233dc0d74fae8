/*
Package ws implements the WebSocket protocol (RFC 6455), for servers and
clients.

A connection has two halves: a [Session], which sends, and a [MessageStream],
which receives. On a server, [Handler] makes an http.Handler of a function that
serves one session. This program sends every message back:

	package main

	import (
		"context"
		"log"
		"net/http"

		"github.com/handset-go/handset/ws"
	)

	func echo(session *ws.Session, stream *ws.MessageStream) {
		ctx := context.Background()
		for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
			if err != nil {
				log.Print(err)
				return
			}
			if msg.Kind == ws.Text || msg.Kind == ws.Binary {
				if err := session.Send(ctx, msg); err != nil {
					log.Print(err)
					return
				}
			}
		}
	}

	func main() {
		http.Handle("/echo", ws.Handler(echo))
		log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
	}

Each session is served in its own goroutine and is closed when the function
returns. If the function panics, the panic is logged and the session is closed
with [CloseInternalError]. On a client, [Dial] returns the two halves.

Every function, method and error has an example.

# Servers

[Handle] is for handlers that need the request, for example to authenticate the
client. It performs the handshake (RFC 6455 §4.2) and returns the two halves. If
it fails, it answers the client itself and returns a [*HandshakeError]; the
handler has only to return. If it succeeds, the response 101 has been written,
with the headers that were set on the ResponseWriter before, such as cookies.
The handler may return at once and leave the session to a goroutine, as Handler
does. This saves memory: a handler that stays keeps net/http's buffers and a
larger stack.

The timeouts of the http.Server do not apply to sessions. net/http cancels the
request's context when the handler returns; [Session.Context] is cancelled when
the session ends. With [Upgrader.KeepRequestValues] it carries the values of the
request's context.

An [Upgrader] holds options, and has its own Handle and Handler. One Upgrader
may serve any number of handlers. It must not be copied or modified after first
use. Its [Options] are those of the sessions. [Upgrader.Subprotocols] lists the
subprotocols of the server; [Session.Subprotocol] returns the negotiated one.
[Subprotocols] returns those that a request offers, and [IsUpgrade] reports
whether a request asks for a WebSocket.

A browser sends the user's cookies with every handshake, even if the page
belongs to another site. By default, therefore, only pages of the server's own
origin are accepted (RFC 6455 §10.2). [Upgrader.OriginPatterns] accepts further
origins, and [Upgrader.AllowAnyOrigin] accepts all. A request without an Origin
header does not come from a browser and is accepted.

The connection is hijacked from the http.Server. Middleware that logs responses
therefore does not see the status 101. Middleware whose ResponseWriter cannot be
hijacked, such as http.TimeoutHandler, must not wrap the handler. A proxy must
speak HTTP/1.1 to the server and pass on the headers Upgrade, Connection and
Host; in nginx, set proxy_http_version 1.1 and use proxy_set_header.

# Clients

[Dial] connects to a server, performs the handshake (RFC 6455 §4.1) and returns
the two halves. Its context limits the handshake, not the session. This program
sends a message and prints the answer:

	package main

	import (
		"context"
		"fmt"
		"log"

		"github.com/handset-go/handset/ws"
	)

	func main() {
		ctx := context.Background()
		session, stream, err := ws.Dial(ctx, "ws://127.0.0.1:8080/echo")
		if err != nil {
			log.Fatal(err)
		}
		defer session.Close(ws.CloseReason{Code: ws.CloseNormal})
		if err := session.Text(ctx, "hello"); err != nil {
			log.Fatal(err)
		}
		msg, err := stream.Aggregate(1 << 20).Recv(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", msg.Data)
	}

A [Dialer] holds options, and has its own Dial. It must not be copied or
modified after first use. Its [Options] are those of the sessions.
[Dialer.Header] and [Dialer.Host] set headers of the request, such as
Authorization. [Dialer.Subprotocols] lists the subprotocols that the client
offers. The Transport of [Dialer.HTTPClient] determines TLS, proxies and how
connections are made; its Jar provides and keeps cookies. If there is none, they
are those of http.DefaultClient.

If the server refuses the handshake, the error is a [*HandshakeError], which has
the status, the headers and the beginning of the body. A redirect is a refusal,
too, unless [Dialer.FollowRedirects] is set.

In a session of a client, frames are masked (RFC 6455 §5.3), and the server
closes the connection first (§7.1.1). Everything else is as on a server.

# Reconnecting

A [Redialer] keeps a client connected. Each iteration of a loop over its All has
one session; when that is lost, or the server closes it because it restarts, the
loop dials again:

	redialer := &ws.Redialer{URL: "wss://example.com/feed"}
	for session, stream := range redialer.All(ctx) {
		log.Print("connected to ", session.RemoteAddr())
		for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
			if err != nil {
				break
			}
			log.Printf("%s", msg.Data)
		}
	}
	log.Print(redialer.Err())

[Redialer.Dialer] connects to [Redialer.URL]. Each attempt is limited by
[Redialer.AttemptTimeout]. The delays between attempts are random and grow
exponentially, from [Redialer.BaseDelay] to [Redialer.MaxDelay], until a session
has lasted for [Redialer.ResetAfter]. [Retryable] reports which errors the loop
goes on after; [Redialer.Retry] decides otherwise. [Redialer.Before] changes
each [Attempt], for example to set a new token and the resume position. After a
session has ended, Session.Buffered returns how many bytes of what was sent have
not left. What that guarantees is described at Redialer.

# Sessions and streams

All methods of a Session are safe for concurrent use. A stream has one reader at
a time; a second reader gets [ErrConcurrentRecv].

The program must keep a reference to at least one half. A session that is no
longer referenced, for example because a handler panicked after Handle, ends
with [ErrAbandoned] when the garbage collector finds it.

# Receiving

A [Message] has a [Kind]. Text and Binary messages carry data. Ping, Pong and
Close are control messages (RFC 6455 §5.5). The library answers pings and Close
messages, so most programs ignore control messages.

[MessageStream.Aggregate] returns an [AggregatedStream], which yields whole
messages up to a size limit. Most programs use it. A longer message gives one
[ErrMessageTooBig]; the rest of it is discarded as it arrives, and the stream
continues with the next message.

The MessageStream itself needs no limit, because it does not assemble messages.
A message that is longer than 64 KiB, or that the peer has fragmented, arrives
in chunks: FirstText or FirstBinary, any number of Continue, and Last. A program
that only handles Text and Binary silently ignores such messages. Where a chunk
begins and ends has no meaning (RFC 6455 §5.4): a chunk of text may end inside a
character, and control messages may arrive between chunks.

Both streams can be read in three ways. Each message is delivered once.

  - [MessageStream.Recv] waits for the next message.
  - [MessageStream.All] is a sequence for a range loop. It ends after the Close
    message.
  - [MessageStream.Chan] is a channel, for use in a select statement. When it is
    closed, [MessageStream.Err] returns the error, or nil after a Close message.

When the context of a receive ends, only the waiting ends. The next receive
continues where the last stopped, even in the middle of a frame.

A stream must be read, because the reader answers pings, sees the peer's Close
frame and notices at once that the connection is lost. A program that only sends
calls [MessageStream.Discard], which reads the stream in a goroutine and drops
data messages. After [MessageStream.RefuseData], Discard fails the session of a
peer that sends data. This program pushes the time to its clients:

	package main

	import (
		"context"
		"log"
		"net/http"
		"time"

		"github.com/handset-go/handset/ws"
	)

	func push(session *ws.Session, times <-chan time.Time) error {
		for {
			select {
			case t := <-times:
				err := session.Text(context.Background(), t.Format(time.TimeOnly))
				if err != nil {
					return err
				}
			case <-session.Done():
				return session.Err()
			}
		}
	}

	func clock(session *ws.Session, stream *ws.MessageStream) {
		if err := stream.Discard(); err != nil {
			log.Print(err)
			return
		}
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		log.Print(push(session, ticker.C))
	}

	func main() {
		http.Handle("/clock", ws.Handler(clock))
		log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
	}

# Memory

The Data of a message from Recv or All is valid until the next receive, which
for All is the next iteration. [Message.Clone] returns a message that may be
kept. A message from Chan owns its Data. A send does not modify or keep the
bytes it is given, so a message can be sent back as it was received.

No length announced by a peer is trusted: memory grows only with the bytes
received. On Unix systems, an idle session over TCP holds no buffer.

# Sending

[Session.Text], [Session.TextBytes], [Session.Binary], [Session.Ping] and
[Session.Pong] send a message of that kind, and [Session.Send] a message of any
kind. Messages of different goroutines never interleave, and the messages of one
goroutine arrive in order.

A send adds its message to the queue of the session and returns. It does not
wait for the peer while the message fits into [Options.SendBuffer]. If the
session is idle, a message over TCP is passed to the operating system before the
send returns. (Over TLS, and on systems other than Unix, a goroutine writes it
at once.) While the stream holds further messages that have arrived, sends are
batched: they leave in one write when the stream next waits for the network,
when 64 KiB are queued, or after 1 ms. So a burst of requests is answered with
few system calls, and a single request without delay.

When the queue is full, a send waits until there is space, or its context or the
session ends. A send that returns an error has sent nothing. [Session.TrySend]
does not wait and returns [ErrBufferFull]; use it for broadcasts, so that a slow
peer does not delay the others. [Session.Buffered] returns the size of the queue
in bytes. A peer that accepts no data for [Options.WriteTimeout] loses its
session with [ErrWriteTimeout]; a slow peer keeps it.

[Session.Writer] returns an io.WriteCloser that sends one message in fragments.
[Session.Continuation] sends single fragments. Until the message is complete,
other data messages wait; control messages do not.

[Prepare] returns a [PreparedMessage], which [Session.SendPrepared] and
[Session.TrySendPrepared] send on any number of sessions. It is validated once,
and compressed once for all sessions with the same parameters.

# Compression

With [Upgrader.Compression], messages are compressed for clients that offer
permessage-deflate (RFC 7692), as browsers do, and compressed messages from
these clients are decompressed. With [Dialer.Compression], a client offers it,
and the server may decline. [Frugal], [Balanced] and [Dense] are common
settings; see [Compression] for their costs. The limit of Aggregate applies to
the decompressed message.

# Timeouts and heartbeats

A peer that loses power or its network does not close the connection. With
[Options.Heartbeat], which is on by default, a peer that is silent for 30 s is
sent a Ping. After 30 s more of silence the session ends with
[ErrHeartbeatTimeout]. A [Heartbeat] sets other times or disables it.
[Session.Latency] returns the round-trip time of the last of these Pings, and
Trace.HeartbeatAnswered is called for each answer. The heartbeat needs no
goroutine or timer for each session.

[Options.MessageTimeout], which is off by default, limits the time in which a
message must arrive completely; a session that exceeds it fails with
[ErrMessageTimeout]. WriteTimeout and [Options.CloseTimeout] limit the time in
which the peer must accept data and answer a Close frame.

Pings of the peer are answered before they are delivered (RFC 6455 §5.5.3). With
[Options.ManualPong] the application answers them with Session.Pong. The Pong
to a Ping that the application has sent is delivered by the stream.

# Closing

[Session.Close] sends a Close frame with a [CloseReason] after the messages that
are queued, and returns at once. Later sends return [ErrClosed]. The closing
handshake is completed in the background, even if the stream is not read. A
reader receives what the peer sends before its own Close frame. If there is no
reader, up to 64 KiB of it are kept for one, and if there is more, all of it is
dropped: a client that expects many answers calls Close while it receives.

The peer's Close frame is delivered as the last message of the stream. Then Recv
returns io.EOF and a loop over All ends. The application may answer the frame
with Session.Close; otherwise its [CloseCode] is sent back when the next message
is requested. A stream that is read by Chan sends it back at once.

The connection is closed when both sides have sent a Close frame; a client waits
until the server closes it, at most for CloseTimeout. If the peer does not
answer within CloseTimeout after our Close frame has been written, or stops
accepting the data queued before it, the session ends with [ErrCloseTimeout]. A
peer that closes only its half of the TCP connection still receives what is
queued.

[Session.Done] is closed when the connection is closed. [Session.Err] then
returns the reason: a [*CloseError], with the codes and descriptions of both
Close frames, or the error that ended the session. From then on the session uses
no goroutine or timer, and no buffer, except for messages that have arrived and
have not been received.

# Shutdown

http.Server.Shutdown neither closes sessions nor waits for them.
[Upgrader.Shutdown] closes all sessions of an Upgrader with [CloseGoingAway],
refuses new ones with 503, and waits until they have ended and the functions of
its Handler have returned. When its context ends, it closes the remaining
connections, and their sessions end with [ErrShutdown]. With
[Upgrader.ShutdownWindow] the sessions are closed one by one, spread over that
time, with [CloseServiceRestart], so that their clients do not all reconnect at
the same moment. [Upgrader.Close] closes all connections at once. [Shutdown] is
for the sessions of the package-level Handle and Handler. [Dialer.Shutdown] and
[Dialer.Close] do the same for the sessions of a Dialer, after which Dial
returns ErrShutdown. A server calls both Shutdowns:

	package main

	import (
		"context"
		"log"
		"net/http"
		"os"
		"os/signal"
		"sync"
		"syscall"
		"time"

		"github.com/handset-go/handset/ws"
	)

	func serve(session *ws.Session, stream *ws.MessageStream) {
		for range stream.All(context.Background()) {
		}
		log.Print("saving: ", session.RemoteAddr())
	}

	func main() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		var upgrader ws.Upgrader
		server := &http.Server{Addr: "127.0.0.1:8080", Handler: upgrader.Handler(serve)}
		go func() {
			log.Print(server.ListenAndServe())
			stop()
		}()

		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		var shutdown sync.WaitGroup
		shutdown.Go(func() { _ = server.Shutdown(grace) })
		shutdown.Go(func() { _ = upgrader.Shutdown(grace) })
		shutdown.Wait()
	}

Shutdown does not wait for the handlers that called Handle. A program that must
not exit before those have returned uses a sync.WaitGroup.

# Limits

A server bounds what a peer can use by the size of a message (Aggregate), the
size of a frame ([MessageStream.MaxFrameSize]), the size of the queue
(SendBuffer), the number of sessions ([Upgrader.MaxSessions]), and the timeouts
above.

# Observability

[Upgrader.Stats] and [Dialer.Stats] return [Stats]: the number of sessions,
their [Traffic], and by [EndReason] how many have ended. [Session.Stats] returns the [SessionStats]
of one session; its Traffic is counted if [Options.SessionStats] is set. The
functions of a [Trace], in [Options.Trace], are called on session events;
[LogTrace] returns a Trace that logs. Without a Trace the library logs only the
panics that Handler recovers. [Upgrader.Sessions] and [Dialer.Sessions] are
sequences of the sessions that are open.

# Errors

Invalid input, from the peer or from the program, results in an error and never
in a panic. A stream that has ended returns the same error again.

Handle returns:

  - [*HandshakeError]: the handshake failed; it has the HTTP status.

Dial returns:

  - [*HandshakeError]: the server has refused the handshake, or its response is
    not correct.
  - an error that wraps the cause if there was no response, such as the error of
    the context, a *net.OpError or an error of TLS.
  - ErrShutdown: the Dialer has been shut down.

A receive returns:

  - io.EOF: the stream has ended after a Close message.
  - io.ErrUnexpectedEOF, by errors.Is: the stream has ended without a Close
    message. The error also wraps the reason, if known, such as ErrWriteTimeout.
  - [*ProtocolError]: the peer has violated the protocol or a limit. It is sent
    a Close frame with the same code, unless the session is already closing.
  - [ErrMessageTimeout], wrapped in a ProtocolError: the peer has not completed
    a message in time.
  - [ErrMessageTooBig]: a message is longer than the limit of an
    AggregatedStream. The stream continues.
  - [ErrConcurrentRecv]: the stream has another reader.
  - the error of its context, if that ends first. The stream continues.

A send returns:

  - [ErrClosed]: the session is closed or has ended. errors.Is also reports
    net.ErrClosed.
  - [ErrBufferFull]: TrySend or TrySendPrepared would have to wait.
  - the error of its context, if that ends first. Nothing has been sent.
  - an error of its own if the message is invalid, such as text that is not
    UTF-8 or a Ping of more than 125 bytes. The session stays open.

Session.Err returns one of these:

  - [*CloseError], which is an ErrClosed by errors.Is: the closing handshake was
    completed.
  - [ErrWriteTimeout]: the peer has accepted no data.
  - [ErrCloseTimeout]: the peer has not answered a Close frame.
  - [ErrHeartbeatTimeout]: the peer has been silent.
  - [ErrShutdown]: the session was closed by Close of its Upgrader or Dialer, or
    by Shutdown when its context ended.
  - [ErrAbandoned]: the program referenced neither half of the session any more.
  - a *ProtocolError, or an io.ErrUnexpectedEOF if the connection was lost.

# Testing

Package [github.com/handset-go/handset/wstest] has a server in memory, to which
one client or many connect, a connected pair, functions that receive what a test
expects, and networks that are slow or fail. It detects Data that is kept for
too long. In a testing/synctest bubble all timeouts follow the clock of the bubble.
Parallel bubbles must not share an Upgrader or a Dialer, nor use the
package-level Handle, Handler and Dial.
*/
package ws
