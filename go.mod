module github.com/handset-go/handset

go 1.25.0

require (
	github.com/coder/websocket v1.8.15
	github.com/klauspost/compress v1.20.3
	golang.org/x/sync v0.22.0
)
