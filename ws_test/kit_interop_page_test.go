package ws_test

// otherPrograms are those of the last table of docs/interop.md, with the results that
// their tests record.
var otherPrograms = []struct {
	name, what string
	steps      []string
}{
	{"curl", "gets the response 101 and the frames, over TCP and TLS; with `ws` in its protocols, also the messages", []string{"handshake, tcp", "handshake, tls"}},
	{"Tinyproxy", "the client connects through it, with a password, to servers with and without TLS", []string{"http"}},
	{"MicroSocks", "the same by SOCKS5", []string{"socks5"}},
}

const (
	interopIntroduction = `# Interop

What is tested with other programs and libraries, with which versions, and what is different with each. All of it passes.
` + "`make interop`" + ` runs these tests, except those of routers and middleware, which ` + "`make modules-test`" + ` runs, after
` + "`make interop-tools`" + ` has installed the programs. ` + "`make interop-docs`" + ` writes this page from the results of such runs. ` + "`go test`" + ` alone
checks that the page has the rows and columns of the tests.

## Versions

`
	interopWays = `
## Ways

Each library is a client of a server of package ` + "`ws`" + `, and a server of a client of it. The numbers are those of the
[steps](#steps) that it passes: directly, over TLS, and behind nginx and HAProxy, which speak TLS to the client and have the
[configurations](proxies.md) of the guide. Some steps are run directly only, and others with fewer sizes on the other ways.

`
	interopSteps = `
## Steps

C means that the library is the client, and S that it is the server. “It” is the library.

`
	interopRemarks = `
## What is different

Not tested is, in italics, what a library or its programs cannot do.

`
	interopCompression = `
## Compression

What server and client agree on, if the end of package ` + "`ws`" + ` has one of the common settings, and the other end its
default, or compression with context takeover if it is off by default. “Takeover” is that of both directions with the largest
windows; – is no compression.

`
	interopIdle = `
## Idle timeouts of proxies

The idle timeout of the proxy is 3 s here, and the interval of the heartbeat 400 ms. If a session is lost, ` + "`Session.Err`" + ` is an
` + "`io.ErrUnexpectedEOF`" + ` on both ends.

`
	interopRouters = `
## Routers and middleware

The handler calls ` + "`ws.Handle`" + ` behind each of them, over a socket, for a client that accepts gzip. The session outlives the timeout
of middleware, the response 101 is not compressed, and nothing of what middleware writes later, for example because the
handler has panicked, arrives in the session. A ResponseWriter that cannot be hijacked, such as that of
` + "`http.TimeoutHandler`" + `, is refused: the client gets 501, and ` + "`Handle`" + ` returns an error that names its type.

`
	interopOthers = `
## Other programs

| | |
|---|---|
`
)
