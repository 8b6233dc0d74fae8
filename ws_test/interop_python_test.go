package ws_test

import (
	"path/filepath"
	"runtime"
	"testing"
)

func TestPythonsWebsocketsHasAThousandMixedMessagesEchoed(t *testing.T) {
	python := filepath.Join("testdata", "python", ".venv", "bin", "python")
	if runtime.GOOS == "windows" {
		python = filepath.Join("testdata", "python", ".venv", "Scripts", "python.exe")
	}
	foreignTalk(t, installed(t, python), filepath.Join("testdata", "python", "echo.py"))
}
