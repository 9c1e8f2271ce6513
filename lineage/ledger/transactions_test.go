package ledger

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/governedsql/governed/lineage"
)

// teller writes a log from words: "a:T" is a statement that ran well and left its connection in a transaction, "a:E!" one that
// failed, "a?" one without an outcome.
type teller struct {
	t    *testing.T
	dir  string
	l    *Ledger
	conn int64
}

func (w *teller) open() {
	l, err := Open(Config{Dir: w.dir, Origin: "example.org/audit"})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = l.Close() })
	w.l = l
	w.connect()
}

func (w *teller) connect() {
	r := &lineage.Record{Event: lineage.ConnectEvent, Start: time.Now(), Index: -1, Decision: lineage.Allow}
	w.sent(r, "I")
	w.conn = r.Index
}

func (w *teller) sent(r *lineage.Record, state string) {
	ctx, err := w.l.Begin(context.Background(), r)
	require.NoError(w.t, err)
	if state == "?" {
		return
	}
	if rest, failed := strings.CutSuffix(state, "!"); failed {
		state, r.ErrorType = rest, "XX000"
	}
	if state != "-" {
		r.TxStatus = state[0]
	}
	r.Sent, r.End = state != "x", time.Now()
	if !r.Sent {
		r.TxStatus = 'T'
	}
	w.l.End(ctx, r)
}

// words are commands in capitals, names of statements otherwise.
func (w *teller) write(word string) {
	text, state, _ := strings.Cut(word, ":")
	if rest, open := strings.CutSuffix(text, "?"); open {
		text, state = rest, "?"
	}
	r := &lineage.Record{Start: time.Now(), Index: -1, Connection: w.conn, Decision: lineage.Allow}
	switch text {
	case "begin", "rollback", "close":
		r.Event = lineage.Event(text)
		w.l.End(context.Background(), r)
		return
	case "restart":
		require.NoError(w.t, w.l.Close())
		w.open()
		return
	case "gap":
		w.l.queue.missed(time.Now())
		return
	case "other":
		w.connect()
		return
	case "commit":
		r.Event = lineage.CommitEvent
	default:
		r.Event = lineage.StatementEvent
		list := strings.Split(text, "+")
		for _, one := range list {
			r.Script = append(r.Script, parsed(one))
		}
		if len(list) == 1 {
			r.Statement, r.Script, r.Command = r.Script[0], nil, r.Script[0].Command
		}
	}
	w.sent(r, state)
}

func parsed(text string) *lineage.Statement {
	st := &lineage.Statement{Normalized: text, Command: "INSERT", Class: lineage.Write}
	if command, name, _ := strings.Cut(text, "="); command == strings.ToUpper(command) {
		st.Command = strings.ReplaceAll(command, "_", " ")
		st.Effects = []lineage.Effect{{Command: st.Command, Object: lineage.Name{Name: name}}}
	}
	return st
}

