package redis_test

import (
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/machinetest"
)

// machines are the servers that run in processes of their own.
var machines = map[string]machinetest.Program{
	"plain": program(func(c rueidis.Client) (group.Broker, error) { return redis.New(c, redis.Options{}) }),
	"history": program(func(c rueidis.Client) (group.Broker, error) {
		return redis.NewHistory(c, redis.HistoryOptions{History: 1000})
	}),
	"durable history": program(func(c rueidis.Client) (group.Broker, error) {
		return redis.NewHistory(c, redis.HistoryOptions{History: 1000, Durable: true})
	}),
}

// program returns a program that serves groups over a broker.
func program(open func(rueidis.Client) (group.Broker, error)) machinetest.Program {
	return machinetest.Server(func(address string) (group.Broker, error) {
		client, err := connectWith("tcp", address, func(o *rueidis.ClientOption) {
			o.Dialer.KeepAlive, o.ConnWriteTimeout = 300*time.Millisecond, 700*time.Millisecond
		})
		if err != nil {
			return nil, err
		}
		return open(client)
	})
}

func TestMachines(t *testing.T) {
	for _, test := range []struct {
		program string
		clients int
		args    []string // of redis-server
		gaps    bool     // are expected
	}{
		{"plain", 300, nil, true},
		{"history", 60, nil, true}, // a new epoch begins when redis-server is started again
		{"durable history", 300, []string{"--appendonly", "yes", "--appendfsync", "always"}, false},
	} {
		t.Run(test.program, func(t *testing.T) {
			count := testMachines(t, test.program, test.clients, startServer(t, append(test.args, "--port", freePort(t))...))
			if (count.Gaps > 0) != test.gaps || count.Missing > 0 && !test.gaps {
				t.Errorf("%+v, want gaps: %t", count, test.gaps)
			}
		})
	}
}

// testMachines runs three servers and many clients over one Redis while parts fail.
func testMachines(t *testing.T, program string, clients int, s *server) machinetest.Count {
	t.Helper()
	proxy := machinetest.StartProxy(t, s.address()) // the network of one server
	m := machinetest.Start(t, machinetest.Config{
		Program: program, Brokers: []string{s.address(), proxy.Addr, s.address()}, Clients: clients, Groups: 10,
	})
	m.Settle(t, "at first")

	s.kill()
	for server := range m.Servers() {
		m.AwaitFailure(t, server, "while Redis is gone")
	}
	s.start()
	m.Settle(t, "after Redis was started again")

	proxy.Cut()
	m.Settle(t, "after a connection was cut")

	s.do("CLIENT", "KILL", "TYPE", "pubsub")
	m.Settle(t, "after Redis has closed the connections of the subscriptions")

	proxy.Stall()
	m.AwaitFailure(t, 1, "during the pause of the network")
	proxy.Resume()
	m.Settle(t, "after the pause of the network")

	m.Kill(2)
	m.Settle(t, "after a server was killed")
	return m.Check(t)
}

// Messages reach the members of the same process while Redis is gone.
func TestMachinesLocalFallback(t *testing.T) {
	s := startServer(t, "--port", freePort(t))
	m := machinetest.Start(t, machinetest.Config{
		Program: "plain", Brokers: []string{s.address(), s.address()}, Clients: 20, Groups: 2, Fallback: true,
	})
	m.Settle(t, "at first")
	s.kill()
	for server := range m.Servers() {
		m.AwaitFailure(t, server, "while Redis is gone")
	}
	s.start()
	if count := m.Check(t); count.Local == 0 || count.Unavailable > 0 {
		t.Errorf("%+v, want local messages and none that nobody has received", count)
	}
}
