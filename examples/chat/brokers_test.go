package main

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// Two servers that share a broker are one chat.
func TestInteropBrokers(t *testing.T) {
	for name, start := range map[string]func(*testing.T) (natsURL, redisURL string, stop func()){"NATS": startNATS, "Redis": startRedis} {
		t.Run(name, func(t *testing.T) {
			natsURL, redisURL, stopBroker := start(t)
			var urls []string
			for range 2 {
				brokers, err := openBrokers(t.Context(), natsURL, redisURL)
				if err != nil {
					t.Fatal(err)
				}
				network, stop := startWith(t, brokers)
				t.Cleanup(func() {
					if err := stop(); err != nil {
						t.Error(err)
					}
					brokers.close()
				})
				urls = append(urls, network.URL()+"ws_chat")
			}
			col := testTwoServers(t, urls[0], urls[1])
			stopBroker()
			col.say("3", "three")
			if m := col.next("refused"); m.ID != "3" {
				t.Errorf("without a broker, received %+v", m)
			}
		})
	}
}

func testTwoServers(t *testing.T, first, second string) *client {
	ann := dial(t, first, joining("Ann", "general", ""))
	ann.next("joined")
	ben := dial(t, second, joining("Ben", "general", ""))
	ben.next("joined")
	ann.expectHere("Ann", "Ben")
	ben.expectHere("Ann", "Ben")

	ann.say("1", "one")
	ann.expectSaid("one")
	ben.expectSaid("one")
	ann.send(request{Type: "typing"})
	ben.next("typing")

	ben.session.Close(ws.CloseReason{})
	ann.say("2", "two")
	ann.expectSaid("two")
	again := dial(t, first, joining("Ben", "general", ben.after))
	again.expectSaid("two")
	again.next("joined")
	col := dial(t, second, joining("Col", "general", ""))
	col.expectSaid("one", "two")
	col.next("joined")
	return col
}

func dial(t *testing.T, url string, req request) *client {
	t.Helper()
	session, stream, err := ws.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close(ws.CloseReason{}) })
	c := &client{T: t, session: session, stream: stream.Aggregate(0)}
	c.send(req)
	return c
}

func startNATS(t *testing.T) (natsURL, redisURL string, stop func()) {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	stop = func() {
		s.Shutdown()
		s.WaitForShutdown()
	}
	t.Cleanup(stop)
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("NATS is not ready")
	}
	return s.ClientURL(), "", stop
}

func startRedis(t *testing.T) (natsURL, redisURL string, stop func()) {
	t.Helper()
	program := tooltest.Program(t, "redis-server")
	listener, err := net.Listen("tcp", "127.0.0.1:0") // for a port that is free
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	redis := exec.Command(program, "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", t.TempDir())
	output, err := redis.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := redis.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		redis.Process.Kill()
		_ = redis.Wait()
	})
	t.Cleanup(stop)
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			return "", fmt.Sprint("redis://127.0.0.1:", port), stop
		}
	}
	t.Fatal("redis-server is not ready")
	return "", "", nil
}

func TestBrokersRefused(t *testing.T) {
	for name, urls := range map[string][2]string{
		"both":                 {"nats://127.0.0.1:1", "redis://127.0.0.1:1"},
		"NATS that is absent":  {"nats://127.0.0.1:1", ""},
		"a bad URL of Redis":   {"", "http://127.0.0.1:1"},
		"Redis that is absent": {"", "redis://127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := openBrokers(t.Context(), urls[0], urls[1]); err == nil {
				t.Error("no error")
			}
		})
	}
}
