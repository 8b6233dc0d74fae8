package ws_test

import (
	"path/filepath"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
)

func TestInteropNodeMixedMessages(t *testing.T) {
	node := tooltest.Program(t, "node")
	tooltest.Installed(t, filepath.Join("testdata", "node", "node_modules", "ws"))
	foreignEcho(t, node, filepath.Join("testdata", "node", "echo.mjs"))
}

func TestInteropNodeCompression(t *testing.T) {
	node := tooltest.Program(t, "node")
	tooltest.Installed(t, filepath.Join("testdata", "node", "node_modules", "ws"))
	bits := []int{15, 9, 8}
	foreignMatrix(t, node, filepath.Join("testdata", "node", "matrix.mjs"), agreements(bits, bits))
}

func TestInteropNodeSmallestWindows(t *testing.T) {
	node := tooltest.Program(t, "node")
	tooltest.Installed(t, filepath.Join("testdata", "node", "node_modules", "ws"))
	foreignServerChooses(t, node, filepath.Join("testdata", "node", "matrix.mjs"))
}
