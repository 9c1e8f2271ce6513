package main

import (
	"runtime"
	"runtime/debug"
)

var versionCommand = &command{
	name: "version", line: "the version of this program",
	help: "  governed version",
	run: func(t *terminal, args []string) int {
		if len(args) > 0 {
			return t.fail("takes no arguments")
		}
		t.printf("%s\n", version())
		return ok
	},
}

// version is what the Go toolchain noted when it built the program.
func version() string {
	out := "governed (unknown)"
	if info, known := debug.ReadBuildInfo(); known {
		out = "governed " + info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				out += " " + s.Value
			}
		}
	}
	return out + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}
