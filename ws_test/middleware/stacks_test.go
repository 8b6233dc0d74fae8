package middleware_test

import (
	"bufio"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/NYTimes/gziphandler"
	"github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/handlers"
	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"
)

// stack is a chain of middlewares around a handler.
type stack struct {
	name  string
	build func(http.HandlerFunc) http.Handler
	names string // the type that cannot be hijacked, "" if sessions begin

	buffersWrites bool // what a handler writes before the handshake
}

func wrapped(name string, wrap func(http.Handler) http.Handler) stack {
	return stack{name: name, build: func(h http.HandlerFunc) http.Handler { return wrap(h) }}
}

func withChi(name string, middlewares ...func(http.Handler) http.Handler) stack {
	return stack{name: "chi " + name, build: func(h http.HandlerFunc) http.Handler {
		r := chi.NewRouter()
		r.Use(middlewares...)
		r.HandleFunc("/*", h)
		return r
	}}
}

func withGin(name string, middlewares ...gin.HandlerFunc) stack {
	return stack{name: "gin " + name, build: func(h http.HandlerFunc) http.Handler {
		r := gin.New()
		r.Use(middlewares...)
		r.GET("/", func(c *gin.Context) { h(c.Writer, c.Request) })
		return r
	}}
}

// withEcho has the handler write to echo's Response, or, as some do, to the writer
// in it.
func withEcho(name, names string, middlewares ...echo.MiddlewareFunc) []stack {
	build := func(writer func(echo.Context) http.ResponseWriter) func(http.HandlerFunc) http.Handler {
		return func(h http.HandlerFunc) http.Handler {
			e := echo.New()
			e.Logger.SetOutput(io.Discard)
			e.Use(middlewares...)
			e.GET("/", func(c echo.Context) error {
				h(writer(c), c.Request())
				return nil
			})
			return e
		}
	}
	return []stack{
		{name: "echo " + name, names: names, build: build(func(c echo.Context) http.ResponseWriter { return c.Response() })},
		{name: "echo " + name + ", its Writer", names: names, build: build(func(c echo.Context) http.ResponseWriter { return c.Response().Writer })},
	}
}

// inTimeoutHandler puts s in a middleware whose writer is not a Hijacker.
func inTimeoutHandler(s stack) stack {
	return stack{name: s.name + " in http.TimeoutHandler", names: "*http.timeoutWriter", build: func(h http.HandlerFunc) http.Handler {
		return http.TimeoutHandler(s.build(h), time.Hour, "")
	}}
}

// bufferingWrites marks stacks that cannot tell whether a handler has written.
func bufferingWrites(all ...stack) []stack {
	for i := range all {
		all[i].buffersWrites = true
	}
	return all
}

// gin111 gives a handler gin's writer as it was in 1.11.0, which refused to be
// hijacked once a header was written.
func gin111(c *gin.Context) {
	c.Writer = refusing{c.Writer}
	c.Next()
}

type refusing struct{ gin.ResponseWriter }

func (w refusing) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.Written() {
		return nil, nil, errors.New("gin: response already written")
	}
	return w.ResponseWriter.Hijack()
}

func stacks() []stack {
	const long = time.Hour
	quiet := log.New(io.Discard, "", 0)
	chiLogger := chimiddleware.RequestLogger(&chimiddleware.DefaultLogFormatter{Logger: quiet, NoColor: true})
	ginLogger, ginRecovery := gin.LoggerWithWriter(io.Discard), gin.RecoveryWithWriter(io.Discard)
	//lint:ignore SA1019 programs use it
	echoLogger := echomiddleware.LoggerWithConfig(echomiddleware.LoggerConfig{Output: io.Discard})
	echoDump := echomiddleware.BodyDump(func(echo.Context, []byte, []byte) {})
	all := []stack{
		wrapped("nothing", func(h http.Handler) http.Handler { return h }),

		withChi("alone"),
		withChi("Compress", chimiddleware.Compress(5)),
		withChi("Compress of any text", chimiddleware.NewCompressor(5, "text/*").Handler),
		withChi("Logger", chiLogger),
		withChi("Recoverer", chimiddleware.Recoverer),
		withChi("Timeout", chimiddleware.Timeout(long)),
		withChi("Throttle", chimiddleware.Throttle(10)),
		withChi("all", chimiddleware.RequestID, chiLogger, chimiddleware.Recoverer, chimiddleware.Timeout(long),
			chimiddleware.NoCache, chimiddleware.SetHeader("Content-Type", "text/plain"), chimiddleware.Compress(5)),

		withGin("alone"),
		withGin("Logger", ginLogger),
		withGin("Recovery", ginRecovery),
		withGin("gzip", gzip.Gzip(gzip.BestSpeed)),
		withGin("1.11.0", gin111),
		withGin("all", ginLogger, ginRecovery, gzip.Gzip(gzip.DefaultCompression), gin111),

		wrapped("gorilla CompressHandler", handlers.CompressHandler),
		wrapped("gorilla LoggingHandler", func(h http.Handler) http.Handler { return handlers.LoggingHandler(io.Discard, h) }),
		wrapped("gorilla CombinedLoggingHandler", func(h http.Handler) http.Handler { return handlers.CombinedLoggingHandler(io.Discard, h) }),
		wrapped("gorilla RecoveryHandler", handlers.RecoveryHandler(handlers.RecoveryLogger(quiet))),
		wrapped("gorilla all", func(h http.Handler) http.Handler {
			return handlers.LoggingHandler(io.Discard, handlers.ProxyHeaders(handlers.CORS()(handlers.CompressHandler(handlers.RecoveryHandler()(h)))))
		}),

		inTimeoutHandler(wrapped("nothing", func(h http.Handler) http.Handler { return h })),
		inTimeoutHandler(withChi("Logger and Compress", chiLogger, chimiddleware.Compress(5))),
		inTimeoutHandler(withGin("Logger", ginLogger)),
	}
	for _, more := range [][]stack{
		bufferingWrites(
			wrapped("gzhttp", func(h http.Handler) http.Handler { return gzhttp.GzipHandler(h) }),
			wrapped("gziphandler", gziphandler.GzipHandler),
			wrapped("gziphandler in gorilla's logger", func(h http.Handler) http.Handler {
				return handlers.LoggingHandler(io.Discard, gziphandler.GzipHandler(h))
			})),
		withEcho("alone", ""),
		withEcho("Gzip", "", echomiddleware.Gzip()),
		bufferingWrites(withEcho("Gzip with a least length", "", echomiddleware.GzipWithConfig(echomiddleware.GzipConfig{MinLength: 1000}))...),
		withEcho("Logger", "", echoLogger),
		withEcho("Recover", "", echomiddleware.Recover()),
		withEcho("BodyDump", "", echoDump),
		withEcho("ContextTimeout", "", echomiddleware.ContextTimeout(long)),
		//lint:ignore SA1019 programs use it
		withEcho("Timeout", "*http.timeoutWriter", echomiddleware.TimeoutWithConfig(echomiddleware.TimeoutConfig{Timeout: long})),
		withEcho("all", "", echoLogger, echomiddleware.Recover(), echomiddleware.RequestID(), echomiddleware.Secure(),
			echomiddleware.CORS(), echomiddleware.BodyLimit("1M"), echomiddleware.Decompress(), echomiddleware.Gzip(), echoDump),
	} {
		all = append(all, more...)
	}
	return all
}
