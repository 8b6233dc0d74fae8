package before

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
)

// Ask sends a question and returns the answer.
func Ask(ctx context.Context, client *http.Client, url, question string) (string, error) {
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		return "", err
	}
	defer c.Close(websocket.StatusNormalClosure, "")
	if err := c.Write(ctx, websocket.MessageText, []byte(question)); err != nil {
		return "", err
	}
	_, answer, err := c.Read(ctx)
	return string(answer), err
}