// What a statement did is told by how its transaction ended, and never better than the log says.
func TestFates(t *testing.T) {
	for words, want := range map[string]string{
		"a:I":                               "a ok",
		"a:I!":                              "a failed",
		"a?":                                "a unknown",
		"begin a:T commit:I":                "a ok",
		"begin a:T b:T commit:I c:I":        "a ok, b ok, c ok",
		"begin a:T rollback":                "a rolled_back",
		"begin a:T b:E! rollback":           "a rolled_back, b failed",
		"begin a:T b:E! commit:I!":          "a rolled_back, b failed",
		"begin a:T commit:I!":               "a rolled_back", // a deferred constraint
		"begin a:T commit:-!":               "a open",        // the connection broke
		"begin a:T commit:-! close":         "a open",
		"begin a:T commit?":                 "a open",
		"begin a:T commit? close":           "a open",
		"begin a:T commit? restart":         "a open",
		"begin a:T commit:x! close":         "a rolled_back", // it was not sent
		"begin a:T":                         "a open",
		"begin a:T close":                   "a rolled_back",
		"begin a:T close other b:I":         "a rolled_back, b ok",
		"begin a:T restart b:I":             "a rolled_back, b ok",
		"begin a:T b? restart":              "a rolled_back, b unknown",
		"begin a:T other b:I":               "a open, b ok",
		"begin a:T begin b:T commit:I":      "a open, b ok",
		"begin a:T b:I":                     "a open, b open", // something has ended it
		"begin a:-":                         "a open",
		"BEGIN:T a:T COMMIT:I":              "a ok",
		"BEGIN:T a:T b:E! COMMIT:I":         "a rolled_back, b failed",
		"BEGIN:T a:T ROLLBACK:I":            "a rolled_back",
		"BEGIN:T a:T PREPARE_TRANSACTION:I": "a open",
		"START_TRANSACTION:T a:T COMMIT:T b:T ROLLBACK:I":                 "a ok, b rolled_back", // AND CHAIN
		"begin a:T SAVEPOINT=s:T b:T ROLLBACK=s:T c:T":                    "a open, b rolled_back, c open",
		"begin a:T SAVEPOINT=s:T b:T ROLLBACK=s:T c:T commit:I":           "a ok, b rolled_back, c ok",
		"begin a:T SAVEPOINT=s:T b:T c:E! ROLLBACK=s:T d:T commit:I":      "a ok, b rolled_back, c failed, d ok",
		"begin a:T SAVEPOINT=s:T b:T RELEASE=s:T c:T commit:I":            "a ok, b ok, c ok",
		"begin SAVEPOINT=s:T a:T SAVEPOINT=r:T b:T ROLLBACK=s:T commit:I": "a rolled_back, b rolled_back",
		"begin SAVEPOINT=s:T a:T SAVEPOINT=s:T b:T ROLLBACK=s:T commit:I": "a partly, b rolled_back",
		"begin a:T ROLLBACK=s:T b:T commit:I":                             "a partly, b ok",
		"begin a:T ROLLBACK=s:T b:T rollback":                             "a rolled_back, b rolled_back",
		"begin a:T gap close b:I":                                         "a open, b ok", // its COMMIT may be what is missing
		"begin a:T close gap b:I":                                         "a open, b ok",
		"a+b:I":                                                           "a; b ok",
		"BEGIN+a+COMMIT:I":                                                "BEGIN; a; COMMIT ok",
		"BEGIN+a+ROLLBACK:I":                                              "BEGIN; a; ROLLBACK partly",
		"BEGIN+a:T b:T COMMIT:I":                                          "BEGIN; a ok, b ok",
		"BEGIN+a:T b:T ROLLBACK:I":                                        "BEGIN; a rolled_back, b rolled_back",
		"begin a:T COMMIT+BEGIN+b:T ROLLBACK:I":                           "a ok, COMMIT; BEGIN; b partly",
		"begin a:T ROLLBACK+b:I":                                          "a rolled_back, ROLLBACK; b partly",
		"begin a:T ROLLBACK+COMMIT+b:I":                                   "a open, ROLLBACK; COMMIT; b partly",
		"begin a:T ROLLBACK=s+b:T commit:I":                               "a partly, ROLLBACK=s; b partly",
		"a+COMMIT+b:I!":                                                   "a; COMMIT; b partly",
		"a+b:I!":                                                          "a; b failed",
		"begin a:T b+PREPARE_TRANSACTION:I":                               "a open, b; PREPARE_TRANSACTION open",
	} {
		t.Run(words, func(t *testing.T) {
			w := &teller{t: t, dir: filepath.Join(t.TempDir(), "log")}
			w.open()
			for word := range strings.FieldsSeq(words) {
				w.write(word)
			}
			require.NoError(t, w.l.Close())
			stories := func(f Filter) (out []string) {
				require.NoError(t, Query(context.Background(), w.dir, f, func(s *Story) error {
					if command, _, _ := strings.Cut(s.Text, "="); command != strings.ToUpper(command) || strings.Contains(s.Text, ";") {
						out = append(out, s.Text+" "+s.Status())
					}
					return nil
				}))
				return out
			}
			all := stories(Filter{})
			require.Equal(t, want, strings.Join(all, ", "))
			if !strings.Contains(words, "+") {
				require.Equal(t, all, stories(Filter{Command: "INSERT"}), "what ends a transaction need not be asked for")
			}
			if !strings.Contains(words, "?") {
				require.Equal(t, all[len(all)-1:], stories(Filter{Command: "INSERT", Newest: 1}), "the newest")
			}
		})
	}
}

// Of a log without transactions nothing is kept, and of one with them what is open.
func TestTransactionsAreForgotten(t *testing.T) {
	tx := newTransactions(true)
	line := func(h header, s string) { require.NoError(t, tx.record(&h, []byte(s), nil)) }
	for i := range int64(100) {
		line(header{index: 10 * i, intent: -1, event: Begin}, `{"event":"begin","conn":7,"status":"ok"}`)
		line(header{index: 10*i + 1, intent: -1, event: Intent}, `{"event":"intent","conn":7,"command":"SELECT"}`)
		line(header{index: 10*i + 2, intent: 10*i + 1, event: Outcome}, `{"event":"outcome","status":"ok","tx":"T"}`)
		require.Len(t, tx.open, 1)
		line(header{index: 10*i + 3, intent: -1, event: Rollback}, `{"event":"rollback","conn":7,"status":"ok"}`)
		line(header{index: 10*i + 4, intent: -1, event: Close}, `{"event":"close","conn":7,"status":"ok"}`)
		require.Empty(t, tx.open)
		require.Empty(t, tx.flights)
		require.Empty(t, tx.closed)
	}
}
