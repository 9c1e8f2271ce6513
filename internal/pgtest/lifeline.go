//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// script is the process that the server hangs on. Its input is a pipe that only
// the Go process can write to: one line starts the server, the end of the input
// ends it. The kernel closes the pipe of a killed process too, which neither
// TestMain nor a signal handler can match, and unlike a parent-death signal it
// depends neither on Linux nor on the thread that started it.
//
// The removal is tried again because an initdb whose parent was killed may
// still be filling the directory.
const script = `
dir=$1; shift
if read -r go; then
	"$@" </dev/null &
	server=$!
	exec >/dev/null 2>&1
	read -r forever
	kill -QUIT "$server"
	wait "$server"
fi
for pause in 0 1 2 4; do
	sleep $pause
	rm -rf "$dir" && break
done
`

// A lifeline ties a server to the life of this process.
type lifeline struct {
	cmd   *exec.Cmd
	hold  io.WriteCloser // the pipe; never inherited by another child
	ready chan struct{}  // closed when the server takes connections
	gone  chan struct{}  // closed when the server, or the script before it, is gone

	mu  sync.Mutex
	log []string // what the server said, the last lines
}

// hang starts the script, but not yet the server, as owner. From here on dir
// disappears with this process.
func hang(dir string, owner *owner, server []string) (*lifeline, error) {
	l := &lifeline{ready: make(chan struct{}), gone: make(chan struct{})}
	l.cmd = exec.Command("/bin/sh", append([]string{"-c", script, "pgtest", dir}, server...)...)
	l.cmd.Dir = "/" // the working directory may be closed to owner
	l.cmd.Env = environ()
	// A session of its own: ^C in the terminal must reach this process only,
	// and a script that is interrupted removes nothing.
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: owner.credential()}
	hold, err := l.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	l.hold = hold
	// The log is a pipe and no file, because its end is how a server that dies
	// while it starts is noticed at once.
	log, logWriter, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	l.cmd.Stdout, l.cmd.Stderr = logWriter, logWriter
	err = l.cmd.Start()
	logWriter.Close()
	if err != nil {
		log.Close()
		return nil, fmt.Errorf("pgtest: start the lifeline: %w", err)
	}
	go l.listen(log)
	return l, nil
}

// listen keeps the last lines of the log and watches for the one that matters.
func (l *lifeline) listen(log io.ReadCloser) {
	const keep = 200
	defer log.Close()
	defer close(l.gone)
	announced := false
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadString('\n')
		l.mu.Lock()
		l.log = append(l.log[max(0, len(l.log)-keep):], line)
		l.mu.Unlock()
		if !announced && strings.Contains(line, "ready to accept connections") {
			announced = true
			close(l.ready)
		}
		if err != nil {
			return
		}
	}
}

// start starts the server and waits until it takes connections.
func (l *lifeline) start(ctx context.Context) error {
	if _, err := io.WriteString(l.hold, "go\n"); err != nil {
		return fmt.Errorf("%w\n%s", err, l.said())
	}
	select {
	case <-l.ready:
		return nil
	case <-l.gone:
		return fmt.Errorf("the server ended; it said:\n%s", l.said())
	case <-ctx.Done():
		return fmt.Errorf("%w; the server said:\n%s", ctx.Err(), l.said())
	}
}

// cut ends the server and waits until its directory is gone.
func (l *lifeline) cut() error {
	l.hold.Close()
	// A server that is stopped in a debugger, say, does not follow: the whole
	// session goes then, and the caller removes the directory.
	timer := time.AfterFunc(10*time.Second, func() { syscall.Kill(-l.cmd.Process.Pid, syscall.SIGKILL) })
	defer timer.Stop()
	if err := l.cmd.Wait(); err != nil {
		return fmt.Errorf("pgtest: end the server: %w", errors.Join(err, errors.New(l.said())))
	}
	return nil
}

func (l *lifeline) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.log, "")
}
