// Package group sends messages to groups of WebSocket sessions, on one machine or
// several.
package group
