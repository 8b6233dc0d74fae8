module github.com/handset-go/handset/examples/chat

go 1.25.0

require (
	github.com/handset-go/handset v0.0.0
	golang.org/x/sync v0.22.0
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
)

replace github.com/handset-go/handset => ../..
