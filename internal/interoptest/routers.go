package interoptest

// A Router is a row of the table of routers and middlewares.
type Router struct {
	Name    string
	Version [2]string // as of Peer; none for the standard library
	// Stacks are what is between the router and the handler, by Middlewares: its names
	// in a program, or "" if there is none that is usual.
	Stacks map[string]string
}

// Middlewares are the columns of that table.
var Middlewares = []string{"none", "logger", "request ID", "recover", "gzip", "timeout", "all"}

// CannotHijack are the names of middlewares whose ResponseWriter cannot be hijacked, so
// that the handshake is refused with 501 and an error that says so.
var CannotHijack = map[string]bool{"http.TimeoutHandler": true}

const middlewareModule = "ws_test/middleware/go.mod"

// Routers are all of them. "All" is what is in the other columns, and more, except for
// what cannot be hijacked.
var Routers = []Router{
	{Name: "net/http", Stacks: map[string]string{
		"none": "http.ServeMux", "logger": "handlers.CombinedLoggingHandler", "recover": "handlers.RecoveryHandler",
		"gzip": "gzhttp.GzipHandler", "timeout": "http.TimeoutHandler", "all": "all but http.TimeoutHandler",
	}},
	{Name: "chi", Version: [2]string{middlewareModule, "github.com/go-chi/chi/v5"}, Stacks: map[string]string{
		"none": "chi.NewRouter", "logger": "middleware.Logger", "request ID": "middleware.RequestID",
		"recover": "middleware.Recoverer", "gzip": "middleware.Compress", "timeout": "middleware.Timeout",
		"all": "all, NoCache, Throttle",
	}},
	{Name: "gin", Version: [2]string{middlewareModule, "github.com/gin-gonic/gin"}, Stacks: map[string]string{
		"none": "gin.New", "logger": "gin.Logger", "request ID": "requestid.New", "recover": "gin.Recovery",
		"gzip": "gzip.Gzip", "timeout": "a context with a timeout", "all": "all",
	}},
	{Name: "echo", Version: [2]string{middlewareModule, "github.com/labstack/echo/v4"}, Stacks: map[string]string{
		"none": "echo.New", "logger": "middleware.Logger", "request ID": "middleware.RequestID",
		"recover": "middleware.Recover", "gzip": "middleware.Gzip", "timeout": "middleware.ContextTimeout",
		"all": "all, Secure, CORS, BodyLimit",
	}},
	{Name: "gorilla/mux", Version: [2]string{middlewareModule, "github.com/gorilla/mux"}, Stacks: map[string]string{
		"none": "mux.NewRouter", "logger": "handlers.CombinedLoggingHandler", "recover": "handlers.RecoveryHandler",
		"gzip": "handlers.CompressHandler", "timeout": "http.TimeoutHandler", "all": "all but http.TimeoutHandler, ProxyHeaders, CORS",
	}},
}
