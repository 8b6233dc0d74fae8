package middleware_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-contrib/gzip"
	"github.com/gin-contrib/requestid"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/handlers"
	"github.com/gorilla/mux"
	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/ws"
)

// requestTimeout is that of the middlewares. Sessions outlive it.
const requestTimeout = 100 * time.Millisecond

// routers build a handler behind the middleware of a column of the table, or nil if there
// is none.
var routers = map[string]func(column string, h http.HandlerFunc) http.Handler{
	"net/http":    withServeMux,
	"chi":         withChiRouter,
	"gin":         withGinEngine,
	"echo":        withEchoServer,
	"gorilla/mux": withGorillaMux,
}

// columns returns the middlewares of a column, of those in the order from the outside.
func columns[M any](column string, all map[string]M, order ...string) (chosen []M) {
	for _, name := range order {
		if m, ok := all[name]; ok && (column == name || column == "all") {
			chosen = append(chosen, m)
		}
	}
	return chosen
}

// order is the usual one from the outside.
var order = []string{"request ID", "logger", "recover", "timeout", "gzip", "more"}

func withChiRouter(column string, h http.HandlerFunc) http.Handler {
	r := chi.NewRouter()
	logger := chimiddleware.RequestLogger(&chimiddleware.DefaultLogFormatter{Logger: log.New(io.Discard, "", 0), NoColor: true})
	r.Use(columns(column, map[string]func(http.Handler) http.Handler{
		"request ID": chimiddleware.RequestID, "logger": logger, "recover": chimiddleware.Recoverer,
		"timeout": chimiddleware.Timeout(requestTimeout), "gzip": chimiddleware.Compress(5),
		"more": func(next http.Handler) http.Handler {
			return chimiddleware.NoCache(chimiddleware.Throttle(10)(next))
		},
	}, order...)...)
	r.HandleFunc("/ws", h)
	return r
}

func withGinEngine(column string, h http.HandlerFunc) http.Handler {
	r := gin.New()
	r.Use(columns(column, map[string]gin.HandlerFunc{
		"request ID": requestid.New(), "logger": gin.LoggerWithWriter(io.Discard), "recover": gin.RecoveryWithWriter(io.Discard),
		"gzip": gzip.Gzip(gzip.DefaultCompression),
		"timeout": func(c *gin.Context) {
			ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
			defer cancel()
			c.Request = c.Request.WithContext(ctx)
			c.Next()
		},
	}, order...)...)
	r.GET("/ws", func(c *gin.Context) { h(c.Writer, c.Request) })
	return r
}

func withEchoServer(column string, h http.HandlerFunc) http.Handler {
	e := echo.New()
	e.Logger.SetOutput(io.Discard)
	//lint:ignore SA1019 programs use it
	logger := echomiddleware.LoggerWithConfig(echomiddleware.LoggerConfig{Output: io.Discard})
	e.Use(columns(column, map[string]echo.MiddlewareFunc{
		"request ID": echomiddleware.RequestID(), "logger": logger, "recover": echomiddleware.Recover(),
		"timeout": echomiddleware.ContextTimeout(requestTimeout), "gzip": echomiddleware.Gzip(),
		"more": func(next echo.HandlerFunc) echo.HandlerFunc {
			return echomiddleware.Secure()(echomiddleware.CORS()(echomiddleware.BodyLimit("1M")(next)))
		},
	}, order...)...)
	e.GET("/ws", func(c echo.Context) error {
		h(c.Response(), c.Request())
		return nil
	})
	return e
}

// gorillaMiddlewares are for net/http, too.
func gorillaMiddlewares(column string, gzip func(http.Handler) http.Handler) []func(http.Handler) http.Handler {
	all := map[string]func(http.Handler) http.Handler{
		"logger":  func(h http.Handler) http.Handler { return handlers.CombinedLoggingHandler(io.Discard, h) },
		"recover": handlers.RecoveryHandler(handlers.RecoveryLogger(log.New(io.Discard, "", 0))),
		"gzip":    gzip,
		"more":    func(h http.Handler) http.Handler { return handlers.ProxyHeaders(handlers.CORS()(h)) },
	}
	if column == "timeout" {
		all[column] = func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Hour, "") }
	}
	return columns(column, all, order...)
}

func withGorillaMux(column string, h http.HandlerFunc) http.Handler {
	r := mux.NewRouter()
	for _, m := range gorillaMiddlewares(column, handlers.CompressHandler) {
		r.Use(m)
	}
	r.HandleFunc("/ws", h)
	return r
}

func withServeMux(column string, h http.HandlerFunc) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /ws", h)
	handler := http.Handler(m)
	for _, wrap := range slices.Backward(gorillaMiddlewares(column, func(h http.Handler) http.Handler { return gzhttp.GzipHandler(h) })) {
		handler = wrap(handler)
	}
	return handler
}

// The table of routers and middlewares.
func TestMiddlewareRouters(t *testing.T) {
	for _, router := range interoptest.Routers {
		for column, stack := range router.Stacks {
			t.Run(router.Name+", "+column, func(t *testing.T) {
				build := func(h http.HandlerFunc) http.Handler { return routers[router.Name](column, h) }
				if interoptest.CannotHijack[stack] {
					t.Run("is refused", func(t *testing.T) { testRefused(t, build) })
				} else {
					t.Run("the session outlives timeouts", func(t *testing.T) { testOutlives(t, build) })
					t.Run("the handler panics", func(t *testing.T) { testPanics(t, build) })
				}
				if !t.Failed() {
					interoptest.Record(t, interoptest.Result{Peer: router.Name, Step: column})
				}
			})
		}
	}
}

// testRefused expects an error on both ends that names the ResponseWriter.
func testRefused(t *testing.T, build func(http.HandlerFunc) http.Handler) {
	results := make(chan error, 1)
	address, _ := serve(t, build(func(w http.ResponseWriter, r *http.Request) {
		_, _, err := ws.Handle(w, r)
		results <- err
	}))
	_, response := handshake(t, address+"/ws")
	const text = "*http.timeoutWriter cannot be hijacked"
	expectStatus(t, response, http.StatusNotImplemented, text)
	if err := <-results; err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("Handle returned %v", err)
	}
}

// testOutlives has the handler stay until the timeout of middlewares is over, if
// there is one, and then sends messages both ways.
func testOutlives(t *testing.T, build func(http.HandlerFunc) http.Handler) {
	address, _ := serve(t, build(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := ws.Handle(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { go echoAll(session, stream) }()
		if _, ok := r.Context().Deadline(); ok {
			<-r.Context().Done()
			if err := r.Context().Err(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the context of the request ended with %v", err)
			}
		}
	}))
	conn, response := handshake(t, address+"/ws")
	expectSession(t, response, nil)
	expectEcho(t, conn)
}

// testPanics has the handler panic after the handshake. What recovers that may try to
// write a response, of which nothing may arrive in the session.
func testPanics(t *testing.T, build func(http.HandlerFunc) http.Handler) {
	address, _ := serve(t, build(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := ws.Handle(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { go echoAll(session, stream) }()
		panic("after the handshake")
	}))
	conn, response := handshake(t, address+"/ws")
	expectSession(t, response, nil)
	expectEcho(t, conn)
}
