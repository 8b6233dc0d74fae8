package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// serve runs a NATS server with JetStream until the standard input ends. It prints the URL.
func serve() error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: dir,
	})
	if err != nil {
		return err
	}
	server.Start()
	if !server.ReadyForConnections(10 * time.Second) {
		return errors.New("the server does not start")
	}
	fmt.Println(server.ClientURL())
	_, err = io.Copy(io.Discard, os.Stdin)
	server.Shutdown()
	server.WaitForShutdown()
	return err
}
