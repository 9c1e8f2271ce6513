package pgparse

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Walk visits m and every message below it, parents first, without recursion: a tree may be as deep as its text is long.
// It uses the messages' own descriptions, so that no field of no node is forgotten. depth counts messages from 0; visit
// returns false to leave out what is below.
func Walk(m proto.Message, visit func(m protoreflect.Message, depth int) bool) {
	type item struct {
		m     protoreflect.Message
		depth int
	}
	stack := []item{{m.ProtoReflect(), 0}}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !visit(top.m, top.depth) {
			continue
		}
		top.m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			if fd.Kind() != protoreflect.MessageKind {
				return true
			}
			if fd.IsList() {
				for list, i := v.List(), 0; i < list.Len(); i++ {
					stack = append(stack, item{list.Get(i).Message(), top.depth + 1})
				}
				return true
			}
			stack = append(stack, item{v.Message(), top.depth + 1})
			return true
		})
	}
}

// shallowBytes is the length of a text that cannot be too deep, whatever it says: no token makes as many levels as that
// leaves to each byte. Most texts are shorter, and the walk costs a third of their parse.
const shallowBytes = MaxDepth / 4

func tooDeep(m proto.Message, bytes int) bool {
	if bytes <= shallowBytes {
		return false
	}
	deep := false
	Walk(m, func(_ protoreflect.Message, depth int) bool {
		// Two messages a level: the Node and what it holds.
		deep = deep || depth > 2*MaxDepth
		return !deep
	})
	return deep
}
