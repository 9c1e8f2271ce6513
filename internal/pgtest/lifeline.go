//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// script is the process that the server hangs on. Its input is a pipe that only
// the Go process can write to: a line asks for a step, and the end of the input
// ends it all. The kernel closes the pipe of a killed process too, which neither
// TestMain nor a signal handler can match, and unlike a parent-death signal it
// depends neither on Linux nor on the thread that started it.
//
// initdb is run here, and not by the Go process, so that a kill lets it finish:
// removing the directory under it would leave shared memory behind.
const script = `
dir=$1 bin=$2; shift 2
trap "" PIPE # the log has no reader after a kill
while read -r step; do
	if [ "$step" = initdb ]; then
		"$bin/initdb" ` + initdbFlags + ` --pgdata="$dir/data" </dev/null >"$dir/initdb.log" 2>&1 || {
			cat "$dir/initdb.log"
			break
		}
		echo "` + made + `"
		continue
	fi
	"$bin/postgres" -D "$dir/data" "$@" </dev/null &
	server=$!
	exec >/dev/null 2>&1
	read -r forever
	kill -QUIT "$server"
	wait "$server"
	break
done
rm -rf "$dir"
`

// initdbFlags make output the same on every machine. Trust is safe because the
// socket is in a directory that is closed to everyone else.
const initdbFlags = "--username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync"

// The lines of the log that tell that a step is done.
const (
	made  = "pgtest: the cluster is made"
	ready = "ready to accept connections"
)

// A lifeline ties a server to the life of this process.
type lifeline struct {
	cmd   *exec.Cmd
	hold  io.WriteCloser           // the pipe; never inherited by another child
	steps map[string]chan struct{} // closed when the log has the line
	gone  chan struct{}            // closed when the server, or the script before it, is gone

	mu  sync.Mutex
	log []string // what was said, the last lines
}

// hang starts the script, but not yet the server, as owner. From here on dir
// disappears with this process.
func hang(dir, bin string, owner *owner, settings []string) (*lifeline, error) {
	l := &lifeline{
		steps: map[string]chan struct{}{made: make(chan struct{}), ready: make(chan struct{})},
		gone:  make(chan struct{}),
	}
	l.cmd = exec.Command("/bin/sh", append([]string{"-c", script, "pgtest", dir, bin}, settings...)...)
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

// listen keeps the last lines of the log and watches for those that matter.
func (l *lifeline) listen(log io.ReadCloser) {
	const keep = 200
	defer log.Close()
	defer close(l.gone)
	pending := maps.Clone(l.steps)
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadString('\n')
		l.mu.Lock()
		l.log = append(l.log[max(0, len(l.log)-keep):], line)
		l.mu.Unlock()
		for text, done := range pending {
			if strings.Contains(line, text) {
				close(done)
				delete(pending, text)
			}
		}
		if err != nil {
			return
		}
	}
}

// initdb makes a new cluster.
func (l *lifeline) initdb(ctx context.Context) error { return l.ask(ctx, "initdb", made) }

// start starts the server and waits until it takes connections.
func (l *lifeline) start(ctx context.Context) error { return l.ask(ctx, "start", ready) }

// ask asks the script for a step and waits for the line that says it is done.
func (l *lifeline) ask(ctx context.Context, step, done string) error {
	if _, err := io.WriteString(l.hold, step+"\n"); err != nil {
		return fmt.Errorf("%s: %w\n%s", step, err, l.said())
	}
	select {
	case <-l.steps[done]:
		return nil
	case <-l.gone:
		return fmt.Errorf("%s: ended early; it said:\n%s", step, l.said())
	case <-ctx.Done():
		return fmt.Errorf("%s: %w; it said so far:\n%s", step, ctx.Err(), l.said())
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
