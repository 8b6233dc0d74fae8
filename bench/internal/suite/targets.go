package suite

// References that targets share.
var (
	bestPeer    = Reference{Name: "best Go peer", Servers: []string{"gws", "gorilla", "coder", "gobwas", "nbio"}}
	bestOfThree = Reference{Name: "best of gws, gorilla, coder", Servers: []string{"gws", "gorilla", "coder"}}
	bestThreads = Reference{Name: "best peer with goroutines", Servers: []string{"gws", "gorilla", "coder", "coder-in-goroutine", "gobwas"}}
	handWritten = one("raw")
	actix       = one("actix")
	notPacked   = Reference{Name: "uncompressed", Servers: []string{"handset-recv"}, Workload: "broadcast-json"}
	bestClient  = Reference{Name: "best peer", Servers: []string{"client-gws", "client-gorilla", "client-coder"}}
	bestGroup   = Reference{Name: "best library", Servers: []string{"gws", "gorilla", "melody", "centrifuge"}}
	withoutDead = Reference{Name: "without the dead", Servers: []string{"handset-recv"}, Workload: "broadcast"}
)

func one(server string) Reference { return Reference{Name: server, Servers: []string{server}} }

// sameLength allows for which of the messages fall into a measurement.
const sameLength = 1.001

// Targets are what handset means to reach.
var Targets = []Target{
	{"echo", "handset-recv", CPU, bestPeer, 1},
	{"echo", "handset-recv", CPU, handWritten, 1.05},
	{"echo", "handset-all", CPU, handWritten, 1.05},
	{"echo", "handset-all", CPU, bestPeer, 1},
	{"echo", "handset-chan", CPU, one("handset-recv"), 1.35},
	{"text", "handset-recv", CPU, bestPeer, 1},
	{"text", "handset-recv", CPU, handWritten, 1.05},
	{"text", "handset-all", CPU, handWritten, 1.05},
	{"text", "handset-all", CPU, bestPeer, 1},
	{"text", "handset-chan", CPU, one("handset-recv"), 1.35},
	{"burst", "handset-recv", CPU, bestOfThree, 1.0 / 7},
	{"burst", "handset-recv", CPU, handWritten, 1.15},
	{"burst", "handset-recv", CPU, actix, 1},
	{"burst", "handset-chan", CPU, one("handset-recv"), 1.35},
	{"large", "handset-whole", CPU, bestPeer, 1},
	{"huge", "handset-whole", CPU, one("gws"), 0.6},
	{"huge", "handset-whole", CPU, handWritten, 1.15},
	{"broadcast", "handset-recv", CPU, bestPeer, 0.8},
	{"broadcast", "handset-recv", CPU, actix, 1},
	{"broadcast-dead", "handset-recv", Rate, withoutDead, 0.95},
	{"group", "handset-group", CPU, bestGroup, 0.8},
	{"group-dead", "handset-group", DeadCost, Reference{}, 1.05},
	{"group-dead", "handset-group-drop", DeadCost, Reference{}, 1.05},
	{"push", "handset-recv", PerCPU, bestPeer, 5},
	{"push", "handset-recv", PerCPU, actix, 1},
	{"idle", "handset-recv", Memory, Reference{}, 4100},
	{"idle", "handset-readme", Memory, Reference{}, 4250},
	{"idle", "handset-handler", Memory, Reference{}, 4250},
	{"idle", "handset-closures", Memory, Reference{}, 4250},
	{"idle", "handset-chan", Memory, Reference{}, 7000},
	{"idle-tls", "handset-recv", Memory, bestThreads, 1},
	{"accept", "handset-recv", Handshakes, one("coder"), 1},
	{"latency", "handset-recv", P99, bestPeer, 1},
	{"latency", "handset-recv", P999, bestPeer, 1},
	{"json-1k", "handset-whole", CPU, one("gws"), 1},
	{"json-1k", "handset-whole", Wire, one("gws"), sameLength},
	{"json-16k", "handset-whole", CPU, one("gws"), 1},
	{"json-16k", "handset-whole", Wire, one("gws"), sameLength},
	{"json-250-takeover", "handset-whole", CPU, one("gws"), 0.3},
	{"json-250-takeover", "handset-whole", Wire, one("gws"), 0.9},
	{"json-1k-takeover", "handset-whole", CPU, one("gws"), 1},
	{"json-1k-takeover", "handset-whole", Wire, one("gws"), sameLength},
	{"json-16k-takeover", "handset-whole", CPU, one("gws"), 1},
	{"json-16k-takeover", "handset-whole", Wire, one("gws"), sameLength},
	{"idle-deflate", "handset-whole", Memory, bestOfThree, 1},
	{"idle-deflate-takeover", "handset-whole", Memory, bestOfThree, 1},
	{"broadcast-prepared", "handset-recv", CPU, notPacked, 1.1},
	{"client-echo", "client-handset-recv", CPU, bestClient, 1},
	{"client-echo", "client-handset-all", CPU, bestClient, 1},
	{"client-burst", "client-handset-recv", CPU, bestClient, 1},
	{"client-burst", "client-handset-all", CPU, bestClient, 1},
	{"client-large", "client-handset-all", CPU, bestClient, 1},
	{"client-huge", "client-handset-all", CPU, bestClient, 1},
	{"client-idle", "client-handset-recv", Memory, one("client-gws"), 0.7},
	{"client-idle", "client-handset-all", Memory, one("client-gws"), 0.7},
	{"echo-free", "handset-recv", CPU, bestPeer, 1},
	{"burst-free", "handset-recv", CPU, bestOfThree, 1.0 / 7},
}
