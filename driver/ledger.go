package driver

import (
	"path/filepath"
	"sync"

	"github.com/governedsql/governed/lineage/ledger"
	"github.com/governedsql/governed/otelexport"
)

// ledgers are those that data source names opened in this process, by directory: connectors with the same directory write
// one log, which is closed with the last connection of the last of them.
var ledgers = struct {
	sync.Mutex
	open map[string]*sharedLedger
}{open: map[string]*sharedLedger{}}

// sharedLedger is a ledger with those who still write it: connectors and their connections.
type sharedLedger struct {
	*ledger.Ledger
	dir   string
	users int
	gone  chan struct{} // closed when it is closed; nil = it is open
}

// openLedger opens the ledger of a directory, or joins those who write it already.
func openLedger(dir string, c *Config) (*sharedLedger, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	ledgers.Lock()
	defer ledgers.Unlock()
	for s := ledgers.open[abs]; s != nil; s = ledgers.open[abs] {
		if s.gone == nil {
			s.users++
			return s, nil
		}
		ledgers.Unlock()
		<-s.gone // the last of its users is closing it
		ledgers.Lock()
	}
	l, err := ledger.Open(ledger.Config{Dir: abs, Logger: c.Logger, Publish: []ledger.Publisher{otelexport.PublishCheckpoint}})
	if err != nil {
		return nil, err
	}
	s := &sharedLedger{Ledger: l, dir: abs, users: 1}
	ledgers.open[abs] = s
	return s, nil
}

// join counts one more who writes. A nil ledger is nobody's.
func (s *sharedLedger) join() {
	if s == nil {
		return
	}
	ledgers.Lock()
	defer ledgers.Unlock()
	s.users++
}

// leave counts one less; the last one closes the ledger.
func (s *sharedLedger) leave() error {
	if s == nil {
		return nil
	}
	ledgers.Lock()
	s.users--
	last := s.users == 0 && s.gone == nil
	if last {
		s.gone = make(chan struct{})
	}
	ledgers.Unlock()
	if !last {
		return nil
	}
	err := s.Close()
	ledgers.Lock()
	defer ledgers.Unlock()
	delete(ledgers.open, s.dir)
	close(s.gone)
	return err
}

// digests identifies the text and its arguments in the record, for who holds the ledger's keys.
func (p *passage) digests() error {
	l := p.s.g.ledger
	if l == nil || p.request.text == "" {
		return nil
	}
	d, err := l.Digests(p.now, p.request.text, p.request.args)
	p.rec.Digests = d
	return err
}
