package wstest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

func TestClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session, stream, err := new(ws.Upgrader).Handle(w, r)
			if err != nil {
				return
			}
			_ = session.Text(r.Context(), r.FormValue("name")+" "+r.Header.Get("Authorization"))
			for range stream.All(context.Background()) {
			}
		}))
		clients := server.DialN(t, 100, func(i int) (string, *ws.Dialer) {
			return fmt.Sprintf("/?name=%d", i), &ws.Dialer{Header: http.Header{"Authorization": {fmt.Sprint("token ", i)}}}
		})
		clients.Each(t, func(tb testing.TB, i int, client wstest.Endpoint) {
			wstest.ExpectText(tb, client.Stream, fmt.Sprintf("%d token %d", i, i))
		})
	})
}

// Each client has a network of its own.
func TestClientsNetworks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(echo))
		clients := server.DialN(t, 3, nil)
		clients[1].Network.Reset()
		clients[2].Network.SetLatency(wstest.Up, time.Second)
		clients.Each(t, func(tb testing.TB, i int, client wstest.Endpoint) {
			if i == 1 {
				wstest.ExpectEnd(tb, client.Stream, syscall.ECONNRESET)
				return
			}
			began := time.Now()
			_ = client.Session.Text(tb.Context(), "hello")
			wstest.ExpectText(tb, client.Stream, "hello")
			if took := time.Since(began); took != time.Duration(i/2)*time.Second {
				tb.Errorf("took %v", took)
			}
		})
	})
}

func TestClientsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("i") == "1" {
				echo(w, r)
			} else {
				http.Error(w, "no", http.StatusForbidden)
			}
		}))
		texts, fatal := recorded(t, func(tb testing.TB) {
			server.DialN(tb, 14, func(i int) (string, *ws.Dialer) { return fmt.Sprint("/?i=", i), nil })
		})
		lines := strings.Split(strings.Join(texts, "\n"), "\n")
		if !fatal || len(lines) != 12 || lines[0] != "wstest: 13 of 14 clients have not connected:" ||
			!strings.HasPrefix(lines[2], "\tclient 2: ws: ") || !strings.Contains(lines[2], "403") || lines[11] != "\tand 3 more" {
			t.Errorf("failed: %v, with\n%s", fatal, strings.Join(lines, "\n"))
		}
	})
}

// A server that never answers does not make the test wait for ever.
func TestClientsNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		began := time.Now()
		texts, fatal := recorded(t, func(tb testing.TB) { server.DialN(tb, 2, nil) })
		if took := time.Since(began); !fatal || !strings.Contains(texts[0], "client 1: ") || took != 10*time.Second {
			t.Errorf("failed: %v, with %q after %v", fatal, texts, took)
		}
	})
}

func TestClientsEachFailures(t *testing.T) {
	clients := make(wstest.Clients, 3)
	only := func(n int, f func(tb testing.TB)) func(testing.TB, int, wstest.Endpoint) {
		return func(tb testing.TB, i int, _ wstest.Endpoint) {
			if i == n {
				f(tb)
			}
		}
	}
	for _, tt := range []struct {
		name  string
		call  func(tb testing.TB)
		want  string
		fatal bool
	}{
		{"none", func(testing.TB) {}, "", false},
		{"Error", func(tb testing.TB) { tb.Error("a", 1); tb.Error("b") }, "client 1: a 1|client 1: b|end", false},
		{"Errorf", func(tb testing.TB) { tb.Errorf("a%d", 1) }, "client 1: a1|end", false},
		{"Fatal", func(tb testing.TB) { tb.Fatal("a", 1); tb.Error("b") }, "client 1: a 1", true},
		{"Fatalf", func(tb testing.TB) { tb.Fatalf("a%d", 1); tb.Error("b") }, "client 1: a1", true},
		{"Fail", func(tb testing.TB) { tb.Fail() }, "client 1: failed|end", false},
		{"FailNow", func(tb testing.TB) { tb.FailNow(); tb.Error("b") }, "client 1: failed", true},
		{"Failed", func(tb testing.TB) { tb.Error(tb.Failed()); tb.Error(tb.Failed()) }, "client 1: false|client 1: true|end", false},
		{"Log", func(tb testing.TB) { tb.Log("a", 1) }, "log: client 1: a 1", false},
		{"Logf", func(tb testing.TB) { tb.Logf("a%d", 1) }, "log: client 1: a1", false},
		{"Skip", func(tb testing.TB) { tb.Skip("a"); tb.Error("b") }, "log: client 1: skipped: a", false},
		{"Skipf", func(tb testing.TB) { tb.Skipf("a%d", 1); tb.Error("b") }, "log: client 1: skipped: a1", false},
		{"SkipNow", func(tb testing.TB) { tb.SkipNow(); tb.Error("b") }, "log: client 1: skipped", false},
		{"a helper", func(tb testing.TB) { tb.Helper(); wstest.ExpectText(tb, &scripted{[]ws.Message{text("b")}, nil}, "a") },
			`client 1: wstest: received Text "b", want Text "a"`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			texts, fatal := recorded(t, func(tb testing.TB) {
				clients.Each(tb, only(1, tt.call))
				if strings.HasSuffix(tt.want, "|end") {
					tb.Error("end") // after a failure that does not end the test
				}
			})
			if got := strings.Join(texts, "|"); got != tt.want || fatal != tt.fatal {
				t.Errorf("ended: %v, with %q, want %q", fatal, got, tt.want)
			}
		})
	}
}

func TestClientsEachCountsFailures(t *testing.T) {
	texts, _ := recorded(t, func(tb testing.TB) {
		make(wstest.Clients, 1000).Each(tb, func(tb testing.TB, i int, _ wstest.Endpoint) { tb.Error("a"); tb.Fatal("b") })
	})
	if len(texts) != 21 || texts[20] != "wstest: 990 more clients failed" {
		t.Errorf("failed with %q", texts)
	}
}

// Clients of a subtest end with it.
func TestClientsEndWithTest(t *testing.T) {
	ended := make(chan error, 1)
	server := wstest.NewServer(t, ws.Handler(func(_ *ws.Session, stream *ws.MessageStream) {
		for _, err := range stream.All(context.Background()) {
			ended <- err
		}
	}))
	var clients wstest.Clients
	t.Run("sub", func(t *testing.T) {
		clients = server.DialN(t, 1, nil)
		clients[0].Network.Stall(wstest.Down)
	})
	if err := clients[0].Session.Err(); err == nil {
		t.Error("the client's session has not ended")
	}
	if err := <-ended; err == nil {
		t.Error("the server's session has not ended")
	}
}
