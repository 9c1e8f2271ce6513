package pgparse

import (
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// settings finds the values of settings among the tokens of a text, which come one by one: in SET name = value, value, also as
// a clause of ALTER SYSTEM, ALTER DATABASE and of what makes or alters a role or a function. There a value can be a word without
// quotes.
type settings struct {
	state settingState
	depth int
	words int // of the statement so far
	alter bool
	sets  bool // clauses of the statement can set something
}

type settingState uint8

const (
	elsewhere  settingState = iota
	behindSet               // SET, or a part of the name
	behindTime              // SET TIME
	atValue                 // a value comes
	behindValue
)

// value reports whether a token that is no comment is the value of a setting.
func (s *settings) value(sql string, t *ast.ScanToken) bool {
	switch t.Token {
	case ast.Token_ASCII_59:
		*s = settings{}
		return false
	case ast.Token_ASCII_40:
		s.depth++
	case ast.Token_ASCII_41:
		s.depth--
	}
	if s.words++; s.words <= 4 {
		s.begins(t.Token)
	}
	if t.Token == ast.Token_ATOMIC { // the body of a function, where SET is UPDATE's
		s.sets = false
	}
	if s.depth > 0 {
		return false
	}
	switch s.state {
	case elsewhere:
		s.set(t.Token)
	case behindSet:
		s.state = s.name(sql, t)
	case behindTime:
		if s.state = atValue; t.Token != ast.Token_ZONE {
			s.state = s.name(sql, t)
		}
	case atValue:
		return s.at(t.Token)
	case behindValue:
		switch t.Token {
		case ast.Token_ASCII_44:
			s.state = atValue
		default:
			s.state = elsewhere
			s.set(t.Token)
		}
	}
	return false
}

func (s *settings) set(t ast.Token) {
	if t == ast.Token_SET && (s.words == 1 || s.sets) {
		s.state = behindSet
	}
}

// begins looks at the first words of a statement, which say whether its clauses can set something.
func (s *settings) begins(t ast.Token) {
	switch {
	case s.words == 1:
		s.alter = t == ast.Token_ALTER || t == ast.Token_CREATE
	case s.alter && !s.sets:
		switch t {
		case ast.Token_ROLE, ast.Token_USER, ast.Token_DATABASE, ast.Token_SYSTEM_P, ast.Token_FUNCTION, ast.Token_PROCEDURE, ast.Token_ROUTINE:
			s.sets = true
		case ast.Token_OR, ast.Token_REPLACE:
		default:
			s.alter = false
		}
	}
}

// name goes on from SET to the value.
func (s *settings) name(sql string, t *ast.ScanToken) settingState {
	switch text := sql[t.Start:t.End]; {
	case t.Token == ast.Token_TO, t.Token == ast.Token_ASCII_61:
		return atValue
	case t.Token == ast.Token_FROM:
		return elsewhere
	case strings.EqualFold(text, "time"):
		return behindTime
	case t.Token == ast.Token_ASCII_46, t.Token == ast.Token_IDENT, t.Token == ast.Token_UIDENT, t.KeywordKind != ast.KeywordKind_NO_KEYWORD:
		return behindSet
	}
	return elsewhere
}

// at reports whether a token where a value is expected is one. Signs stand before it, INTERVAL before the literal that is.
func (s *settings) at(t ast.Token) bool {
	switch t {
	case ast.Token_ASCII_43, ast.Token_ASCII_45, ast.Token_INTERVAL, ast.Token_ASCII_40, ast.Token_ASCII_41:
		return false
	case ast.Token_DEFAULT, ast.Token_LOCAL:
		s.state = behindValue
		return false
	}
	s.state = behindValue
	return true
}
