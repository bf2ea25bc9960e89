"""Requests in the Go source of an official client: methods and paths, and the types of their bodies.

A function that sends a request builds the path with `Sprintf`, and decodes the response into a variable that it
declares.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import define, field
from generator.errors import Location
from tests.evidence.facts import Call, Evidence, NotASourceError, Value, collected, read_text
from tests.evidence.go_types import GoTypes, read_types
from tests.evidence.shapes import parameter_name, shape_of

_PARAMETER = re.compile(r"(?P<names>\w+(?:, \w+)*) (?P<type>[*\[\]\w.]+)")
_PATH = re.compile(r"\b(?P<name>\w+) :?= (?:fmt\.Sprintf\()?\"(?P<path>[^\"]*v2/[^\"]*)\"")
_VARIABLE = re.compile(r"\b(?:var (?P<name>\w+) (?P<type>[*\[\]\w.]+)$|(?P<short>\w+) := &?(?P<literal>[*\[\]\w.]+)\{)")
_MAP = re.compile(r"\b(?P<name>\w+) :?= map\[string\](?:any|interface\{\}|string)\{(?P<rest>.*)$")
_KEY = re.compile(r"^(?P<indent>\s*)\"(?P<name>\w+)\": *(?P<value>.+?),?$")
_INLINE_KEY = re.compile(r"\"(?P<name>\w+)\": *(?P<value>[^,}]+)")
_ASSIGNED = re.compile(r"\b(?P<map>\w+)\[\"(?P<name>\w+)\"\] = (?P<value>.+)$")
_REQUEST = re.compile(
    r"(?:NewRequest|makeRequest|NewRequestWithContext)\(ctx, (?:\"(?P<verb>[A-Z]+)\"|http\.Method(?P<constant>\w+)), "
    r"(?P<path>fmt\.Sprintf\(\"[^\"]*\"[^)]*\)|\"[^\"]*\"|\w+), (?P<body>.*)$"
)
_OPTIONS = re.compile(r"addOptions\(\w+, (?P<name>\w+)\)")
_RESULT = re.compile(r"(?:\.Do\(req, |Decode\(|makeRequest\(.*, )&(?P<name>\w+)\)")
_FORM = re.compile(r"WriteField\(\"(?P<name>\w+)\"")
_EVENT = re.compile(r"^\s+\"(?P<event>[a-z_.]+)\": +\"\w+Event\",$")
_VERB = re.compile(r"%[sdvq]")
_METHODS = {"ValueString()": "string", "ValueBool()": "boolean", "ValueInt64()": "integer"}
"""The types of what the values of Terraform's framework return."""

_ENCODED = "bytes.NewBuffer("


def read_client(folder: Path, source: str, package: str = ".") -> Evidence:
    """Read the requests of a client, whose source is in `package`.

    Raises:
        NotASourceError: There are none, or a file is not valid.
    """
    files = [path for path in sorted((folder / package).glob("*.go")) if not path.name.endswith("_test.go")]
    types = read_types(files)
    calls = [call for path in files for function in _functions(path, types) for call in function.calls()]
    if not calls:
        raise NotASourceError(f"{folder}: no Go source in {folder / package} that sends requests to the API")
    return Evidence(source=source, calls=calls, events=dict(_events(files)), shares_types=True)


@define
class _Function:
    """A function, and what its lines have declared so far."""

    types: GoTypes
    location: Location
    lines: Sequence[str]
    variables: dict[str, str] = field(factory=dict)
    paths: dict[str, str] = field(factory=dict)
    maps: dict[str, list[tuple[str, Value]]] = field(factory=dict)
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
        """Remember a path, a variable, or the keys of a map or a form."""
        if match := _PATH.search(text):
            self.paths[match["name"]] = match["path"]
        elif match := _MAP.search(text):
            self.maps[match["name"]] = self._literal(text, location)
        elif match := _ASSIGNED.search(text):
            self.maps.get(match["map"], []).append((match["name"], self._expression(match["value"], location)))
        elif match := _FORM.search(text):
            self.maps.setdefault(text.partition(".")[0].rpartition(" ")[2], []).append((match["name"], Value(location)))
        elif match := _VARIABLE.search(text):
            self.variables[match["name"] or match["short"]] = match["type"] or match["literal"]
        elif match := _OPTIONS.search(text):
            self.options.append(self.variables.get(match["name"], ""))

    def _literal(self, text: str, location: Location) -> list[tuple[str, Value]]:
        """Return the keys of a literal of a map that begins in the line `text`."""
        if not text.endswith("{"):
            return self._inline(text, location)
        indent = text[: len(text) - len(text.lstrip())]
        found: list[tuple[str, Value]] = []
        start = location.line - self.location.line + 1
        for number, each in enumerate(self.lines[start:], location.line + 1):
            if each == f"{indent}}}":
                break
            if (match := _KEY.match(each)) and match["indent"] == f"{indent}\t":
                found.append((match["name"], self._expression(match["value"], Location(location.file, number))))
        return found

    def _inline(self, text: str, location: Location) -> list[tuple[str, Value]]:
        return [(match["name"], self._expression(match["value"], location)) for match in _INLINE_KEY.finditer(text)]

    def _expression(self, text: str, location: Location) -> Value:
        """Return what is known about the value of an expression."""
        for suffix, type_ in _METHODS.items():
            if text.endswith(suffix):
                return Value(location, frozenset({type_}))
        return self.types.value(text[:-1], location) if text.endswith("{") else Value(location)

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
        """Return the body that is sent: a map, a form, or the value of a variable."""
        if text.startswith("map["):
            return Value(location, properties=collected(self._inline(text, location)))
        name = re.split(r"\W", text.removeprefix(_ENCODED), maxsplit=1)[0]
        if text.startswith(_ENCODED) and self.maps:
            name = next(iter(self.maps))
        if name in self.maps:
            return Value(location, properties=collected(self.maps[name]))
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
