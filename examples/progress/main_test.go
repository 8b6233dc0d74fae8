package main

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// start serves until stop is called, which returns what serve returned.
func start(t *testing.T) (network *tooltest.Network, stop func() error) {
	network = tooltest.NewNetwork(t)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, network) }()
	return network, func() error {
		cancel()
		return <-ended
	}
}

func TestPage(t *testing.T) {
	network, stop := start(t)
	for path, contentType := range map[string]string{
		"": "text/html; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "style.css": "text/css; charset=utf-8",
	} {
		response, err := http.Get(network.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		want, _ := os.ReadFile(filepath.Join("page", cmp.Or(path, "index.html")))
		if err != nil || string(got) != string(want) || response.Header.Get("Content-Type") != contentType {
			t.Errorf("/%s: %s, %d bytes, %v", path, response.Header.Get("Content-Type"), len(got), err)
		}
		if policy := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none';") {
			t.Errorf("/%s: policy %q", path, policy)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestShutdown(t *testing.T) {
	network, stop := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	session, stream, err := ws.Dial(ctx, network.URL()+"ws_job")
	if err != nil {
		t.Fatal(err)
	}
	if err := wsjson.Send(ctx, session, request{Start: mostBelow}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	var last ws.Message
	for msg, err := range stream.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if last.Kind == 0 { // the job has begun
			go func() { ended <- stop() }()
		}
		last = msg.Clone()
	}
	if last.Kind != ws.Close || last.Reason.Code != ws.CloseGoingAway {
		t.Errorf("the last message was %v %v", last.Kind, last.Reason)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var stacks strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 1); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stacks.String(), "countPrimes") {
		t.Error("the job still runs")
	}
}
