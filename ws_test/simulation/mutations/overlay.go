package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// writeOverlay writes the file of a mutation, and the file for the flag -overlay of the
// go command that puts it in the place of the library's. It returns the latter's name.
func (m *mutation) writeOverlay(root, dir string) (name string, err error) {
	mutated, err := m.read(root)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "mutated.go")
	if err := os.WriteFile(file, []byte(mutated), 0o600); err != nil {
		return "", err
	}
	original := filepath.Join(root, filepath.FromSlash(m.file))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{original: file}})
	if err != nil {
		return "", err
	}
	name = filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, overlay, 0o600)
}

// moduleRoot returns the directory of the module that the working directory is in.
func moduleRoot() (string, error) {
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	return strings.TrimSpace(string(output)), err
}
