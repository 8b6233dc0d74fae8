package auth

import "github.com/handset-go/handset/ws"

// pages accepts the pages of the site itself, of one other site and of an app.
var pages = ws.Upgrader{OriginPatterns: []string{
	"https://app.example.com",
	"capacitor://localhost",
}}
