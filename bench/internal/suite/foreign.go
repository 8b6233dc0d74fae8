package suite

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// cargoFolder is the Rust workspace, below root.
const cargoFolder = "rust"

// cargoProgram is a package of the Rust workspace.
type cargoProgram struct {
	name    string
	library string // crate whose version is reported
}

func (c cargoProgram) Build(root string) (Program, error) {
	dir := filepath.Join(root, cargoFolder)
	if err := run(dir, "cargo", "build", "--release", "--locked", "--package", c.name); err != nil {
		return Program{}, err
	}
	lock, err := os.ReadFile(filepath.Join(dir, "Cargo.lock"))
	if err != nil {
		return Program{}, err
	}
	return Program{
		Args:    []string{filepath.Join(dir, "target", "release", c.name)},
		Version: crateVersion(string(lock), c.library) + ", " + output("rustc", "--version"),
	}, nil
}

// crateVersion finds a crate in a Cargo.lock.
func crateVersion(lock, crate string) string {
	entry := regexp.MustCompile(`name = "` + regexp.QuoteMeta(crate) + `"\nversion = "([^"]+)"`)
	if found := entry.FindStringSubmatch(lock); found != nil {
		return found[1]
	}
	return "unknown"
}

// nodeProgram is a Node.js package below this module.
type nodeProgram struct {
	dir     string
	library string // package whose version is reported
}

func (n nodeProgram) Build(root string) (Program, error) {
	dir := filepath.Join(root, n.dir)
	if _, err := exec.LookPath("node"); err != nil {
		return Program{}, fmt.Errorf("%w: no node on this machine", ErrSkipped)
	}
	if err := run(dir, "npm", "ci"); err != nil {
		return Program{}, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", n.library, "package.json"))
	if err != nil {
		return Program{}, err
	}
	var pack struct{ Version string }
	if err := json.Unmarshal(text, &pack); err != nil {
		return Program{}, err
	}
	return Program{
		Args:    []string{"node", "--expose-gc", filepath.Join(dir, "server.mjs")},
		Version: pack.Version + ", node " + output("node", "--version"),
	}, nil
}

// output is what a command says in one line.
func output(name string, args ...string) string {
	said, err := exec.Command(name, args...).Output()
	if err != nil {
		return name + " " + err.Error()
	}
	return strings.TrimSpace(string(said))
}
