package redis_test

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	miniserver "github.com/alicebob/miniredis/v2/server"
	"github.com/redis/rueidis"

	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/group/grouptest"
)

// A target is a server that the contract of brokers is tested with.
type target struct {
	name    string
	durable bool
	client  func(t *testing.T) func(t *testing.T) rueidis.Client
}

var targets = []target{
	{"redis-server", false, func(t *testing.T) func(*testing.T) rueidis.Client {
		socket := startServer(t).socket()
		return func(t *testing.T) rueidis.Client { return newClient(t, "unix", socket) }
	}},
	{"miniredis", true, func(t *testing.T) func(*testing.T) rueidis.Client { // it has no run_id
		mini := miniredis.RunT(t)
		mini.Server().SetPreHook(hello)
		return func(t *testing.T) rueidis.Client { return newClient(t, "tcp", mini.Addr()) }
	}},
}

// hello answers HELLO without arguments, which miniredis does not know.
func hello(peer *miniserver.Peer, command string, args ...string) bool {
	if command != "HELLO" || len(args) > 0 {
		return false
	}
	peer.WriteMapLen(3)
	for _, text := range []string{"mode", "standalone", "role", "master", "proto"} {
		peer.WriteBulk(text)
	}
	peer.WriteInt(3)
	return true
}

func TestBroker(t *testing.T) {
	for _, target := range targets {
		t.Run(target.name, func(t *testing.T) {
			client := target.client(t)
			open := func(t *testing.T) (a, b group.Broker) {
				return newBroker(t, client(t), redis.Options{}), newBroker(t, client(t), redis.Options{})
			}
			grouptest.TestBroker(t, open)
			t.Run("one order", func(t *testing.T) { grouptest.TestOneOrder(t, open) })
		})
	}
}

func TestHistory(t *testing.T) {
	for _, target := range targets {
		t.Run(target.name, func(t *testing.T) {
			client := target.client(t)
			options := redis.HistoryOptions{Durable: target.durable}
			open := func(t *testing.T) (a, b group.Broker) {
				return newHistory(t, client(t), options), newHistory(t, client(t), options)
			}
			if target.name != "miniredis" { // whose scripts are slow
				grouptest.TestBroker(t, open)
			}
			grouptest.TestHistory(t, open)
		})
	}
}
