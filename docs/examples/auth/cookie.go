// Package auth has the programs of the guide to authentication.
package auth

import (
	"context"
	"log"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// Users finds the user of a cookie, a token or a ticket.
type Users interface {
	User(credential string) (name string, ok bool)
}

// Cookie serves users who have logged in to the web site.
func Cookie(users Users) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("login")
		if err != nil {
			http.Error(w, "log in first", http.StatusUnauthorized)
			return
		}
		user, ok := users.User(cookie.Value)
		if !ok {
			http.Error(w, "log in again", http.StatusUnauthorized)
			return
		}
		session, stream, err := ws.Handle(w, r)
		if err != nil {
			log.Print(err) // for example a page of another site
			return
		}
		go serve(session, stream.Aggregate(1<<20), user)
	}
}

// serve greets the user, and reads until the session ends.
func serve(session *ws.Session, stream *ws.AggregatedStream, user string) {
	defer session.Close(ws.CloseReason{})
	if err := session.Text(session.Context(), "welcome, "+user); err != nil {
		return
	}
	for _, err := range stream.All(context.Background()) {
		if err != nil {
			return
		}
	}
}
