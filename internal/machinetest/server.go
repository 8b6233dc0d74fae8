package machinetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// publishTimeout limits how long a server waits for its broker.
const publishTimeout = 3 * time.Second

// A serverInput is the input of a Server.
type serverInput struct {
	Broker   string // the address of the broker
	Fallback bool   // Options.LocalFallback
}

// A server is the part of a Server that answers requests.
type server struct{ groups *group.Groups }

// Server returns the Program of a server whose sessions are members of groups over a
// broker. It listens on the address that it passes to ready. open opens the broker at
// an address.
func Server(open func(address string) (group.Broker, error)) Program {
	return func(text string, ready func(string)) error {
		var input serverInput
		if err := json.Unmarshal([]byte(text), &input); err != nil {
			return err
		}
		broker, err := open(input.Broker)
		if err != nil {
			return err
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		var s server
		s.groups = group.New(broker, group.Options{LocalFallback: input.Fallback, Gap: func(name string, err error) {
			_ = s.groups.PublishLocal(name, ws.Text, []byte("gap "+err.Error()))
		}})
		ready(listener.Addr().String())
		return http.Serve(listener, &s)
	}
}

// ServeHTTP makes the session a member of the group in the path, and publishes what it
// receives.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	session, stream, err := ws.Handle(w, r)
	if err != nil {
		return
	}
	ctx := context.Background()
	name := strings.TrimPrefix(r.URL.Path, "/")
	if err := s.groups.Join(ctx, name, session); err != nil {
		_ = session.Close(ws.CloseReason{Code: ws.CloseInternalError, Description: err.Error()})
		return
	}
	_ = session.Text(ctx, "joined")
	go func() {
		defer session.Close(ws.CloseReason{})
		for message, err := range stream.Aggregate(0).All(ctx) {
			if err != nil {
				return
			}
			if message.Kind == ws.Text {
				_ = session.Text(ctx, s.publish(name, message.Data))
			}
		}
	}()
}

// publish publishes a message and returns what the publisher is sent.
func (s *server) publish(name string, data []byte) string {
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	err := s.groups.Publish(ctx, name, ws.Text, data)
	switch {
	case err == nil:
		return "accepted"
	case errors.Is(err, group.ErrLocalOnly):
		return "local"
	case errors.Is(err, group.ErrUnavailable):
		return "unavailable"
	}
	return fmt.Sprintf("uncertain %v", err)
}
