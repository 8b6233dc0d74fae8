package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestMessagesReachAllServers(t *testing.T) {
	inBubble(t, func(s *site) {
		ann := s.join(0, "Ann", "general", "")
		ann.next("joined")
		ben := s.join(1, "Ben", "general", "")
		ben.next("joined")
		other := s.join(1, "Otto", "other", "")
		other.next("joined")
		ann.say("1", "  hello\x00 \n ")
		ben.say("2", "<b>hi</b>")
		for _, c := range []*client{ann, ben} {
			a, b := c.next("said"), c.next("said")
			if a.ID == "2" {
				a, b = b, a // they were sent at the same time
			}
			if a.ID != "1" || a.Text != "hello" || a.Person.Name != "Ann" || a.At != time.Now().UnixMilli() {
				t.Errorf("received %+v", a)
			}
			if b.ID != "2" || b.Text != "<b>hi</b>" || b.Person.Name != "Ben" || b.Person.ID == a.Person.ID {
				t.Errorf("received %+v", b)
			}
		}
		other.expectHere("Otto") // and nothing that was said elsewhere
	})
}

func TestJoiningReceivesLastMessages(t *testing.T) {
	inBubble(t, func(s *site) {
		ann := s.join(0, "Ann", "general", "")
		ann.next("joined")
		for i := range recent + 10 {
			ann.say(fmt.Sprint(i), fmt.Sprint("message ", i))
			ann.next("said")
			time.Sleep(time.Second) // as fast as allowed
		}
		ben := s.join(1, "Ben", "general", "")
		for i := range recent {
			ben.expectSaid(fmt.Sprint("message ", i+10))
		}
		ben.next("joined")
	})
}

func TestResume(t *testing.T) {
	inBubble(t, func(s *site) {
		ann := s.join(0, "Ann", "general", "")
		ann.next("joined")
		ben := s.join(0, "Ben", "general", "")
		ben.next("joined")
		ann.say("1", "one")
		ben.expectSaid("one")
		ann.say("2", "two")
		ben.expectSaid("two")
		ben.session.Close(ws.CloseReason{})
		ann.say("3", "three")
		ann.say("4", "four")
		ann.expectSaid("one", "two", "three", "four")

		again := s.join(1, "Ben", "general", ben.after)
		again.expectSaid("three", "four")
		again.next("joined")
		ann.say("5", "five")
		again.expectSaid("five")
	})
}

func TestResumeInEmptyRoom(t *testing.T) {
	inBubble(t, func(s *site) {
		ben := s.join(0, "Ben", "general", "")
		ben.next("joined")
		ben.session.Close(ws.CloseReason{})
		ann := s.join(0, "Ann", "general", "")
		ann.next("joined")
		ann.say("1", "one")
		ann.expectSaid("one")
		again := s.join(1, "Ben", "general", ben.after)
		again.expectSaid("one")
		again.next("joined")
	})
}

func TestResumeImpossible(t *testing.T) {
	for name, after := range map[string]string{
		"after a restart":       "anotherepoch:1",
		"with a false position": "nonsense",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(s *site) {
				ann := s.join(0, "Ann", "general", "")
				ann.next("joined")
				ann.say("1", "one")
				ann.expectSaid("one")
				ben := s.join(0, "Ben", "general", after)
				ben.next("gap")
				ben.expectSaid("one")
				ben.next("joined")
			})
		})
	}
}

func TestTyping(t *testing.T) {
	inBubble(t, func(s *site) {
		ann, ben, col := s.join(0, "Ann", "general", ""), s.join(1, "Ben", "general", ""), s.join(1, "Col", "other", "")
		for _, c := range []*client{ann, ben, col} {
			c.next("joined")
		}
		ann.send(request{Type: "typing"})
		if m := ben.next("typing"); m.Person.Name != "Ann" {
			t.Errorf("received %+v", m)
		}
		for _, c := range []*client{ann, col} { // not the sender, and not another room
			for range 3 {
				c.next("here")
			}
		}
		again := s.join(0, "Dan", "general", "")
		again.next("joined") // without a notice of the past
	})
}

