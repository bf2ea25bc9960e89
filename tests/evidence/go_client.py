"""Requests and types in the source of the official Go client, which has the layout of gofmt.

A function that sends a request builds the path with `Sprintf`, and decodes the response into a variable that it
declares.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import define, field, frozen
from generator.errors import Location
from tests.evidence.facts import (
    UNKNOWN,
    Call,
    Evidence,
    NotASourceError,
    Value,
    collected,
    parameter_name,
    read_text,
    shape_of,
)

_TYPE = re.compile(r"^type (?P<name>\w+)(?:\[[^\]]*\])? (?P<type>.+)$")
_METHOD = re.compile(r"^func \(\w* ?\*?(?P<type>\w+)\) (?P<name>\w+)\(")
_CONSTANT = re.compile(r"^(?:\t|const )\w+ +(?P<type>\w+) += \"(?P<value>[^\"]*)\"")
_LOCAL = re.compile(r"^\t+var (?P<name>\w+) (?P<type>\w+)$")
_UNMARSHAL = re.compile(r"json\.Unmarshal\(\w+, &(?P<name>\w+)\)")
_FIELD = re.compile(r"^\s*\w+(?:, \w+)*\s+(?P<type>[^`]+?)(?:\s*`(?P<tag>[^`]*)`)?(?:\s*//.*)?$")
_NESTED = re.compile(r"^(?P<indent>\s*)\w+\s+(?P<type>[*\[\]]*)struct \{$")
_EMBEDDED = re.compile(r"^\s*\*?(?:\w+\.)?(?P<type>\w+)(?:\s*//.*)?$")
_TAG = re.compile(r"\b(?:json|url):\"(?P<name>[^\",]*)(?P<options>[^\"]*)\"")
_OPTIONAL = re.compile(r"^Optional\[(?P<type>.+)\]$")
_MAP = re.compile(r"^map\[\w+\](?P<type>.+)$")
_INTEGER = re.compile(r"^u?int(?:8|16|32|64)?$")
_JSON = {
    "string": "string",
    "bool": "boolean",
    "float32": "number",
    "float64": "number",
    "time.Time": "string",
    "Timestamp": "string",
    "[]byte": "string",
}
_RAW = "json.RawMessage"
_OBJECT = frozenset({"object"})


@frozen
class Field:
    """A field of a struct with a name on the wire."""

    name: str
    type: str
    location: Location
    fields: Sequence["Field"] = ()
    """The fields of a struct without a name."""


@define
class GoTypes:
    """The types of a Go package."""

    structs: dict[str, list[Field]] = field(factory=dict)
    embedded: dict[str, list[str]] = field(factory=dict)
    aliases: dict[str, str] = field(factory=dict)
    interfaces: dict[str, set[str]] = field(factory=dict)
    """The methods of each interface."""
    methods: dict[str, set[str]] = field(factory=dict)
    constants: dict[str, list[str]] = field(factory=dict)
    """The values of the constants of each type of text."""
    unmarshalled: dict[Path, set[str]] = field(factory=dict)
    """The types that a file decodes from raw JSON."""

    def fields(self, name: str) -> list[Field]:
        """Return the fields of a struct and of those that it embeds."""
        inherited = [each for base in self.embedded.get(name, ()) for each in self.fields(base)]
        return [*inherited, *self.structs.get(name, ())]

    def value(self, type_: str, location: Location, seen: frozenset[str] = frozenset()) -> Value:
        """Return the JSON of a type. Those in `seen` contain it, and are not repeated."""
        plain = type_.strip().lstrip("*&")
        if match := _OPTIONAL.match(plain):
            return self.value(match["type"], location, seen)
        if plain in _JSON or _INTEGER.match(plain):
            return Value(location, frozenset({_JSON.get(plain, "integer")}))
        if plain.startswith("[]"):
            return Value(location, frozenset({"array"}), items=[self.value(plain[2:], location, seen)])
        if match := _MAP.match(plain):
            return Value(location, _OBJECT, items=[self.value(match["type"], location, seen)])
        if plain == _RAW:
            return self._any_of(self.unmarshalled.get(location.file, set()), location, seen)
        return Value(location) if plain in seen else self._named(plain, location, seen | {plain})

    def _named(self, name: str, location: Location, seen: frozenset[str]) -> Value:
        decodes_itself = "UnmarshalJSON" in self.methods.get(name, ())
        if name in self.aliases:
            value = self.value(self.aliases[name], location, seen)
            types = UNKNOWN if decodes_itself else value.types
            return Value(location, types, tuple(self.constants.get(name, ())), items=value.items)
        if name in self.interfaces:
            methods = self.interfaces[name]
            return self._any_of({each for each, own in self.methods.items() if methods <= own}, location, seen)
        if name in self.structs:
            return self._object(self.fields(name), location, seen, UNKNOWN if decodes_itself else _OBJECT)
        return Value(location)

    def _any_of(self, names: set[str], location: Location, seen: frozenset[str]) -> Value:
        return self._object([each for name in sorted(names) for each in self.fields(name)], location, seen, UNKNOWN)

    def _object(
        self, fields: Sequence[Field], location: Location, seen: frozenset[str], types: frozenset[str]
    ) -> Value:
        return Value(location, types, properties=collected([(each.name, self._of(each, seen)) for each in fields]))

    def _of(self, each: Field, seen: frozenset[str]) -> Value:
        if not each.fields:
            return self.value(each.type, each.location, seen)
        value = self._object(each.fields, each.location, seen, _OBJECT)
        is_list = "[]" in each.type
        return Value(each.location, frozenset({"array"}), items=[value]) if is_list else value


def read_types(files: Sequence[Path]) -> GoTypes:
    """Read the types, methods and constants of a package."""
    types = GoTypes()
    for path in files:
        _read_file(types, path)
    return types


def _read_file(types: GoTypes, path: Path) -> None:
    lines = iter(enumerate(read_text(path).splitlines(), 1))
    variables: dict[str, str] = {}
    for number, text in lines:
        if match := _TYPE.match(text):
            name, type_ = match["name"], match["type"].partition(" //")[0].removeprefix("= ").strip()
            if type_.startswith("struct"):
                content = type_.removeprefix("struct").strip("{} ")
                body = iter([(number, content)]) if type_.endswith("}") else lines
                types.structs[name] = list(_fields(body, path, types.embedded.setdefault(name, [])))
            elif type_.startswith("interface"):
                body = iter(()) if type_.endswith("}") else lines
                if methods := {each.strip().partition("(")[0] for _, each in _until(body, "}") if "(" in each}:
                    types.interfaces[name] = methods
            else:
                types.aliases[name] = type_
        elif match := _METHOD.match(text):
            types.methods.setdefault(match["type"], set()).add(match["name"])
        elif match := _CONSTANT.match(text):
            types.constants.setdefault(match["type"], []).append(match["value"])
        elif match := _LOCAL.match(text):
            variables[match["name"]] = match["type"]
        elif (match := _UNMARSHAL.search(text)) and match["name"] in variables:
            types.unmarshalled.setdefault(path, set()).add(variables[match["name"]])


def _until(lines: Iterator[tuple[int, str]], end: str) -> Iterator[tuple[int, str]]:
    for number, text in lines:
        if text.startswith(end):
            return
        yield number, text


def _fields(lines: Iterator[tuple[int, str]], path: Path, embedded: list[str]) -> Iterator[Field]:
    """Yield the fields of a struct at the top level, and add the types that it embeds to `embedded`."""
    for number, text in _until(lines, "}"):
        location = Location(path, number)
        if match := _NESTED.match(text):
            yield from _nested_field(match, lines, location)
        elif match := _FIELD.match(text.partition("//")[0].rstrip() if "`" not in text else text):
            yield from _tagged(match["tag"] or "", match["type"], location)
        elif match := _EMBEDDED.match(text):
            embedded.append(match["type"])


def _nested_field(match: re.Match[str], lines: Iterator[tuple[int, str]], location: Location) -> Iterator[Field]:
    """Yield the field whose type is a struct without a name. Its tag is behind the closing brace."""
    fields: list[Field] = []
    for number, text in lines:
        if text.startswith(f"{match['indent']}}}"):
            yield from _tagged(text, f"{match['type']}struct", location, fields)
            return
        place = Location(location.file, number)
        if inner := _NESTED.match(text):
            fields += _nested_field(inner, lines, place)
        elif inner := _FIELD.match(text):
            fields += _tagged(inner["tag"] or "", inner["type"], place)


def _tagged(tag: str, type_: str, location: Location, fields: Sequence[Field] = ()) -> Iterator[Field]:
    if (match := _TAG.search(tag)) and match["name"] not in ("", "-"):
        brackets = "[]" if "brackets" in match["options"] else ""
        yield Field(f"{match['name']}{brackets}", type_, location, fields)


_PARAMETER = re.compile(r"(?P<names>\w+(?:, \w+)*) (?P<type>[*\[\]\w.]+)")
_PATH = re.compile(r"\b(?P<name>\w+) :?= (?:fmt\.Sprintf\()?\"(?P<path>[^\"]*v2/[^\"]*)\"")
_VARIABLE = re.compile(r"\b(?:var (?P<name>\w+) (?P<type>[*\[\]\w.]+)$|(?P<short>\w+) := &?(?P<literal>[*\[\]\w.]+)\{)")
_REQUEST = re.compile(
    r"(?:NewRequest|NewRequestWithContext)\(ctx, (?:\"(?P<verb>[A-Z]+)\"|http\.Method(?P<constant>\w+)), "
    r"(?P<path>fmt\.Sprintf\(\"[^\"]*\"[^)]*\)|\"[^\"]*\"|\w+), (?P<body>.*)$"
)
_OPTIONS = re.compile(r"addOptions\(\w+, (?P<name>\w+)\)")
_RESULT = re.compile(r"(?:\.Do\(req, |Decode\()&(?P<name>\w+)\)")
_FORM = re.compile(r"WriteField\(\"(?P<name>\w+)\"")
_EVENT = re.compile(r"^\s+\"(?P<event>[a-z_.]+)\": +\"\w+Event\",$")
_VERB = re.compile(r"%[sdvq]")


def read_client(folder: Path) -> Evidence:
    """Read the requests of the Go client.

    Raises:
        NotASourceError: There are none, or a file is not valid.
    """
    files = [path for path in sorted(folder.glob("*.go")) if not path.name.endswith("_test.go")]
    types = read_types(files)
    calls = [call for path in files for function in _functions(path, types) for call in function.calls()]
    if not calls:
        raise NotASourceError(f"{folder}: no Go source that sends requests to the API")
    return Evidence(source="go", calls=calls, events=dict(_events(files)), shares_types=True)


@define
class _Function:
    """A function, and what its lines have declared so far."""

    types: GoTypes
    location: Location
    lines: Sequence[str]
    variables: dict[str, str] = field(factory=dict)
    paths: dict[str, str] = field(factory=dict)
    form: list[tuple[str, Value]] = field(factory=list)
    options: list[str] = field(factory=list)

    def calls(self) -> list[Call]:
        """Return the operations that the function requests."""
        parameters = re.sub(r"^func (?:\([^)]*\) )?\w+\(", "", self.lines[0])
        for names, type_ in _PARAMETER.findall(parameters):
            self.variables |= dict.fromkeys(names.split(", "), type_)
        calls: list[Call] = []
        for number, text in enumerate(self.lines, self.location.line):
            location = Location(self.location.file, number)
            self._declare(text, location)
            if match := _REQUEST.search(text):
                calls += self._call(match, location)
            if calls and (match := _RESULT.search(text)) and match["name"] in self.variables:
                calls[-1].responses.append(self.types.value(self.variables[match["name"]], location))
        for call in calls:
            for option in self.options:
                for name, values in self.types.value(option, call.location).properties.items():
                    for value in values:
                        call.add_parameter(parameter_name(name), value)
        return calls

    def _declare(self, text: str, location: Location) -> None:
        """Remember a path, a variable, or the key of a form."""
        if match := _PATH.search(text):
            self.paths[match["name"]] = match["path"]
        elif match := _FORM.search(text):
            self.form.append((match["name"], Value(location)))
        elif match := _VARIABLE.search(text):
            self.variables[match["name"] or match["short"]] = match["type"] or match["literal"]
        elif match := _OPTIONS.search(text):
            self.options.append(self.variables.get(match["name"], ""))

    def _call(self, match: re.Match[str], location: Location) -> Iterator[Call]:
        literal = re.search(r"\"([^\"]*)\"", match["path"])
        path = literal[1] if literal else self.paths.get(match["path"], "")
        if "v2/" not in path:
            return
        path, _, query = _VERB.sub("{}", path[path.index("v2/") :]).partition("?")
        call = Call(shape_of(match["verb"] or match["constant"], f"/{path}"), location)
        for name in re.findall(r"(\w+)=", query):
            call.add_parameter(name, Value(location))
        if body := self._body(match["body"], location):
            call.bodies.append(body)
        yield call

    def _body(self, text: str, location: Location) -> Value | None:
        """Return the body that is sent: a form, or the value of a variable."""
        if self.form:
            return Value(location, properties=collected(self.form))
        name = re.split(r"\W", text, maxsplit=1)[0]
        return self.types.value(self.variables[name], location) if name in self.variables else None


def _functions(path: Path, types: GoTypes) -> Iterator[_Function]:
    lines = read_text(path).splitlines()
    start = 0
    for index, text in enumerate(lines):
        if text.startswith("func "):
            start = index
        elif text == "}" and lines[start].startswith("func "):
            yield _Function(types, Location(path, start + 1), lines[start:index])
            start = index


def _events(files: Sequence[Path]) -> Iterator[tuple[str, Location]]:
    """Yield the webhook events that the client decodes."""
    for path in files:
        for number, text in enumerate(read_text(path).splitlines(), 1):
            if match := _EVENT.match(text):
                yield match["event"], Location(path, number)
