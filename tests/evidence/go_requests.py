"""Requests in the source of the official Go client: methods and paths, and the types of their bodies.

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
