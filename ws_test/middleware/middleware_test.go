// Package middleware_test tests sessions behind the middlewares that people use.
// It is a module of its own, so that no other module needs its dependencies.
package middleware_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/handset-go/handset/ws"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// A session behind middlewares is the same as one without.
func TestMiddlewareSession(t *testing.T) {
	for _, tt := range stacks() {
		for _, stays := range []bool{false, true} {
			name := tt.name + ", the handler returns"
			if stays {
				name = tt.name + ", the handler stays"
			}
			t.Run(name, func(t *testing.T) {
				results := make(chan error, 1)
				address, errorLog := serve(t, tt.build(func(w http.ResponseWriter, r *http.Request) {
					http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
					session, stream, err := ws.Handle(w, r)
					results <- err
					switch {
					case err != nil:
					case stays:
						echoAll(session, stream)
					default:
						go echoAll(session, stream)
					}
				}))
				conn, response := handshake(t, address)
				err := <-results
				if len(response.Cookies()) != 1 {
					t.Errorf("answered with %s %v, without the cookie", response.Status, response.Header)
				}
				if tt.names == "" {
					expectSession(t, response, err)
					expectEcho(t, conn)
				} else {
					expectStatus(t, response, http.StatusNotImplemented, tt.names+" cannot be hijacked")
				}
				if got := errorLog.String(); strings.Contains(got, "panic") || strings.Contains(got, "superfluous") {
					t.Errorf("the server logged %s", got)
				}
			})
		}
	}
}

func expectSession(t *testing.T, response *http.Response, err error) {
	t.Helper()
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("answered with %s %v, and Handle returned %v", response.Status, response.Header, err)
	}
	for _, name := range []string{"Content-Encoding", "Content-Length", "Transfer-Encoding"} {
		if got, ok := response.Header[name]; ok {
			t.Errorf("answered with %s: %q", name, got)
		}
	}
}

// A refusal passes through middlewares.
func TestMiddlewareRefusal(t *testing.T) {
	for _, tt := range stacks() {
		t.Run(tt.name, func(t *testing.T) {
			results := make(chan error, 1)
			address, errorLog := serve(t, tt.build(func(w http.ResponseWriter, r *http.Request) {
				_, _, err := ws.Handle(w, r)
				results <- err
			}))
			_, response := handshake(t, address, "Origin", "https://evil.example")
			expectStatus(t, response, http.StatusForbidden, "evil.example")
			var refused *ws.HandshakeError
			if err := <-results; !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
				t.Errorf("Handle returned %v", err)
			}
			if got := errorLog.String(); got != "" {
				t.Errorf("the server logged %s", got)
			}
		})
	}
}

// Some middlewares buffer what was written so far: nothing has been sent then, and
// the session starts. A session must not start after another response, nor may the
// connection stay open after one.
func TestMiddlewareHandleAfterResponse(t *testing.T) {
	for _, tt := range stacks() {
		if tt.names != "" {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			results := make(chan error, 1)
			address, errorLog := serve(t, tt.build(func(w http.ResponseWriter, r *http.Request) {
				http.Error(w, "who are you?", http.StatusUnauthorized)
				session, stream, err := ws.Handle(w, r)
				results <- err
				if err == nil {
					go echoAll(session, stream)
				}
			}))
			conn, response := handshake(t, address)
			err := <-results
			if tt.buffersWrites {
				expectSession(t, response, err)
				expectEcho(t, conn)
			} else if err == nil || response.StatusCode != http.StatusUnauthorized || !strings.Contains(err.Error(), "started before the handshake") {
				t.Errorf("answered with %s, and Handle returned %v", response.Status, err)
			}
			if got := errorLog.String(); strings.Contains(got, "panic") {
				t.Errorf("the server logged %s", got)
			}
		})
	}
}
