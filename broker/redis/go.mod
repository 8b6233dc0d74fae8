module github.com/handset-go/handset/broker/redis

go 1.25.0

require (
	github.com/alicebob/miniredis/v2 v2.40.0
	github.com/handset-go/handset v0.0.0
	github.com/redis/rueidis v1.0.79
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
)

replace github.com/handset-go/handset => ../..
