package wsprom_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/handset-go/handset/group"
	wsprom "github.com/handset-go/handset/metrics/prometheus"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// An Upgrader's metrics at an endpoint.
func ExampleNewCollector() {
	upgrader := new(ws.Upgrader)
	registry := prometheus.NewRegistry()
	registry.MustRegister(wsprom.NewCollector(upgrader, prometheus.Labels{"server": "chat"}))
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})

	_, _, _ = upgrader.Handle(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
	for line := range strings.Lines(scrape(metrics.ServeHTTP)) {
		if strings.HasPrefix(line, "handset_handshakes") {
			fmt.Print(line)
		}
	}
	// Output:
	// handset_handshakes_refused_total{server="chat"} 1
}

func TestCollectorExportsStats(t *testing.T) {
	upgrader := new(ws.Upgrader)
	got := exported(t, upgrader, func() {
		client, server := wstest.Pair(t, upgrader, nil)
		_ = client.Stream.Discard()
		session, stream := server.Session, server.Stream
		_ = session.Text(context.Background(), "hello")
		_ = session.Close(ws.CloseReason{Code: ws.CloseNormal})
		for range stream.All(context.Background()) {
		}
		<-session.Done()
	})
	for _, want := range []string{
		"handset_sessions 0", "handset_sessions_total 1", `handset_messages_total{direction="out"} 1`,
		`handset_payload_bytes_total{direction="out"} 7`, `handset_closes_total{code="1000",side="sent"} 1`,
		`handset_ends_total{reason=`, "handset_unread_total 0",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// A Dialer has the same statistics, of a client.
func TestCollectorExportsStatsOfDialer(t *testing.T) {
	dialer := new(ws.Dialer)
	got := exported(t, dialer, func() {
		client, server := wstest.Pair(t, nil, dialer)
		_ = server.Stream.Discard()
		_ = client.Session.Text(context.Background(), "hello")
		_ = client.Session.Close(ws.CloseReason{Code: ws.CloseNormal})
		for range client.Stream.All(context.Background()) {
		}
		<-client.Session.Done()
	})
	for _, want := range []string{"handset_sessions_total 1", `handset_payload_bytes_total{direction="out"} 7`, `handset_ends_total{reason="closed"} 1`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// closed are statistics with one Close frame of every code.
type closed struct{}

func (closed) Stats() ws.Stats {
	closes := map[ws.CloseCode]uint64{0: 1}
	for code := ws.CloseCode(1000); code < 5000; code++ {
		closes[code] = 1
	}
	return ws.Stats{ClosesReceived: closes}
}

// A peer that closes with every code does not add a series for each.
func TestCloseCodesAreBounded(t *testing.T) {
	got := exported(t, closed{}, func() {})
	if n := strings.Count(got, "handset_closes_total{"); n != 20 {
		t.Errorf("%d series, want those of 0, of 1000 to 1015 and of 3 ranges", n)
	}
	if want := `handset_closes_total{code="4000-4999",side="received"} 1000`; !strings.Contains(got, want) {
		t.Errorf("%q is missing in\n%s", want, got)
	}
}

func TestDashboardMetricsExist(t *testing.T) {
	dashboard, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(dashboard) {
		t.Fatal("dashboard.json is not JSON")
	}
	described := make(chan *prometheus.Desc, 100)
	wsprom.NewCollector(new(ws.Upgrader), nil).Describe(described)
	wsprom.NewGroupsCollector(group.New(nil, group.Options{}), nil).Describe(described)
	close(described)
	var names strings.Builder
	for desc := range described {
		fmt.Fprintln(&names, desc)
	}
	for _, name := range regexp.MustCompile(`handset_\w+`).FindAllString(string(dashboard), -1) {
		if !strings.Contains(names.String(), `"`+name+`"`) {
			t.Errorf("there is no %s", name)
		}
	}
}

func scrape(serve http.HandlerFunc) string {
	w := httptest.NewRecorder()
	serve(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func exported(t *testing.T, source interface{ Stats() ws.Stats }, do func()) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(wsprom.NewCollector(source, nil)); err != nil {
		t.Fatal(err)
	}
	do()
	return scrape(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP)
}
