package interoptest

// A Peer is a library or a program, and what it does in both roles.
type Peer struct {
	Name string
	// Version says where the version is: a file, such as a lock file, and the name in it.
	// If it is empty, it is the version of Program.
	Version [2]string
	Program string // what runs it, other than a program of Go
	// Elsewhere reports that it is tested in bench/interop, because it is a program of bench.
	Elsewhere bool

	Client *Role // nil if there is none
	Server *Role
}

// NoHeartbeat is why most libraries lack a step.
const NoHeartbeat = "the library has no heartbeat of its own"

// Parts of answers to offers of compression, and why steps are lacking.
const (
	deflate          = "permessage-deflate"
	alone            = "; server_no_context_takeover; client_no_context_takeover"
	coderAlone       = "; client_no_context_takeover; server_no_context_takeover"
	serverAlone      = "; server_no_context_takeover"
	smallWindows     = "; server_max_window_bits=12; client_max_window_bits=12"
	smallWindowOwn   = "; server_max_window_bits=12"
	noFragments      = "the library decides about fragments itself"
	noPing           = "programs cannot send Pings"
	noInvalidText    = "programs cannot send invalid text"
	noLimit          = "the library has no limit"
	noLimitWithClose = "the library returns an error, and leaves the rest to the program"
	noBackPressure   = "the library receives as fast as messages arrive"
	echoOnly         = "the program only sends messages back"
)

// zlibAnswers are those of ends that use zlib, which have all parameters.
var zlibAnswers = [3]string{deflate + alone, deflate + smallWindows, deflate}

// Peers are all of them.
var Peers = []Peer{
	{Name: "coder/websocket", Version: [2]string{"bench/go.mod", "github.com/coder/websocket"},
		Client: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, AcceptsInvalidText: true, Answers: [3]string{
			deflate + alone, deflate + "; client_no_context_takeover" + smallWindowOwn, deflate,
		}},
		Server: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, AcceptsInvalidText: true, Answers: [3]string{
			deflate + coderAlone, deflate + serverAlone, deflate,
		}},
	},
	{Name: "coder/websocket, no context takeover", Version: [2]string{"bench/go.mod", "github.com/coder/websocket"},
		Server: &Role{Ways: []string{Direct}, Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, AcceptsInvalidText: true, Answers: [3]string{
			deflate + coderAlone, deflate + coderAlone, deflate + coderAlone,
		}},
	},
	{Name: "gorilla/websocket", Version: [2]string{"bench/go.mod", "github.com/gorilla/websocket"},
		Client: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, AcceptsInvalidText: true, Answers: [3]string{
			deflate + alone, deflate + alone + smallWindowOwn, deflate + alone,
		}},
		Server: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, AcceptsInvalidText: true, Answers: [3]string{
			deflate + alone, deflate + alone, deflate + alone,
		}},
	},
	{Name: "lxzan/gws", Version: [2]string{"bench/go.mod", "github.com/lxzan/gws"},
		Client: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, ClosesAtOnce: true, Answers: zlibAnswers},
		Server: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, ClosesAtOnce: true, Answers: [3]string{
			deflate + alone, deflate + serverAlone, deflate,
		}},
	},
	{Name: "lxzan/gws, no context takeover", Version: [2]string{"bench/go.mod", "github.com/lxzan/gws"},
		Server: &Role{Ways: []string{Direct}, Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, ClosesAtOnce: true, Answers: [3]string{
			deflate + alone, deflate + alone, deflate + alone,
		}},
	},
	{Name: "gobwas/ws", Version: [2]string{"bench/go.mod", "github.com/gobwas/ws"},
		Client: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat, "limit of it": noLimitWithClose}, DropsInvalidText: true},
		Server: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat, "limit of it": noLimitWithClose}, DropsInvalidText: true},
	},
	{Name: "ws of Node.js", Version: [2]string{"ws_test/testdata/node/package.json", "ws"}, Program: "Node.js",
		Client: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, Answers: zlibAnswers},
		Server: &Role{Lacks: map[string]string{"heartbeat of it": NoHeartbeat}, Answers: zlibAnswers},
	},
	{Name: "WebSocket of Node.js", Program: "Node.js",
		Client: &Role{HidesStatus: true, DropsInvalidText: true, Answers: zlibAnswers, SendsUncompressed: true, Lacks: map[string]string{
			"fragments from it": noFragments, "ping from it": noPing, "heartbeat of it": NoHeartbeat,
			"invalid from it": noInvalidText, "limit of it": noLimit, "slow": noBackPressure,
		}},
	},
	{Name: "Chromium", Program: "Chromium",
		Client: &Role{HidesStatus: true, InvalidText: 1002, Answers: zlibAnswers, Lacks: map[string]string{
			"fragments from it": noFragments, "ping from it": noPing, "heartbeat of it": NoHeartbeat,
			"invalid from it": noInvalidText, "limit of it": noLimit, "slow": noBackPressure,
		}},
	},
	{Name: "websockets of Python", Version: [2]string{"ws_test/testdata/python/requirements.txt", "websockets"}, Program: "Python",
		Client: &Role{Answers: zlibAnswers},
		Server: &Role{Answers: zlibAnswers},
	},
	{Name: "aiohttp", Version: [2]string{"ws_test/testdata/python/requirements.txt", "aiohttp"}, Program: "Python",
		Client: &Role{AnswersNormal: true, Answers: zlibAnswers, Lacks: map[string]string{"fragments from it": noFragments}},
		Server: &Role{AnswersNormal: true, Answers: [3]string{deflate + serverAlone, deflate + smallWindowOwn, deflate}, Lacks: map[string]string{"fragments from it": noFragments}},
	},
	{Name: "java.net.http", Program: "OpenJDK",
		Client: &Role{AnswersNone: true, DropsInvalidText: true, Lacks: map[string]string{
			"heartbeat of it": NoHeartbeat, "invalid from it": noInvalidText, "limit of it": noLimit,
		}},
	},
	{Name: "tungstenite", Version: [2]string{"bench/rust/Cargo.lock", "tungstenite"},
		Client: &Role{DropsInvalidText: true, DropsTooBig: true, Lacks: map[string]string{"heartbeat of it": NoHeartbeat}},
		Server: &Role{DropsInvalidText: true, DropsTooBig: true, Lacks: map[string]string{"heartbeat of it": NoHeartbeat}},
	},
	{Name: "actix-ws", Version: [2]string{"bench/rust/Cargo.lock", "actix-ws"}, Elsewhere: true,
		Server: &Role{Silent: true, Ways: []string{Direct}, Lacks: map[string]string{
			"fragments from it": echoOnly, "ping from it": echoOnly, "heartbeat of it": echoOnly, "close from it": echoOnly,
			"invalid to it": echoOnly, "invalid from it": echoOnly, "limit of it": echoOnly, "slow": echoOnly,
			"handshake": echoOnly,
		}},
	},
}

// PeerNamed returns one of them, or nil.
func PeerNamed(name string) *Peer {
	for i := range Peers {
		if Peers[i].Name == name {
			return &Peers[i]
		}
	}
	return nil
}
