module github.com/handset-go/handset/docs/examples

go 1.25.0

require (
	github.com/coder/websocket v1.8.15
	github.com/gorilla/websocket v1.5.3
	github.com/handset-go/handset v0.0.0
	github.com/olahol/melody v1.4.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	golang.org/x/sync v0.22.0 // indirect
)

replace github.com/handset-go/handset => ../..
