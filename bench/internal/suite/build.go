package suite

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Program is a server that is ready to be started.
type Program struct {
	Args    []string
	Version string
}

// ErrSkipped is a server that cannot be had on this machine.
var ErrSkipped = errors.New("skipped")

// Builder makes a program from the sources below root, the folder of this
// module. Its errors are ErrSkipped when a toolchain is missing.
type Builder interface {
	Build(root string) (Program, error)
}

// binFolder is where programs are built, below root.
const binFolder = "bin"

// goProgram is a main package of this module.
type goProgram struct {
	dir     string
	library string // module whose version is reported
	apart   bool   // a module of its own, because its library cannot always be had
}

func (g goProgram) Build(root string) (Program, error) {
	binary, err := filepath.Abs(filepath.Join(root, binFolder, g.dir))
	if err != nil {
		return Program{}, err
	}
	dir, pack := root, "./"+g.dir
	if g.apart {
		dir, pack = filepath.Join(root, g.dir), "."
	}
	if err := run(dir, "go", "build", "-o", binary, pack); err != nil {
		if g.apart {
			err = fmt.Errorf("%w: its module cannot be had: %v", ErrSkipped, err)
		}
		return Program{}, err
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return Program{}, err
	}
	return Program{Args: []string{binary}, Version: libraryVersion(info, g.library)}, nil
}

func libraryVersion(info *buildinfo.BuildInfo, library string) string {
	for _, module := range info.Deps {
		if module.Path != library {
			continue
		}
		if module.Replace != nil {
			return "this tree, " + info.GoVersion
		}
		return module.Version + ", " + info.GoVersion
	}
	return info.GoVersion
}

// binary is a program that has been built already.
type binary struct{ path string }

func (b binary) Build(string) (Program, error) {
	_, err := os.Stat(b.path)
	return Program{Args: []string{b.path}, Version: "as given"}, err
}

// run runs a build command in dir. A command that is not there skips the
// server; one that fails shows what it said.
func run(dir, name string, args ...string) error {
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Errorf("%w: no %s on this machine", ErrSkipped, name)
	}
	command := exec.Command(name, args...)
	command.Dir = dir
	if output, err := command.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s %s:\n%s", name, strings.Join(args, " "), output)
		return fmt.Errorf("%s %s: %w", name, args[0], err)
	}
	return nil
}
