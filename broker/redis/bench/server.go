package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/redis/rueidis"
)

// startServer starts a redis-server that stores nothing on disk.
func startServer() (address string, stop func(), err error) {
	address, err = freeAddress()
	if err != nil {
		return "", nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no")
	if err := cmd.Start(); err != nil {
		_ = os.RemoveAll(dir)
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	for range 1000 {
		if client, err := connect(address); err == nil {
			client.Close()
			return address, stop, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("redis-server does not answer")
}

// freeAddress returns an address that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// connect returns a client of the server.
func connect(address string) (rueidis.Client, error) {
	return rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{address}, ForceSingleClient: true, DisableCache: true})
}
