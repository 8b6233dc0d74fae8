// Package machines has the program of the guide to several machines.
package machines

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// Chat serves one chat for each path. All processes that have the same broker serve
// the same chats.
type Chat struct {
	groups *group.Groups
}

func NewChat(broker group.History) *Chat {
	c := new(Chat)
	c.groups = group.New(broker, group.Options{Format: withPosition, Gap: c.reload})
	return c
}

// withPosition is what the members receive.
func withPosition(msg group.Message) []byte {
	if msg.Position.IsZero() {
		return msg.Data // of PublishLocal
	}
	text, err := json.Marshal(map[string]string{"text": string(msg.Data), "at": msg.Position.String()})
	if err != nil {
		log.Print(err)
	}
	return text
}

// reload is called when messages may be missing. The pages load the chat again.
func (c *Chat) reload(name string, err error) {
	log.Printf("gap in %s: %v", name, err)
	if err := c.groups.PublishLocal(name, ws.Text, []byte(`{"reload":true}`)); err != nil {
		log.Print(err)
	}
}

// join begins with what a client has missed, or with the last 50 messages.
func (c *Chat) join(session *ws.Session, name, after string) error {
	var at group.Position
	if err := at.UnmarshalText([]byte(after)); err == nil {
		err := c.groups.Resume(session.Context(), name, session, at)
		if !errors.Is(err, group.ErrCannotResume) {
			return err
		}
	}
	_, err := c.groups.JoinRecent(session.Context(), name, session, 50)
	return err
}

// ServeHTTP serves a client. When it connects again, it passes the position of
// the last message that it has received: /chat/7?after=…
func (c *Chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	session, stream, err := ws.Handle(w, r)
	if err != nil {
		return
	}
	name, after := r.URL.Path, r.FormValue("after")
	go func() {
		defer session.Close(ws.CloseReason{})
		if err := c.join(session, name, after); err != nil {
			log.Print(err)
			return
		}
		for msg, err := range stream.Aggregate(4 << 10).All(context.Background()) {
			if err != nil || msg.Kind != ws.Text {
				continue
			}
			if err := c.groups.Publish(session.Context(), name, ws.Text, msg.Data); err != nil {
				_ = session.Text(session.Context(), "not sent: "+err.Error())
			}
		}
	}()
}
