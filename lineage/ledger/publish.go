package ledger

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// publishing hands out checkpoints beside the writer.
type publishing struct {
	list   []Publisher
	every  time.Duration
	logger interface {
		WarnContext(ctx context.Context, msg string, args ...any)
	}

	mu     sync.Mutex
	signed []byte // the newest
	size   int64
	out    int64 // the size of the last that was published
	timer  *time.Timer
	busy   chan struct{} // closed when the one on its way has arrived; nil = none is
	closed bool
}

func newPublishing(c *Config, file string) *publishing {
	return &publishing{list: append([]Publisher{replaceFile(file)}, c.Publish...), every: c.PublishEvery, logger: c.Logger}
}

// written takes note of a group that became durable.
func (p *publishing) written(g *group) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signed, p.size = g.signed, g.after.size
	switch {
	case p.closed:
	case p.size-p.out >= publishRecords:
		p.start()
	case p.timer == nil:
		p.timer = time.AfterFunc(p.every, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.timer = nil
			if !p.closed {
				p.start()
			}
		})
	}
}

// start publishes the newest checkpoint unless one is on its way. It is called with the lock held.
func (p *publishing) start() {
	if p.busy != nil || p.size == p.out {
		return
	}
	arrived := make(chan struct{})
	p.busy, p.out = arrived, p.size
	signed := p.signed
	go func() {
		p.hand(context.Background(), signed)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.busy = nil
		close(arrived)
	}()
}

// publishTimeout bounds one publisher.
const publishTimeout = 5 * time.Second

func (p *publishing) hand(ctx context.Context, signed []byte) {
	for _, publish := range p.list {
		ctx, cancel := context.WithTimeout(ctx, publishTimeout)
		if err := guarded(ctx, publish, signed); err != nil {
			p.logger.WarnContext(ctx, "governed: a checkpoint of the ledger was not published", "error", err)
		}
		cancel()
	}
}

// guarded keeps a publisher that panics from ending the program.
func guarded(ctx context.Context, publish Publisher, signed []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the publisher panicked: %v", p)
		}
	}()
	return publish(ctx, signed)
}

// close publishes the last checkpoint.
func (p *publishing) close(ctx context.Context) {
	p.mu.Lock()
	p.closed = true
	if p.timer != nil {
		p.timer.Stop()
	}
	busy := p.busy
	signed, fresh := p.signed, p.size != p.out
	p.out = p.size
	p.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if busy != nil {
			<-busy
		}
		if fresh {
			p.hand(ctx, signed)
		}
	}()
	select {
	case <-done:
	case <-ctx.Done(): // nobody waits for the end of one that hangs
	}
}

// replaceFile keeps the newest checkpoint in a file.
func replaceFile(name string) Publisher {
	return func(_ context.Context, signed []byte) error { return writeDurably(name, signed, 0o644) }
}

// PublishFile adds each checkpoint to a file, which is best on another host: a cut or another history then shows against
// all of them. An empty line stands between two.
func PublishFile(name string) Publisher {
	return func(_ context.Context, signed []byte) error {
		return appendDurably(name, append(bytes.Clone(signed), '\n'))
	}
}

// PublishHTTP posts each checkpoint, as text, to a webhook. Any answer from 200 to 299 is taken for success. A nil client
// means http.DefaultClient.
func PublishHTTP(client *http.Client, url string) Publisher {
	if client == nil {
		client = http.DefaultClient
	}
	return func(ctx context.Context, signed []byte) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(signed))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "text/plain; charset=utf-8")
		answer, err := client.Do(r)
		if err != nil {
			return err
		}
		_ = answer.Body.Close()
		if answer.StatusCode < 200 || answer.StatusCode > 299 {
			return fmt.Errorf("the webhook answered %s", answer.Status)
		}
		return nil
	}
}
