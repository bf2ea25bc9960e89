"""Facts that a source states about the API, and the matching of its operations with those of the spec."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from attrs import define, field, frozen
from generator import fragment
from generator.document import without_parameter_names
from generator.errors import Location


@frozen
class Correction:
    """An operation that the documentation writes wrongly. `DECISIONS.md` has the reason."""

    page: str
    """The name of the file."""
    written: str
    """The method and the path as written, with `{}` for each parameter."""
    meant: str


Shape: TypeAlias = tuple[str, str]
"""An HTTP method and a path without the names of its parameters."""

UNKNOWN: frozenset[str] = frozenset()
"""The types of a value whose type the source does not state."""


@frozen
class Value:
    """A parameter, a property, or a body as a source states it."""

    location: Location
    types: frozenset[str] = UNKNOWN
    """The JSON types."""
    values: tuple[str, ...] = ()
    """Values that are accepted, or that a sample has."""
    has_all_values: bool = False
    """Whether the source lists `values` as the only ones."""
    mentions: tuple[str, ...] = ()
    """Words in code in the description: values, or names of other properties."""
    required: bool | None = None
    properties: Mapping[str, Sequence["Value"]] = field(factory=dict)
    """The values of each property, which a source may state more than once."""
    items: Sequence["Value"] = ()
    """The items of a list, or the values of a map with any names."""


@define(eq=False)
class Call:
    """An operation as a source states it. A reader adds to it what it finds."""

    shape: Shape
    location: Location
    query: dict[str, list[Value]] = field(factory=dict)
    bodies: list[Value] = field(factory=list)
    responses: list[Value] = field(factory=list)
    statuses: dict[str, Location] = field(factory=dict)
    scopes: dict[str, Location] | None = None
    """The scopes that a token needs; None if the source does not state them."""

    def add_parameter(self, name: str, value: Value) -> None:
        """Add what the source states about a query parameter."""
        self.query.setdefault(name, []).append(value)


@frozen
class Evidence:
    """Everything that one source states."""

    source: str
    calls: Sequence[Call] = ()
    models: Sequence[tuple[Value, Sequence[Shape]]] = ()
    """Objects that a page documents, and the operations on that page."""
    events: Mapping[str, Location] = field(factory=dict)
    deliveries: Sequence[tuple[str, Value]] = ()
    """Samples of webhook deliveries, by event."""
    event_models: Sequence[tuple[Value, Sequence[str]]] = ()
    """Objects that a page of webhooks documents, and the events on that page."""
    scopes: Mapping[str, Location] = field(factory=dict)
    """Scopes in a list of all scopes."""
    samples: Mapping[Location, Sequence[str]] = field(factory=dict)
    """Samples of bodies, and what is wrong with each."""
    corrected: Sequence[Correction] = ()
    """The corrections that were made."""
    words: Mapping[Path, frozenset[str]] = field(factory=dict)
    """Names and values that each page of the documentation mentions."""
    shares_types: bool = False
    """Whether operations share the types of bodies, so that not every property belongs to each operation."""


class NotASourceError(Exception):
    """A folder is not a checkout of the source, or one of its files cannot be read as such."""


def collected(pairs: Sequence[tuple[str, Value]]) -> dict[str, list[Value]]:
    """Return the values of each name."""
    found: dict[str, list[Value]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def read_text(path: Path) -> str:
    """Return the text of a file of a source. A character that is not UTF-8 is replaced.

    Raises:
        GenerationError: The file cannot be read.
    """
    return fragment.read_text(path, errors="replace")


_PARAMETER = "{}"


def shape_of(method: str, path: str) -> Shape:
    """Leave out the query, a trailing slash and the names of parameters."""
    plain = without_parameter_names(path.partition("?")[0]).rstrip("/")
    return method.upper(), plain or "/"


def parameter_name(name: str) -> str:
    """Return the name of a query parameter without the key of one of its entries: `filter` for `filter[state]`."""
    return name if name.endswith("[]") else name.partition("[")[0]


def matching(shape: Shape, spec: Collection[Shape]) -> list[Shape]:
    """Return the operations of the spec that `shape` names.

    An example may have a value where the spec has a parameter, and a client a variable where the spec has a word. The
    operations with the fewest such segments match.
    """
    if shape in spec:
        return [shape]
    method, path = shape
    segments = path.split("/")
    found: dict[int, list[Shape]] = {}
    for candidate in spec:
        others = candidate[1].split("/")
        if candidate[0] != method or len(others) != len(segments):
            continue
        different = [(one, other) for one, other in zip(segments, others, strict=True) if one != other]
        if all(_PARAMETER in pair for pair in different):
            found.setdefault(len(different), []).append(candidate)
    return found[min(found)] if found else []
