package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

const (
	recent         = 50               // the messages that a client receives when it joins
	history        = 200              // the messages that are stored, for clients that come back
	maxPeople      = 200              // in a room of this server
	joinTimeout    = 10 * time.Second // for the first request
	publishTimeout = 5 * time.Second
)

// Codes of Close frames. The page knows them, too.
const (
	closeBadRequest ws.CloseCode = 4400
	closeRoomFull   ws.CloseCode = 4409
)

// A chat is one server of the chat.
type chat struct {
	messages *group.Groups // a group is a room
	notices  *group.Groups // a group is a room: who types in it
	presence *presence
}

// newChat begins to receive from the brokers.
func newChat(ctx context.Context, brokers *brokers) (*chat, error) {
	c := new(chat)
	c.messages = group.New(brokers.messages, group.Options{
		Slow:      group.CloseSlow, // the page connects again and resumes
		Format:    withPosition,
		MaxResume: history,
		Gap: func(room string, err error) {
			slog.Warn("messages may be missing", "room", room, "err", err)
			c.local(room, message{Type: "gap"})
		},
	})
	c.notices = group.New(brokers.notices, group.Options{Slow: group.DropNewest})
	var err error
	c.presence, err = newPresence(ctx, brokers.notices, c.here)
	return c, err
}

func (c *chat) close() {
	c.presence.close()
	_ = c.notices.Close()
	_ = c.messages.Close()
}

// withPosition adds to a message its position, with which the page resumes.
func withPosition(m group.Message) []byte {
	members, isObject := bytes.CutPrefix(m.Data, []byte("{"))
	if m.Position.IsZero() || !isObject {
		return m.Data
	}
	return append([]byte(`{"position":"`+m.Position.String()+`",`), members...)
}

// here sends to a room who is present in it, on all servers.
func (c *chat) here(room string, people []person) {
	c.local(room, message{Type: "here", People: people})
}

// local sends a message to those in a room who are connected to this server.
func (c *chat) local(room string, m message) {
	if err := c.messages.PublishLocal(room, ws.Text, encode(m)); err != nil {
		slog.Warn("not sent", "room", room, "err", err)
	}
}

func encode(m message) []byte {
	data, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and numbers can be encoded
	}
	return data
}

// A member is a session in a room.
type member struct {
	chat     *chat
	session  *ws.Session
	person   person
	room     string
	messages limiter
	typing   limiter
}

// serve serves one session, which is in one room.
func (c *chat) serve(session *ws.Session, stream *ws.MessageStream) {
	ctx := session.Context()
	requests := stream.Aggregate(maxRequest)
	m, refusal := c.join(ctx, session, requests)
	if m == nil {
		session.Close(refusal)
		return
	}
	defer c.presence.leave(m)
	for req, err := range wsjson.All[request](ctx, requests) {
		if err == nil {
			err = m.answer(ctx, &req)
		}
		if err != nil {
			session.Close(ws.CloseReason{Code: closeBadRequest, Description: err.Error()})
			return
		}
	}
}

// join receives the first request and makes the session a member of the room, or
// returns why it does not. It sends what the client has missed, or the last messages.
func (c *chat) join(ctx context.Context, session *ws.Session, requests *ws.AggregatedStream) (*member, ws.CloseReason) {
	req, err := receiveJoin(ctx, requests)
	if err != nil {
		return nil, ws.CloseReason{Code: closeBadRequest, Description: err.Error()}
	}
	if c.messages.Len(req.Room) >= maxPeople {
		return nil, ws.CloseReason{Code: closeRoomFull, Description: "the room is full"}
	}
	m := &member{chat: c, session: session, person: newPerson(req.Key, req.Name), room: req.Room}
	m.messages = limiter{burst: 5, interval: time.Second}
	m.typing = limiter{burst: 2, interval: time.Second}
	if err := c.catchUp(ctx, m, req.After); err != nil {
		slog.Warn("not joined", "peer", session.RemoteAddr(), "err", err)
		return nil, ws.CloseReason{Code: ws.CloseTryAgainLater, Description: "cannot join now"}
	}
	c.presence.enter(m)
	return m, ws.CloseReason{}
}

func receiveJoin(ctx context.Context, requests *ws.AggregatedStream) (*request, error) {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	req, err := wsjson.Recv[request](ctx, requests)
	if err != nil {
		return nil, errRequest
	}
	return &req, req.checkJoin()
}

// catchUp joins the groups of a room and sends what the client has missed since a
// position, or, if there is none or messages after it are lost, the last messages.
func (c *chat) catchUp(ctx context.Context, m *member, after string) error {
	if err := c.notices.Join(ctx, m.room, m.session); err != nil {
		return err
	}
	err := c.resume(ctx, m, after)
	var position group.Position
	if errors.Is(err, group.ErrCannotResume) {
		position, err = c.messages.JoinRecent(ctx, m.room, m.session, recent)
	}
	if err != nil {
		return err
	}
	return m.send(ctx, message{Type: "joined", Person: &m.person, Position: position.String()})
}

// resume sends what the client has missed. If messages are lost, it says so.
func (c *chat) resume(ctx context.Context, m *member, after string) error {
	if after == "" {
		return group.ErrCannotResume
	}
	var position group.Position
	_ = position.UnmarshalText([]byte(after)) // nobody can resume at the zero Position
	err := c.messages.Resume(ctx, m.room, m.session, position)
	if errors.Is(err, group.ErrCannotResume) {
		if err := m.send(ctx, message{Type: "gap"}); err != nil {
			return err
		}
	}
	return err
}

// answer does what a request asks for. An error is the client's fault.
func (m *member) answer(ctx context.Context, req *request) error {
	switch req.Type {
	case "say":
		now := time.Now()
		switch err := req.checkSay(); {
		case errors.Is(err, errText):
			m.refuse(ctx, req.ID, err.Error())
		case err != nil:
			return err
		case !m.messages.allow(now):
			m.refuse(ctx, req.ID, "too many messages at once")
		default:
			m.say(ctx, req, now)
		}
	case "typing":
		if m.typing.allow(time.Now()) {
			m.showTyping(ctx)
		}
	default:
		return errRequest
	}
	return nil
}

// say publishes a message to the room, and so to the sender, for whom it is the
// confirmation.
func (m *member) say(ctx context.Context, req *request, now time.Time) {
	publishing, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	said := message{Type: "said", ID: req.ID, Person: &m.person, Text: req.Text, At: now.UnixMilli()}
	if err := m.chat.messages.Publish(publishing, m.room, ws.Text, encode(said)); err != nil {
		slog.Warn("not published", "room", m.room, "err", err)
		m.refuse(ctx, req.ID, "the server cannot reach the others")
	}
}

// showTyping publishes to the others that somebody types. If that fails, nobody misses
// anything.
func (m *member) showTyping(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	notice := encode(message{Type: "typing", Person: &m.person})
	_ = m.chat.notices.PublishExcept(ctx, m.room, ws.Text, notice, m.session)
}

// refuse tells the client that something was not said. If the session has ended, its
// stream has the error.
func (m *member) refuse(ctx context.Context, id, reason string) {
	_ = m.send(ctx, message{Type: "refused", ID: id, Reason: reason})
}

func (m *member) send(ctx context.Context, msg message) error {
	return wsjson.Send(ctx, m.session, msg)
}
