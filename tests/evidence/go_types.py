"""Types in Go source, and the JSON that they encode.

The source has the layout of gofmt: one field a line, and a closing brace in the column of its declaration.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import define, field, frozen
from generator.errors import Location
from tests.evidence.facts import UNKNOWN, Value, collected, read_text

_TYPE = re.compile(r"^type (?P<name>\w+)(?:\[[^\]]*\])? (?P<type>.+)$")
_METHOD = re.compile(r"^func \(\w* ?\*?(?P<type>\w+)\) (?P<name>\w+)\(")
_CONSTANT = re.compile(r"^(?:\t|const )\w+ +(?P<type>\w+) += \"(?P<value>[^\"]*)\"")
_VARIABLE = re.compile(r"^\t+var (?P<name>\w+) (?P<type>\w+)$")
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
        elif match := _VARIABLE.match(text):
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
