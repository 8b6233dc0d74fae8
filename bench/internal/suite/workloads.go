package suite

import (
	"slices"
	"strconv"

	"github.com/handset-go/handset/bench/internal/load"
)

// Groups of servers that workloads are meant for.
var (
	peers = []string{"raw", "gws", "gorilla", "coder", "gobwas", "nbio", "actix", "node-ws"}
	// echoing are the peers where all that is asked for is an echo without TLS:
	// the last two of them do nothing else.
	echoing = slices.Concat(peers, []string{"fastwebsockets", "tungstenite"})

	// everyView is for small messages, which both kinds of stream deliver whole.
	everyView = slices.Concat([]string{"handset-recv", "handset-all", "handset-chan", "handset-whole"}, echoing)
	// wholeFirst is for messages that the raw stream delivers in chunks, while
	// all the peers deliver them whole.
	wholeFirst = slices.Concat([]string{"handset-whole", "handset-whole-all", "handset-recv", "handset-all"}, echoing)
	wholeOnly  = slices.Concat([]string{"handset-whole", "handset-whole-all"}, echoing)
	// recvAll is for where the view may matter, oneView for where it does not.
	recvAll   = slices.Concat([]string{"handset-recv", "handset-all", "handset-chan"}, echoing)
	oneView   = slices.Concat([]string{"handset-recv"}, peers)
	acceptors = slices.Concat([]string{"handset-recv"}, echoing)

	// asWritten is for what an idle connection costs, by how the program is
	// written: the stack of the goroutine that waits is half of it. They are fewer
	// over TLS, where the handshakes of each take 13 s.
	asWrittenTLS = []string{
		"handset-recv", "handset-all", "handset-chan",
		"handset-readme", "handset-handler", "handset-closures", "handset-in-handler",
		"raw", "gws", "gorilla", "coder-in-goroutine", "gobwas", "nbio", "actix",
	}
	asWritten = slices.Concat(asWrittenTLS, []string{
		"gws-in-handler", "gorilla-in-handler", "coder", "node-ws", "fastwebsockets", "tungstenite",
	})

	// Those that compress, with takeover and without: gorilla has none. Those
	// that hold idle connections leave out node-ws, which takes 250 KB for each
	// and the time of all the others together. And those that compress a message
	// once for all receivers.
	takingOver  = []string{"handset-whole", "gws", "coder", "node-ws"}
	compressing = []string{"handset-whole", "gws", "gorilla", "coder", "node-ws"}
	holding     = []string{"handset-whole", "gws", "gorilla", "coder"}
	holdingMore = []string{"handset-whole", "gws", "coder"}
	preparing   = []string{"handset-recv", "gws", "gorilla"}

	// Those that send to groups, by what each library has for that, or its
	// example has; and by hand.
	grouping = []string{"handset-group", "handset-group-drop", "handset-loop", "raw", "gws", "gorilla", "melody", "centrifuge"}

	joining = []string{"handset-group", "handset-loop", "handset-sessions", "raw", "gws", "gorilla", "melody", "centrifuge"}

	// Clients, where messages are delivered whole, and where they are not on the
	// raw stream.
	clients      = slices.Concat([]string{"client-handset-recv", "client-handset-all"}, peerClients)
	clientsWhole = slices.Concat([]string{"client-handset-all", "client-handset-recv"}, peerClients)
	peerClients  = []string{"client-raw", "client-gws", "client-gorilla", "client-coder"}
)

var (
	throughput = []Figure{CPU, Rate}
	compressed = []Figure{CPU, Wire, Rate}
)

// Arguments of servers that compress.
var (
	deflate  = []string{"--deflate"}
	takeover = []string{"--deflate", "--takeover"}
)

// largest tells a client the size of the messages.
func largest(size int) []string { return []string{"--largest", strconv.Itoa(size)} }

// Loads that more than one workload puts on.
var (
	small     = load.TapeSpec{Opcode: load.Binary, Size: 125, Count: 16}
	echoSmall = load.Echo{Conns: 100, InFlight: 1, Tape: small}
	echoBurst = load.Echo{Conns: 100, InFlight: 16, Tape: small}
	echoLarge = load.Echo{Conns: 20, InFlight: 1, Tape: load.TapeSpec{Opcode: load.Binary, Size: 64 << 10, Count: 2}}
	echoHuge  = load.Echo{Conns: 4, InFlight: 1, Tape: load.TapeSpec{Opcode: load.Binary, Size: 1 << 20, Count: 2}}
	groupTape = load.TapeSpec{Opcode: load.Text, Size: 125, Count: 16, JSON: true}
	idle      = load.Idle{Conns: 10_000, Tape: small}
)

// documents is a tape of JSON, more of them than a window of 32 KiB holds.
func documents(size int, deflate load.Deflate) load.TapeSpec {
	return load.TapeSpec{Opcode: load.Text, Size: size, Count: max(64, 64<<10/size), JSON: true, Deflate: deflate}
}

