package after

import (
	"context"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// Ask sends a question and returns the answer.
func Ask(ctx context.Context, client *http.Client, url, question string) (string, error) {
	session, stream, err := (&ws.Dialer{HTTPClient: client}).Dial(ctx, url)
	if err != nil {
		return "", err
	}
	defer session.Close(ws.CloseReason{Code: ws.CloseNormal})
	if err := session.Text(ctx, question); err != nil {
		return "", err
	}
	msg, err := stream.Aggregate(32 << 10).Recv(ctx)
	return string(msg.Data), err
}
