package before

import (
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Chat sends each message to all clients.
type Chat struct {
	mu      sync.Mutex
	clients map[*client]bool
}

// client has a queue, because only one goroutine at a time may write to c.
type client struct {
	c     *websocket.Conn
	queue chan []byte
}

func (chat *Chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	cl := &client{c, make(chan []byte, 256)}
	chat.mu.Lock()
	if chat.clients == nil {
		chat.clients = make(map[*client]bool)
	}
	chat.clients[cl] = true
	chat.mu.Unlock()
	go cl.write()
	defer chat.remove(cl)
	c.SetReadLimit(1 << 20)
	for {
		_, data, err := c.ReadMessage()
		if err != nil {
			return
		}
		chat.send(data)
	}
}

// send queues a message for all clients. A client whose queue is full is removed.
func (chat *Chat) send(data []byte) {
	chat.mu.Lock()
	defer chat.mu.Unlock()
	for cl := range chat.clients {
		select {
		case cl.queue <- data:
		default:
			delete(chat.clients, cl)
			close(cl.queue)
		}
	}
}

func (chat *Chat) remove(cl *client) {
	chat.mu.Lock()
	defer chat.mu.Unlock()
	if chat.clients[cl] {
		delete(chat.clients, cl)
		close(cl.queue)
	}
}

func (cl *client) write() {
	defer cl.c.Close()
	for data := range cl.queue {
		_ = cl.c.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if err := cl.c.WriteMessage(websocket.TextMessage, data); err != nil {
			return
		}
	}
}
