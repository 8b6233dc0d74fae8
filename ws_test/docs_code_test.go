package ws_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
)

func TestDocsReadmeProgramCompiles(t *testing.T) {
	for _, readme := range readmes {
		i := slices.IndexFunc(goBlocks(t, readme), isProgram)
		if i < 0 {
			t.Fatalf("%s has no go block with package main", readme)
		}
		module := newOutsideModule(t)
		module.add(t, "program", goBlocks(t, readme)[i])
		module.build(t)
	}
}

func TestDocsGoBlocksCompile(t *testing.T) {
	module := newOutsideModule(t)
	for _, readme := range readmes {
		for i, block := range goBlocks(t, readme) {
			module.add(t, fmt.Sprintf("%s_block%d", strings.NewReplacer(".", "_", "-", "_").Replace(readme), i+1), block)
		}
	}
	for _, dir := range documented {
		for i, block := range docBlocks(t, dir) {
			module.add(t, fmt.Sprintf("doc_%s_block%d", filepath.Base(dir), i+1), block)
		}
	}
	module.build(t)
}

func TestDocsCheckSeesBrokenBlock(t *testing.T) {
	module := newOutsideModule(t)
	module.add(t, "good", "session.Text(ctx, \"hello\")\n")
	module.build(t)
	module.add(t, "bad", "session.Shout(ctx, \"hello\")\n")
	if output, err := module.run(t); err == nil || !strings.Contains(output, "Shout") {
		t.Errorf("go build printed %q, error %v", output, err)
	}
}

func TestDocsReadmesHaveSameCode(t *testing.T) {
	first := goBlocks(t, readmes[0])
	for _, readme := range readmes[1:] {
		if !slices.Equal(goBlocks(t, readme), first) {
			t.Errorf("the go blocks of %s are not those of %s", readme, readmes[0])
		}
	}
}

func TestDocsReadmeCommandsAreRunByCI(t *testing.T) {
	steps := strings.Split(read(t, ".ci/run"), "\n")
	for _, readme := range readmes {
		text := read(t, readme)
		for _, command := range []string{"go test ./...", "make test"} {
			if !strings.Contains(text, "\n"+command+"\n") && !strings.Contains(text, "`"+command+"`") {
				t.Errorf("%s has no %q", readme, command)
			}
			if !slices.ContainsFunc(steps, func(step string) bool {
				return step == "step "+command || strings.HasPrefix(step, "step "+command+" #")
			}) {
				t.Errorf(".ci/run has no step %q", command)
			}
		}
		if _, after, _ := strings.Cut(text, "```sh\n"); !strings.HasPrefix(after, "git clone https://"+strings.TrimSuffix(module, "/")+" && cd handset\n") {
			t.Errorf("the first command of %s is not the clone", readme)
		}
	}
}

func TestDocsContributorsTestCommand(t *testing.T) {
	_, recipe, _ := strings.Cut(read(t, "Makefile"), "\ntest:\n\t")
	command, _, _ := strings.Cut(strings.Replace(recipe, "$(GO)", "go", 1), "\n")
	if !strings.HasPrefix(command, "go test -race ") {
		t.Fatalf("make test runs %q", command)
	}
	if !strings.Contains(read(t, "CONTRIBUTING.md"), "\n"+command+" ") {
		t.Errorf("CONTRIBUTING.md has no line %q", command)
	}
}

// outsideModule is a module that has nothing but the library.
type outsideModule struct{ dir string }

func newOutsideModule(t *testing.T) outsideModule {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	m := outsideModule{t.TempDir()}
	m.write(t, "go.mod", "module example.com/outside\n\ngo 1.25.0\n\n"+
		"require github.com/handset-go/handset v0.0.0\n\n"+
		"replace github.com/handset-go/handset => "+filepath.ToSlash(root)+"\n")
	m.write(t, "go.sum", read(t, "go.sum"))
	return m
}

func (m outsideModule) write(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// add makes a package of a block of code.
func (m outsideModule) add(t *testing.T, dir, block string) {
	t.Helper()
	file, err := completed(block)
	if err != nil {
		t.Errorf("%s: %v in\n%s", dir, err, block)
		return
	}
	m.write(t, filepath.Join(dir, "block.go"), file)
}

func (m outsideModule) build(t *testing.T) {
	t.Helper()
	if output, err := m.run(t); err != nil {
		t.Errorf("go build: %v\n%s", err, output)
	}
}

// run builds what was added, from what is on this machine.
func (m outsideModule) run(t *testing.T) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), tooltest.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-mod=mod", "-o", os.DevNull, "./...")
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off")
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err = cmd.Run()
	return both.String(), err
}
