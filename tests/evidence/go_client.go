// Command go_client prints what the source of a Go client states about the API: one fact per line, as JSON.
//
// A function that sends a request builds its path with Sprintf, adds the options of the query with addOptions, and
// decodes the response with Do. Imports are not read, so their types are unknown.
package main

import (
	"encoding/json"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// A fact is about an operation, or about one value of its query, body or response. Names lead to the value.
type fact struct {
	Method, Path, Kind, Location string
	Names                        []string
	Type                         string
}

var (
	files  = token.NewFileSet()
	info   = types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	client *types.Package
	output = json.NewEncoder(os.Stdout)
	tags   = map[string]string{"query": "url", "body": "json", "response": "json"}
	kinds  = regexp.MustCompile(`^\[\]|^[a-z]+`)
	verbs  = strings.NewReplacer("%s", "{}", "%d", "{}")
)

func main() {
	names, _ := filepath.Glob(filepath.Join(os.Args[1], "*.go"))
	var parsed []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			log.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			parsed = append(parsed, file)
		}
	}
	config := types.Config{Error: func(error) {}}
	client, _ = config.Check("client", files, parsed, &info)
	for _, file := range parsed {
		for _, declaration := range file.Decls {
			read(declaration)
		}
	}
}

// read prints the requests of a function, and the webhook events of a table of their types.
func read(declaration ast.Decl) {
	var operation fact
	var options types.Type
	texts := map[string]string{}
	ast.Inspect(declaration, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.KeyValueExpr:
			if strings.HasSuffix(text(node.Value, texts), "Event") {
				output.Encode(fact{Kind: "operation", Method: "EVENT", Path: text(node.Key, texts), Location: line(node.Pos())})
			}
		case *ast.AssignStmt:
			texts[types.ExprString(node.Lhs[0])] = text(node.Rhs[0], texts)
		case *ast.CallExpr:
			switch name := types.ExprString(node.Fun); {
			case name == "addOptions":
				options = info.TypeOf(node.Args[1])
			case strings.HasSuffix(name, ".NewRequest"):
				operation = fact{Kind: "operation", Path: text(node.Args[2], texts), Location: line(node.Pos())}
				operation.Method = strings.ToUpper(strings.TrimPrefix(text(node.Args[1], texts), "http.Method"))
				output.Encode(operation)
				operation.value("query", options)
				operation.value("body", info.TypeOf(node.Args[3]))
			case strings.HasSuffix(name, ".Do") && len(node.Args) == 2:
				operation.value("response", info.TypeOf(node.Args[1]))
			}
		}
		return true
	})
}

func line(position token.Pos) string {
	return files.Position(position).String()
}

// text returns the value of a string, with {} for what is known at run time only.
func text(node ast.Expr, texts map[string]string) string {
	if value := info.Types[node].Value; value != nil && value.Kind() == constant.String {
		return constant.StringVal(value)
	}
	if call, ok := node.(*ast.CallExpr); ok && len(call.Args) > 0 {
		return verbs.Replace(text(call.Args[0], texts))
	}
	if known, ok := texts[types.ExprString(node)]; ok {
		return known
	}
	return types.ExprString(node)
}

// value prints what JSON or query a type is encoded as. A type inside itself is not repeated.
func (at fact) value(kind string, of types.Type, around ...types.Type) {
	at.Kind = kind
	if pointer, ok := of.(*types.Pointer); ok {
		of = pointer.Elem()
	}
	if optional, ok := of.(*types.Named); ok && optional.TypeArgs().Len() == 1 {
		of = optional.TypeArgs().At(0)
	}
	if of != nil && !slices.Contains(around, of) {
		around = append(slices.Clone(around), of)
		at.Type = kinds.FindString(of.Underlying().String())
		switch plain := of.Underlying().(type) {
		case *types.Struct:
			at.fields(kind, plain, around)
		case interface{ Elem() types.Type }: // a list or a map
			at.below("[]", at.Location).value(kind, plain.Elem(), around...)
		}
		if method, _, _ := types.LookupFieldOrMethod(of, true, nil, "UnmarshalJSON"); method != nil {
			at.Type = ""
		}
	}
	output.Encode(at)
}

func (at fact) fields(kind string, of *types.Struct, around []types.Type) {
	for index := range of.NumFields() {
		field, tag := of.Field(index), reflect.StructTag(of.Tag(index))
		name, flags, _ := strings.Cut(tag.Get(tags[kind]), ",")
		if strings.Contains(flags, "brackets") {
			name += "[]"
		}
		if embedded, ok := field.Type().Underlying().(*types.Struct); ok && field.Embedded() && name == "" {
			at.fields(kind, embedded, around)
		} else if name != "" && name != "-" {
			at.below(name, line(field.Pos())).value(kind, field.Type(), around...)
		}
	}
}

func (at fact) below(name, location string) fact {
	at.Names, at.Location, at.Type = append(slices.Clone(at.Names), name), location, ""
	return at
}