// Workloads are all there are, in the order of the tables.
var Workloads = []Workload{
	{
		Name: "echo", Title: "Echo: 100 connections, 1 message of 125 B in flight on each",
		Servers: everyView, Columns: throughput,
		Run: counting(echoSmall),
	},
	{
		Name: "text", Title: "Echo: 100 connections, 1 message of 1 KiB text in flight on each, UTF-8 checked",
		Servers: everyView, Columns: throughput,
		Run: counting(load.Echo{Conns: 100, InFlight: 1, Tape: load.TapeSpec{Opcode: load.Text, Size: 1 << 10, Count: 16}}),
	},
	{
		Name: "burst", Title: "Burst echo: 100 connections, 16 messages of 125 B in flight on each",
		Servers: everyView, Columns: throughput,
		Run: counting(echoBurst),
	},
	{
		Name: "large", Title: "Large: 20 connections, 1 message of 64 KiB in flight on each",
		Servers: wholeFirst, Columns: throughput,
		Run: counting(echoLarge),
	},
	{
		Name: "huge", Title: "Large: 4 connections, 1 message of 1 MiB in flight on each",
		Servers: wholeFirst, Columns: throughput,
		Run: counting(echoHuge),
	},
	{
		Name: "fragments", Title: "Large: 4 connections, 1 message of 1 MiB in flight on each, sent in fragments of 1 KiB and echoed whole",
		Servers: wholeOnly, Columns: throughput,
		Run: counting(load.Echo{Conns: 4, InFlight: 1, Tape: load.TapeSpec{Opcode: load.Binary, Size: 1 << 20, Fragment: 1 << 10, Count: 2}}),
	},
	{
		Name: "broadcast", Title: "Broadcast: 1 sender, 1,000 receivers, 125 B, 1 message in flight; per delivered message",
		Servers: oneView, Columns: throughput,
		Run: counting(load.Broadcast{Receivers: 1000, InFlight: 1, Tape: small}),
	},
	{
		Name: "broadcast-dead", Title: "Broadcast as before, and 10 more receivers that never read",
		Servers: oneView, Columns: throughput, With: "broadcast",
		Run: counting(load.Broadcast{Receivers: 1000, Dead: 10, InFlight: 1, Tape: small}),
	},
	{
		Name: "broadcast-burst", Title: "Broadcast: 1 sender, 1,000 receivers, 125 B, 16 messages in flight; per delivered message",
		Servers: oneView, Columns: throughput,
		Run: counting(load.Broadcast{Receivers: 1000, InFlight: 16, Tape: small}),
	},
	{
		Name: "group", Title: "Group: 10,000 members, one of which publishes, 125 B JSON, 1 message in flight; per delivered message",
		Servers: grouping, Columns: throughput, Longer: 2,
		Run: counting(load.Group{Members: 10_000, Tape: groupTape}),
	},
	{
		Name: "group-dead", Title: "Group as before, and 10 more members that never read",
		Servers: grouping, Columns: []Figure{CPU, DeadCost, Rate}, Longer: 2, With: "group",
		Run: withDead(load.Group{Members: 10_000, Dead: 10, Tape: groupTape}),
	},
	{
		Name: "group-idle", Title: "Idle members: 10,000 members of a group that have each received 125 B JSON once; after 3 s of silence and garbage collection",
		Servers: joining, Columns: []Figure{Memory},
		Run: remembering(load.Idle{Conns: 10_000, Tape: groupTape, Group: true}),
	},
	{
		Name: "push", Title: "Push: 8 goroutines send 125 B as fast as they can to 1 connection",
		Servers: oneView, Columns: []Figure{PerCPU, CPU, Rate},
		Run: counting(load.Push{Tape: small}),
	},
	{
		Name: "idle", Title: "Idle: 10,000 connections that have each echoed 125 B once; after 3 s of silence and garbage collection",
		Servers: asWritten, Columns: []Figure{Memory},
		Run: remembering(idle),
	},
	{
		Name: "idle-tls", Title: "Idle over TLS: 8,000 connections that have each echoed 125 B once; after 3 s of silence and garbage collection",
		Servers: asWrittenTLS, Columns: []Figure{Memory}, TLS: true,
		Run: remembering(load.Idle{Conns: 8000, Tape: small}),
	},
	{
		Name: "accept", Title: "Accept: 8 clients that connect, shake hands and leave",
		Servers: acceptors, Columns: []Figure{Handshakes},
		Run: counting(load.Accept{Clients: 8}),
	},
	{
		Name: "latency", Title: "Latency: 1,000 connections, 20,000 messages of 125 B per second, open loop",
		Servers: recvAll, Columns: []Figure{P99, P50, P999, CPU}, Longer: 3,
		Run: timing(load.Latency{Conns: 1000, Rate: 20_000, Tape: small}),
	},
	{
		Name: "json-1k", Title: "Compressed, each message by itself: 100 connections, 1 message of 1 KiB JSON in flight on each",
		Servers: compressing, Columns: compressed, Args: deflate,
		Run: counting(load.Echo{Conns: 100, InFlight: 1, Tape: documents(1<<10, load.Alone)}),
	},
	{
		Name: "json-16k", Title: "Compressed, each message by itself: 20 connections, 1 message of 16 KiB JSON in flight on each",
		Servers: compressing, Columns: compressed, Args: deflate,
		Run: counting(load.Echo{Conns: 20, InFlight: 1, Tape: documents(16<<10, load.Alone)}),
	},
	{
		Name: "json-250-takeover", Title: "Compressed with takeover both ways: 100 connections, 1 message of 250 B JSON in flight on each",
		Servers: takingOver, Columns: compressed, Args: takeover,
		Run: counting(load.Echo{Conns: 100, InFlight: 1, Tape: documents(250, load.Takeover)}),
	},
	{
		Name: "json-1k-takeover", Title: "Compressed with takeover both ways: 100 connections, 1 message of 1 KiB JSON in flight on each",
		Servers: takingOver, Columns: compressed, Args: takeover,
		Run: counting(load.Echo{Conns: 100, InFlight: 1, Tape: documents(1<<10, load.Takeover)}),
	},
	{
		Name: "json-16k-takeover", Title: "Compressed with takeover both ways: 20 connections, 1 message of 16 KiB JSON in flight on each",
		Servers: takingOver, Columns: compressed, Args: takeover,
		Run: counting(load.Echo{Conns: 20, InFlight: 1, Tape: documents(16<<10, load.Takeover)}),
	},
	{
		Name: "idle-deflate", Title: "Idle, compressed: 10,000 connections that have each echoed 1 KiB JSON once; after 3 s of silence and garbage collection",
		Servers: holding, Columns: []Figure{Memory}, Args: deflate,
		Run: remembering(load.Idle{Conns: 10_000, Tape: documents(1<<10, load.Alone)}),
	},
	{
		Name: "idle-deflate-takeover", Title: "Idle, compressed with takeover: 2,000 connections whose windows are full, by 2 echoes of 16 KiB JSON; after 3 s of silence and garbage collection",
		Servers: holdingMore, Columns: []Figure{Memory}, Args: takeover,
		Run: remembering(load.Idle{Conns: 2000, Messages: 2, Tape: documents(16<<10, load.Takeover)}), // to fill the windows of 10,000 would take most of the time there is
	},
	{
		Name: "broadcast-json", Title: "Broadcast: 1 sender, 1,000 receivers, 1 KiB JSON, 1 message in flight; receivers that do not offer compression; per delivered message",
		Servers: preparing, Columns: compressed, Args: deflate,
		Run: counting(load.Broadcast{Receivers: 1000, InFlight: 1, Tape: documents(1<<10, load.Plain)}),
	},
	{
		Name: "broadcast-prepared", Title: "Broadcast as before, by the same servers, compressed once for all receivers",
		Servers: preparing, Columns: compressed, Args: deflate, With: "broadcast-json",
		Run: counting(load.Broadcast{Receivers: 1000, InFlight: 1, Tape: documents(1<<10, load.Alone)}),
	},
	{
		Name: "client-echo", Title: "Clients, echo: 100 connections, 1 message of 125 B in flight on each",
		Servers: clients, Columns: throughput, Client: true,
		Run: counting(echoSmall),
	},
	{
		Name: "client-burst", Title: "Clients, burst echo: 100 connections, 16 messages of 125 B in flight on each",
		Servers: clients, Columns: throughput, Client: true,
		Run: counting(echoBurst),
	},
	{
		Name: "client-large", Title: "Clients, large: 20 connections, 1 message of 64 KiB in flight on each",
		Servers: clientsWhole, Columns: throughput, Client: true, Args: largest(64 << 10),
		Run: counting(echoLarge),
	},
	{
		Name: "client-huge", Title: "Clients, large: 4 connections, 1 message of 1 MiB in flight on each",
		Servers: clientsWhole, Columns: throughput, Client: true, Args: largest(1 << 20),
		Run: counting(echoHuge),
	},
	{
		Name: "client-idle", Title: "Clients, idle: 10,000 connections that have each echoed 125 B once; after 3 s of silence and garbage collection",
		Servers: clients, Columns: []Figure{Memory}, Client: true,
		Run: remembering(idle),
	},
	{
		Name: "echo-free", Title: "Both cores: echo as above, GOMAXPROCS=2, server and load unpinned",
		Servers: recvAll, Columns: throughput, Free: true,
		Run: counting(echoSmall),
	},
	{
		Name: "burst-free", Title: "Both cores: burst echo as above, GOMAXPROCS=2, server and load unpinned",
		Servers: recvAll, Columns: throughput, Free: true,
		Run: counting(echoBurst),
	},
}

// WorkloadsNamed picks workloads as ServersNamed does servers.
func WorkloadsNamed(names []string) ([]Workload, error) {
	return pick(Workloads, func(w Workload) string { return w.Name }, names)
}
