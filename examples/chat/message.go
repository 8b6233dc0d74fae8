package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxName    = 30   // characters
	maxText    = 2000 // characters
	maxRequest = 16 << 10
)

// A request is what a client sends: first one of type "join", and then any number of
// "say" and "typing".
type request struct {
	Type string `json:"type"`

	// To join.
	Room  string `json:"room"`
	Name  string `json:"name"`
	Key   string `json:"key"`   // secret, by which the same person is known again
	After string `json:"after"` // the position of the last message that the client has, if any

	// To say something.
	ID   string `json:"id"` // chosen by the client, so that it knows its message again
	Text string `json:"text"`
}

// A message is what clients receive. Its type is "said", "typing", "here", "joined",
// "refused", or, for messages that may be missing, "gap".
type message struct {
	Type   string   `json:"type"`
	ID     string   `json:"id,omitempty"` // that of the request
	Person *person  `json:"person,omitempty"`
	Text   string   `json:"text,omitempty"`
	At     int64    `json:"at,omitempty"` // milliseconds since 1970
	People []person `json:"people,omitempty"`
	Reason string   `json:"reason,omitempty"`

	Position string `json:"position,omitempty"` // to join again after it
}

// A person is somebody in a room. Two persons may have the same name, but nobody can
// have the ID of another.
type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// newPerson returns a person whose ID is a hash of the key, which others do not know.
func newPerson(key, name string) person {
	sum := sha256.Sum256([]byte(key))
	return person{hex.EncodeToString(sum[:8]), name}
}

var (
	validRoom = regexp.MustCompile(`^[a-z0-9-]{1,30}$`).MatchString
	validKey  = regexp.MustCompile(`^[A-Za-z0-9-]{16,64}$`).MatchString
	validID   = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`).MatchString
)

var (
	errRequest = errors.New("malformed request")
	errRoom    = errors.New("the name of a room has up to 30 letters from a to z, digits and hyphens")
	errName    = errors.New("the name must have 1 to 30 characters")
	errText    = errors.New("the message must have 1 to 2,000 characters")
)

// checkJoin checks a request to join, and removes from the name what has no glyph.
func (r *request) checkJoin() error {
	r.Name = strings.Join(strings.Fields(keep(r.Name, unicode.IsGraphic)), " ")
	switch n := utf8.RuneCountInString(r.Name); {
	case r.Type != "join" || !validKey(r.Key):
		return errRequest
	case !validRoom(r.Room):
		return errRoom
	case n < 1 || n > maxName:
		return errName
	}
	return nil
}

// checkSay checks a request to say something, and removes control characters.
func (r *request) checkSay() error {
	r.Text = strings.TrimSpace(keep(r.Text, func(c rune) bool { return c == '\n' || !unicode.IsControl(c) }))
	switch n := utf8.RuneCountInString(r.Text); {
	case !validID(r.ID):
		return errRequest
	case n < 1 || n > maxText:
		return errText
	}
	return nil
}

// keep returns the characters of a text for which a function returns true.
func keep(text string, ok func(rune) bool) string {
	return strings.Map(func(c rune) rune {
		if ok(c) {
			return c
		}
		return -1
	}, text)
}

// A limiter limits how often a client may do something: burst times at once, and once
// each interval.
type limiter struct {
	burst    int
	interval time.Duration
	until    time.Time // when the burst is available again
}

// allow reports whether the client may do it now.
func (l *limiter) allow(now time.Time) bool {
	if l.until.Before(now) {
		l.until = now
	}
	next := l.until.Add(l.interval)
	if next.Sub(now) > time.Duration(l.burst)*l.interval {
		return false
	}
	l.until = next
	return true
}
