"""Facts that a source states about the API."""

import re
from typing import Any, NamedTuple, TypeAlias

from generator.document import without_parameter_names

Shape: TypeAlias = tuple[str, str]
"""The method and the path of an operation, without the names of parameters. A webhook event is `EVENT` and its name."""

EVENT = "EVENT"


class Fact(NamedTuple):
    """A statement about an operation: that it exists, or about a parameter, a property, a status or its scopes."""

    source: str
    kind: str
    shape: Shape
    location: str
    names: tuple[str, ...] = ()
    """The name of a parameter or the names that lead to a property, `[]` for an item; the status; the scopes."""
    type: str = ""
    """The JSON type of a value, if it is known."""
    values: tuple[str, ...] = ()
    """The value in a sample, or the words in code in a description."""
    required: bool | None = None
    sample: Any = None
    """A whole body."""


def shape_of(method: str, path: str) -> Shape:
    """Leave out the query, a slash at the end and the names of parameters."""
    return method.upper(), "/" + without_parameter_names(path.partition("?")[0]).strip("/")


def parameter_name(name: str) -> str:
    """Return the name of a query parameter without the key of one of its entries: `filter` for `filter[state]`."""
    return name if name.endswith("[]") else name.partition("[")[0]


def heading_id(title: str) -> str:
    """Return the id of a heading: that of a link to it."""
    return re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
