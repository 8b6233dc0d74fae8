package main

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
	"github.com/handset-go/handset/wstest"
)

// A site is two servers of one chat, in a bubble of testing/synctest.
type site struct {
	*testing.T
	brokers *brokers
	chats   [2]*chat
	servers [2]*wstest.Server
}

func inBubble(t *testing.T, test func(*site)) {
	synctest.Test(t, func(t *testing.T) {
		brokers, err := openBrokers(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		s := &site{T: t, brokers: brokers}
		for i := range s.chats {
			c, err := newChat(t.Context(), brokers)
			if err != nil {
				t.Fatal(err)
			}
			s.chats[i] = c
			s.servers[i] = wstest.NewServer(t, newUpgrader().Handler(c.serve))
			defer c.close()
		}
		test(s)
	})
}

// client is somebody who is connected to a server.
type client struct {
	*testing.T
	session *ws.Session
	stream  *ws.AggregatedStream
	after   string // the position of the newest message
}

// key returns a valid key for a person.
func key(name string) string { return fmt.Sprintf("key-of-%x-0123456789", name) }

// dial connects a client to a server, and sends a request if there is one.
func (s *site) dial(server int, req request) *client {
	s.Helper()
	session, stream, err := s.servers[server].Dial(s.Context(), "/", nil)
	if err != nil {
		s.Fatal(err)
	}
	c := &client{T: s.T, session: session, stream: stream.Aggregate(0)}
	if req.Type != "" {
		c.send(req)
	}
	return c
}

// joining is the request of somebody to join a room.
func joining(name, room, after string) request {
	return request{Type: "join", Room: room, Name: name, Key: key(name), After: after}
}

// join connects somebody to a room, after the position that a client was at, if any.
func (s *site) join(server int, name, room, after string) *client {
	s.Helper()
	return s.dial(server, joining(name, room, after))
}

func (c *client) send(req request) {
	c.Helper()
	if err := wsjson.Send(c.Context(), c.session, req); err != nil {
		c.Fatal(err)
	}
}

func (c *client) say(id, text string) {
	c.Helper()
	c.send(request{Type: "say", ID: id, Text: text})
}

// next receives the next message of a type, before which there may only be some that say
// who is here or that the client has joined.
func (c *client) next(kind string) message {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	for {
		m, err := wsjson.Recv[message](ctx, c.stream)
		if err != nil {
			c.Fatalf("waiting for %q: %v", kind, err)
		}
		if m.Position != "" {
			c.after = m.Position
		}
		if m.Type == kind {
			return m
		}
		if m.Type != "here" && m.Type != "joined" {
			text, _ := json.Marshal(m)
			c.Fatalf("received %s, want %q", text, kind)
		}
	}
}

// expectSaid receives messages with these texts.
func (c *client) expectSaid(texts ...string) {
	c.Helper()
	for _, text := range texts {
		if m := c.next("said"); m.Text != text {
			c.Fatalf("received %q, want %q", m.Text, text)
		}
	}
}

// expectHere receives until the people who are present have these names.
func (c *client) expectHere(names ...string) {
	c.Helper()
	var got []string
	for range 10 {
		got = nil
		for _, p := range c.next("here").People {
			got = append(got, p.Name)
		}
		if fmt.Sprint(got) == fmt.Sprint(names) {
			return
		}
	}
	c.Fatalf("present are %q, want %q", got, names)
}

// expectClose receives until the Close message, which must have the code.
func (c *client) expectClose(code ws.CloseCode, description string) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	for msg, err := range c.stream.All(ctx) {
		if err != nil {
			c.Fatal(err)
		}
		if want := (ws.CloseReason{Code: code, Description: description}); msg.Kind == ws.Close && msg.Reason != want {
			c.Errorf("closed with %v %q, want %v", msg.Reason.Code, msg.Reason.Description, want)
		}
	}
}
