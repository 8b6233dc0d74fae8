package suite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/handset-go/handset/bench/internal/load"
)

// Server is one way to serve, or to be a client: a row of the tables.
type Server struct {
	Name  string
	Build Builder  // what it is made from
	Args  []string // besides those every server gets
	extra bool     // from outside the table

	protocol load.Protocol // of its /group
}

// Servers are all there are, in the order of the tables.
var Servers = []Server{
	{Name: "handset-recv", Build: handset, Args: []string{"-view", "recv"}},
	{Name: "handset-all", Build: handset, Args: []string{"-view", "all"}},
	{Name: "handset-chan", Build: handset, Args: []string{"-view", "chan"}},
	{Name: "handset-whole", Build: handset, Args: []string{"-view", "recv", "-aggregate"}},
	{Name: "handset-whole-all", Build: handset, Args: []string{"-view", "all", "-aggregate"}},
	{Name: "handset-readme", Build: handset, Args: []string{"-view", "readme"}},
	{Name: "handset-handler", Build: handset, Args: []string{"-view", "handler"}},
	{Name: "handset-closures", Build: handset, Args: []string{"-view", "closures"}},
	{Name: "handset-in-handler", Build: handset, Args: []string{"-view", "recv", "-loop", "handler"}},
	{Name: "handset-group", Build: handset, Args: []string{"-group", "close"}},
	{Name: "handset-group-drop", Build: handset, Args: []string{"-group", "drop"}},
	{Name: "handset-loop", Build: handset, Args: []string{"-group", "loop"}},
	{Name: "handset-sessions", Build: handset, Args: []string{"-group", "sessions"}},
	{Name: "raw", Build: goProgram{dir: "servers/raw"}},
	{Name: "gws", Build: gws},
	{Name: "gws-in-handler", Build: gws, Args: []string{"-loop", "handler"}},
	{Name: "gorilla", Build: gorilla},
	{Name: "gorilla-in-handler", Build: gorilla, Args: []string{"-loop", "handler"}},
	{Name: "coder", Build: coder}, // in the handler, as its README has it
	{Name: "coder-in-goroutine", Build: coder, Args: []string{"-loop", "goroutine"}},
	{Name: "gobwas", Build: goProgram{dir: "servers/gobwas", library: "github.com/gobwas/ws"}},
	{Name: "nbio", Build: goProgram{dir: "servers/nbio", library: "github.com/lesismal/nbio", apart: true}},
	{Name: "melody", Build: goProgram{dir: "servers/melody", library: "github.com/olahol/melody"}},
	{
		Name: "centrifuge", protocol: load.Centrifuge,
		Build: goProgram{dir: "servers/centrifuge", library: "github.com/centrifugal/centrifuge", apart: true},
	},
	{Name: "actix", Build: cargoProgram{name: "bench-actix", library: "actix-ws"}},
	{Name: "fastwebsockets", Build: cargoProgram{name: "bench-fastwebsockets", library: "fastwebsockets"}},
	{Name: "tungstenite", Build: cargoProgram{name: "bench-tungstenite", library: "tokio-tungstenite"}},
	{Name: "node-ws", Build: nodeProgram{dir: "node", library: "ws"}},
	{Name: "client-handset-recv", Build: handsetClient, Args: []string{"-view", "recv"}},
	{Name: "client-handset-all", Build: handsetClient, Args: []string{"-view", "all"}},
	{Name: "client-raw", Build: goProgram{dir: "clients/raw"}},
	{Name: "client-gws", Build: goProgram{dir: "clients/gws", library: "github.com/lxzan/gws"}},
	{Name: "client-gorilla", Build: goProgram{dir: "clients/gorilla", library: "github.com/gorilla/websocket"}},
	{Name: "client-coder", Build: goProgram{dir: "clients/coder", library: "github.com/coder/websocket"}},
}

// clientPrefix begins the names of clients.
const clientPrefix = "client-"

// Programs of more than one row.
var (
	handset = goProgram{dir: "servers/handset", library: "github.com/handset-go/handset"}
	gws     = goProgram{dir: "servers/gws", library: "github.com/lxzan/gws"}
	gorilla = goProgram{dir: "servers/gorilla", library: "github.com/gorilla/websocket"}
	coder   = goProgram{dir: "servers/coder", library: "github.com/coder/websocket"}

	handsetClient = goProgram{dir: "clients/handset", library: "github.com/handset-go/handset"}
)

// Extra is a server that is there already, made from another state of this
// tree perhaps: "name=program and its arguments". It takes part in every
// workload, or if it is a client by its name, in every one of clients.
func Extra(text string) (Server, error) {
	name, command, found := strings.Cut(text, "=")
	args := strings.Fields(command)
	if !found || name == "" || len(args) == 0 {
		return Server{}, fmt.Errorf("%q is not name=program", text)
	}
	return Server{Name: name, Build: binary{args[0]}, Args: args[1:], extra: true}, nil
}

// ServersNamed picks servers: by name, or by a prefix that ends in "*".
// None named means all.
func ServersNamed(names []string) ([]Server, error) {
	return pick(Servers, func(s Server) string { return s.Name }, names)
}

// pick keeps the table's order, so that the rows of a run are always alike.
func pick[T any](table []T, name func(T) string, wanted []string) (picked []T, err error) {
	if len(wanted) == 0 {
		return table, nil
	}
	var all []string
	found := make(map[string]bool)
	for _, entry := range table {
		all = append(all, name(entry))
		i := slices.IndexFunc(wanted, func(want string) bool { return matches(want, name(entry)) })
		if i < 0 {
			continue
		}
		picked = append(picked, entry)
		for _, want := range wanted {
			found[want] = found[want] || matches(want, name(entry))
		}
	}
	for _, want := range wanted {
		if !found[want] {
			return nil, fmt.Errorf("no %q; there are: %s", want, strings.Join(all, " "))
		}
	}
	return picked, nil
}

func matches(want, name string) bool {
	prefix, wild := strings.CutSuffix(want, "*")
	return want == name || wild && strings.HasPrefix(name, prefix)
}

// client says whether it is one.
func (s Server) client() bool { return strings.HasPrefix(s.Name, clientPrefix) }

// Handset says whether the server is this repository's library.
func (s Server) Handset() bool { return s.Build == handset || s.Build == handsetClient }
