package ws_test

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
)

func TestInteropPythonMixedMessages(t *testing.T) {
	foreignEcho(t, python(t), filepath.Join("testdata", "python", "echo.py"))
}

// A client whose own window is of 8 bits is not made: zlib cannot compress for
// one, and websockets refuses to ask for it.
func TestInteropPythonCompression(t *testing.T) {
	foreignMatrix(t, python(t), filepath.Join("testdata", "python", "matrix.py"),
		agreements([]int{15, 9, 8}, []int{15, 9}))
}

func TestInteropPythonSmallestWindows(t *testing.T) {
	foreignServerChooses(t, python(t), filepath.Join("testdata", "python", "matrix.py"))
}

// python is the interpreter that has websockets.
func python(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		return tooltest.Installed(t, filepath.Join("testdata", "python", ".venv", "Scripts", "python.exe"))
	}
	return tooltest.Installed(t, filepath.Join("testdata", "python", ".venv", "bin", "python"))
}
