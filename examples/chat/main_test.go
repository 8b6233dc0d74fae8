package main

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// start runs a server with brokers of its own. It serves until stop is called, which
// returns what serve returned.
func start(t *testing.T) (network *tooltest.Network, stop func() error) {
	t.Helper()
	brokers, err := openBrokers(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	return startWith(t, brokers)
}

func startWith(t *testing.T, brokers *brokers) (network *tooltest.Network, stop func() error) {
	t.Helper()
	network = tooltest.NewNetwork(t)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, network, brokers) }()
	return network, func() error {
		cancel()
		return <-ended
	}
}

func TestPage(t *testing.T) {
	network, stop := start(t)
	for path, contentType := range map[string]string{
		"": "text/html; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"connection.js": "text/javascript; charset=utf-8", "style.css": "text/css; charset=utf-8",
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
