package lineage

// body analyses the body of a function or of DO, and reports whether it could be opened in full.
func (a *analyzer) body(language, text string, inside Inside) bool { return false }