func TestTooManyMessages(t *testing.T) {
	inBubble(t, func(s *site) {
		ann := s.join(0, "Ann", "general", "")
		ann.next("joined")
		for i := range 7 {
			ann.say(fmt.Sprint(i), "x")
		}
		for i := range 5 {
			if m := ann.next("said"); m.ID != fmt.Sprint(i) {
				t.Errorf("received %+v", m)
			}
		}
		for i := range 2 {
			if m := ann.next("refused"); m.ID != fmt.Sprint(i+5) || m.Reason != "too many messages at once" {
				t.Errorf("received %+v", m)
			}
		}
		time.Sleep(time.Second)
		ann.say("7", "y")
		ann.expectSaid("y")
	})
}

func TestJoinRefused(t *testing.T) {
	valid := request{Type: "join", Room: "general", Name: "Ann", Key: key("Ann")}
	for _, test := range []struct {
		name   string
		change func(*request)
		reason string
	}{
		{"another type", func(r *request) { r.Type = "say" }, errRequest.Error()},
		{"no room", func(r *request) { r.Room = "" }, errRoom.Error()},
		{"a room with a dot", func(r *request) { r.Room = "a.b" }, errRoom.Error()},
		{"a long room", func(r *request) { r.Room = strings.Repeat("r", 31) }, errRoom.Error()},
		{"no name", func(r *request) { r.Name = "" }, errName.Error()},
		{"an invisible name", func(r *request) { r.Name = "\u200b \u202e\n" }, errName.Error()},
		{"a long name", func(r *request) { r.Name = strings.Repeat("名", 31) }, errName.Error()},
		{"no key", func(r *request) { r.Key = "" }, errRequest.Error()},
		{"a long key", func(r *request) { r.Key = strings.Repeat("k", 65) }, errRequest.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(s *site) {
				req := valid
				test.change(&req)
				s.dial(0, req).expectClose(closeBadRequest, test.reason)
			})
		})
	}
}

func TestRequestsRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		req    request
		reason string // of a Close frame
		answer string // of a message
	}{
		{"another type", request{Type: "sing"}, errRequest.Error(), ""},
		{"a second join", request{Type: "join"}, errRequest.Error(), ""},
		{"no ID", request{Type: "say", Text: "x"}, errRequest.Error(), ""},
		{"a bad ID", request{Type: "say", Text: "x", ID: `"`}, errRequest.Error(), ""},
		{"no text", request{Type: "say", ID: "1", Text: " \x07"}, "", errText.Error()},
		{"a long text", request{Type: "say", ID: "1", Text: strings.Repeat("é", 2001)}, "", errText.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(s *site) {
				c := s.join(0, "Ann", "general", "")
				c.next("joined")
				c.send(test.req)
				if test.answer == "" {
					c.expectClose(closeBadRequest, test.reason)
				} else if m := c.next("refused"); m.ID != test.req.ID || m.Reason != test.answer {
					t.Errorf("received %+v", m)
				}
			})
		})
	}
}

func TestLongestMessageFits(t *testing.T) {
	inBubble(t, func(s *site) {
		c := s.dial(0, request{Type: "join", Room: strings.Repeat("r", 30), Name: strings.Repeat("名", maxName), Key: key("Ann")})
		c.next("joined")
		text := strings.Repeat("👋", maxText)
		c.say("1", text)
		c.expectSaid(text)
	})
}

func TestSilentClientIsClosed(t *testing.T) {
	inBubble(t, func(s *site) {
		s.dial(0, request{}).expectClose(closeBadRequest, errRequest.Error())
	})
}

func TestRoomIsFull(t *testing.T) {
	inBubble(t, func(s *site) {
		for i := range maxPeople {
			s.join(0, fmt.Sprint("Guest ", i), "general", "").next("joined")
		}
		s.join(0, "Ann", "general", "").expectClose(closeRoomFull, "the room is full")
		s.join(0, "Ann", "other", "").next("joined")
	})
}
