/*
Package ws serves WebSockets (RFC 6455) as two halves of a connection: a
[Session] to speak into and a [MessageStream] to listen on. [Handle] does the
handshake inside any net/http handler and returns both.

Most programs receive with [MessageStream.Aggregate], which makes whole messages.
The stream itself yields one that is longer than 64 KiB, or that the peer has
fragmented, in pieces of other kinds: a program that looks for Text works without
Aggregate as long as messages have 1 kB, and silently ignores those of 100 kB.

The [package example] is a whole server. Every function and method below has an
example of its own.

# The handshake

[Handle] checks the request, takes the connection from the server and writes the
answer on it. When it returns an error, a [*HandshakeError], the client has had its
HTTP answer already and the handler has only to return. Otherwise the 101 has
been written, with the headers that were set on the ResponseWriter before, such
as cookies. From then on the connection belongs to the two halves: the handler
may return at once and leave them to a goroutine, or stay until the session is
over. The server's timeouts no longer apply. Nor does the request's context help
after the handler has returned, since net/http cancels it then.
[Session.Context] ends with the session; [Upgrader.KeepRequestValues] has it carry
the values of the request's. [IsUpgrade] tells a handshake from another request for
the same URL, and [Subprotocols] lists what the client asks for.

Middlewares that log see a hijacked connection rather than a 101. Those that cannot
be hijacked, such as http.TimeoutHandler, must not be around Handle. A proxy has to
speak HTTP/1.1 to the server and to pass on the headers Upgrade, Connection and
Host: in nginx, proxy_http_version 1.1 and proxy_set_header.

A program keeps at least one of the halves for as long as it wants the session:
one that nobody refers to ends, with [ErrAbandoned], when the garbage collector
finds it.

An [Upgrader] is a handshake with options. One may be shared by all handlers.
[Upgrader.Subprotocols] are those the server speaks; [Session.Subprotocol] is
the one agreed on.

A browser sends its user's cookies with every handshake, also when the page is
some other site's. Unless told otherwise, Handle therefore accepts only pages of
the server's own host: [Upgrader.OriginPatterns] names others, and
[Upgrader.AllowAnyOrigin] accepts all of them. Clients that are no browsers send
no Origin and are accepted; to know who they are is the application's part.

# Receiving

A [Message] has a [Kind]. Text and Binary are data. Ping, Pong and Close are
control messages (RFC 6455 §5.5): a stream delivers them in their place among
the others, but a program that is interested only in data can ignore them, since
the library answers pings and closes.

There are three views of a stream's messages, each of which is received once.
[MessageStream.Recv] waits for the next one. [MessageStream.All] is a range loop
over Recv that ends after the Close message. [MessageStream.Chan] is a channel,
for a select in which other things are waited for too. A stream has one reader
at a time: a second one gets [ErrConcurrentRecv].

A stream has to be read. It is the reader that has pings answered and notices
that the peer has closed, or has gone. A program that only sends leaves that to
[MessageStream.Discard], which drops data messages, or, after
[MessageStream.RefuseData], fails the session of a peer that sends one.

A context that ends during Recv ends the waiting and nothing else: the next Recv
carries on, be it in the middle of a frame. A read timeout is thus no reason to
lose a connection.

# Messages in pieces, and whole

The peer may send a message in fragments, and a frame may be longer than anyone
would want to hold in memory. The stream itself is for programs that can do
without whole messages: what is fragmented, or longer than 64 KiB, arrives as
FirstText or FirstBinary, any number of Continue, and Last. Where the pieces
begin and end carries no meaning (RFC 6455 §5.4), a piece of text may end inside
a character, and control messages may come between.

Most programs want whole messages. [MessageStream.Aggregate] returns an
[AggregatedStream], which has the same three views and puts the pieces together,
up to a size. A message that is longer is one [ErrMessageTooBig]: its rest is
dropped as it arrives, and the stream goes on behind it.

# Bytes on loan

The Data of a message from Recv or All is lent: it is valid until the next
receive, that is until the loop goes on. [Message.Clone] makes a message that
may be kept. The messages of a channel are the receiver's own. In a test that uses
package wstest, Data that is kept for too long reads as something else.

What is handed to a send is lent the other way, until the send returns. A
message just received can therefore be sent as it is.

# Sending

All methods of a [Session] may be called from any number of goroutines.
[Session.Text], [Session.TextBytes], [Session.Binary], [Session.Ping] and
[Session.Pong] say what they send; [Session.Send] takes any Message. Messages
never mix, and those of one goroutine arrive in the order in which it sent them.

A send puts its message into the session's queue and returns. It does not wait
for the peer while the queue has room, which is [Upgrader.SendBuffer] bytes. On
an idle session over TCP the message has been handed to the operating system by
then; over TLS, which cannot be written without waiting, a goroutine does it at
once. While the stream holds more messages that have arrived and were not yet
received, what is sent gathers, and leaves in one write: when the stream next
waits for the network, when 64 KiB are together, or after a millisecond. A burst
of requests is so answered with few system calls, and a single one at once.

A peer that does not keep up fills its queue. Then a send waits for room until
its context ends. A context is about that waiting alone: a send that returns its
error has sent nothing, and one that returned nil is not undone by it.
[Session.TrySend] does not wait but returns [ErrBufferFull]; it is for
broadcasts, in which one slow peer must not hold up the others.
[Session.Buffered] tells how full the queue is. A peer that takes nothing at all
for [Upgrader.WriteTimeout] loses its session, with [ErrWriteTimeout]; one that
takes a few bytes a second keeps it.

A message that is made bit by bit is sent with [Session.Writer], an io.Writer
for one message, or piece by piece with [Session.Continuation]. While it is open
other data messages wait for its end; control messages pass.

# Compression

With [Upgrader.Compression] messages are compressed for clients that offer
permessage-deflate (RFC 7692), as browsers do, and what they compress is
inflated; the application notices nothing of it. [Frugal], [Balanced] and
[Dense] are the usual choices; [Compression] says what they cost and when they
are worth it. All limits count what a message inflates to, and inflating stops
at the limit; only where later messages may refer to one, by RecvTakeover, the
rest of it is inflated too, and dropped a chunk at a time.

A message for many sessions is made ready once: [Prepare] returns a
[PreparedMessage] that [Session.SendPrepared] and [Session.TrySendPrepared] send
on any number of them, compressed once for all.

# Pings

A Ping is answered before it is delivered (RFC 6455 §5.5.3). With
[Upgrader.ManualPong] that is left to the application, which then sends
[Session.Pong]. The Pong to a Ping of our own arrives on the stream.

# Peers that are gone

A peer whose cable was cut says nothing, and TCP does not notice while nothing is
sent. By [Upgrader.Heartbeat] a peer that has been silent for 30 s is sent a
Ping, and after 30 s more of silence the session ends with
[ErrHeartbeatTimeout]; a [Heartbeat] has other times, or none.
[Session.Latency] is how long the last of those Pings took, and
Trace.HeartbeatAnswered is told of each. One timer checks all sessions of an
Upgrader. In a testing/synctest bubble it follows the bubble's clock. Parallel
bubbles must not share an Upgrader, nor use the package-level Handle.

# Closing

[Session.Close] sends a Close message with a [CloseReason] behind what is
queued, and returns; every later send is [ErrClosed]. The peer's Close is
delivered as the last message of the stream, and after it Recv returns io.EOF.
The application may answer it, with Session.Close; if it does not, its
[CloseCode] is echoed when the next message is asked for. A loop over All has
nothing to do but to run to its end. Through a channel nobody can tell when the
application has dealt with a Close, so there it is echoed as soon as it is on
its way.

When both have closed, or [Upgrader.CloseTimeout] after our Close has left or the
peer has stopped taking what is queued before it, the connection is closed. A
peer that only closes its half of the connection is still sent what is queued.
[Session.Done] tells when, and [Session.Err] why: a [CloseError] has what both
Close frames said. Nothing of the session
is left then: no goroutine, no timer and no buffer. Close is enough to get
there, also when nobody is reading and the peer is silent.

# Shutting down

http.Server.Shutdown forgets connections that have become sessions, and does not
wait for their handlers either. [Upgrader.Shutdown], and [Shutdown] for those of
Handle, closes all sessions with [CloseGoingAway], refuses new ones with 503, and
waits for the end; when its context ends it cuts what is left. [Upgrader.Close]
cuts at once. A session that was cut ends with [ErrShutdown]. The example of
Shutdown shows it beside an http.Server and a signal, with a sync.WaitGroup that
waits for the handlers.

# Limits

What a peer sends is never believed. Memory grows with the bytes that have
arrived, not with the length that a frame has announced. The limits that a
server sets are the size of a whole message, by Aggregate; the length of a
single frame, by [MessageStream.MaxFrameSize]; what is queued for a slow peer,
by SendBuffer; how long a message may take to arrive, by
[Upgrader.MessageTimeout], with [ErrMessageTimeout]; how many sessions there are
at a time, by [Upgrader.MaxSessions]; and the other timeouts.

# Sight

[Upgrader.Stats] counts sessions, their [Traffic], and their ends by
[EndReason]; it returns [Stats]. [Session.Stats] returns the [SessionStats] of
one, with its Traffic if [Upgrader.SessionStats] is set. A [Trace], in
[Upgrader.Trace], is told what happens as it happens; [LogTrace] makes one that
logs. Without it nothing is logged. [Upgrader.Sessions] is a loop over the
sessions there are now.

# Errors

Bad input, from the peer or from the program, is an error and never a panic. A
stream that has ended returns the same error each time it is asked.

  - [*HandshakeError] is why Handle began no session, with the HTTP status.
  - io.EOF is a stream's end after a Close message.
  - io.ErrUnexpectedEOF, found with errors.Is, is its end without one: the
    connection was lost.
  - [*ProtocolError] is how the peer broke the protocol. It has been told so
    in a Close message with the same code.
  - [ErrMessageTooBig] is a message longer than an aggregate's limit. The
    stream goes on.
  - [ErrConcurrentRecv] is a second reader's.
  - [ErrClosed] is every send's after the end; errors.Is finds net.ErrClosed
    in it as well.
  - [ErrBufferFull] is TrySend's when Send would wait.
  - [ErrWriteTimeout], [ErrCloseTimeout] and [ErrHeartbeatTimeout] are why a
    session ended whose peer took nothing, did not answer Close, or was silent.
  - [*CloseError] is an ErrClosed with the codes and descriptions of both Close
    frames: what Session.Err returns after a closing handshake.
  - [ErrShutdown] is why a session ended that was cut by a shutdown.
  - [ErrAbandoned] is why a session ended to neither half of which the program
    referred any more.

A message that may not be sent, such as text that is not UTF-8 or a Ping of more
than 125 bytes, is an error of the send's own, and the session stays as it was.

[package example]: https://pkg.go.dev/github.com/handset-go/handset/ws#example-package
*/
package ws
