"""What the API does beyond schemas: effects, refusals, filters and orders, as data from `spec/behaviour/`.

`spec/README.md` explains the words. A hyphen in a word is an underscore here, and `in` is `in_`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeAlias

import msgspec

Values: TypeAlias = Mapping[str, Any]
"""Values, lists of alternatives or expressions, by property or JSON pointer."""


class _Words(msgspec.Struct, frozen=True, eq=False, rename="kebab", forbid_unknown_fields=True):
    """Words of the YAML as attributes."""


class Before(_Words, frozen=True):
    """A request that is sent before another one."""

    operation: str
    body: Values | None = None


class Effect(_Words, frozen=True):
    """A request and what it changes. Everything else stays as it is."""

    when: Values = {}
    body: Values | None = None
    """None for the first example."""
    query: Values = {}
    object: str | None = None
    """`created` or `new`."""
    of: str | None = None
    sets: Values = {}
    returns: Values = {}
    also: tuple[str, ...] = ()
    read: str | None = None
    elsewhere: Mapping[str, Values] = {}
    in_: tuple[str, ...] = msgspec.field(default=(), name="in")
    not_in: tuple[str, ...] = ()
    refused: bool = False
    repeated: str | None = None
    """`same` or `refused`."""
    undone_by: str | None = None
    after: tuple[Before, ...] = ()


class Refusal(_Words, frozen=True):
    """A request that gets a documented error."""

    status: int
    message: str | None = None
    when: Values = {}
    also: Mapping[str, Values] = {}
    path: Values = {}
    query: Values = {}
    headers: Values = {}
    body: Values = {}
    """Properties to replace in the first example."""
    only: Any = msgspec.UNSET
    """The whole body."""
    after: tuple[Before, ...] = ()


class Related(_Words, frozen=True):
    """An operation whose response has the property that a filter compares."""

    operation: str
    property: str | None = None
    items: str | None = None
    url: str | None = None
    query: Values = {}


class Filter(_Words, frozen=True):
    """Items of the list that a value matches."""

    property: str | tuple[str, ...] = ()
    operator: str = "equals"
    values: Mapping[str, Any] = {}
    default: Any = None
    header: Mapping[str, str] = {}
    perhaps: tuple[str, ...] = ()
    likely: Mapping[str, str] = {}
    flags: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    exact: bool = False
    ignore_case: bool = False
    in_url: bool = False
    related: Related | None = None


class Part(_Words, frozen=True):
    """Properties that a parameter includes or excludes."""

    property: str | None = None
    optional: bool = False
    details: bool = False
    since: str | None = None
    properties: tuple[str, ...] = ()


class Sorts(_Words, frozen=True):
    """Effect of a parameter on the order of a list."""

    by: str
    """`property` or `direction`."""
    default: str | None = None
    header: Mapping[str, str] = {}


class PageSize(_Words, frozen=True):
    """Number of items of a page."""

    default: int
    maximum: int | None = None


class Parameter(_Words, frozen=True):
    """Behaviour of a query parameter or a request header."""

    filters: Filter | None = None
    includes: str | Part | None = None
    excludes: str | Part | None = None
    sorts: Sorts | None = None
    page_size: PageSize | None = None


class Fact(_Words, frozen=True):
    """What the objects that an operation returns have in common with the response of another operation."""

    operation: str
    """The other operation."""
    path: Mapping[str, str] = {}
    """Properties with the path parameters of the other operation, unless they have the same name."""
    query: Values = {}
    when: Values = {}
    """The objects, by the values of their properties."""
    equal: Mapping[str, str] = {}
    """Properties that have the value of a property of the other response."""
    among: Mapping[str, str] = {}
    """Properties whose values all are values of a property of the items of the other response."""
    count: Mapping[str, Values | tuple[Values, Values]] = {}
    """Properties that are the number of the items of the other response with values of some properties, or between two
    such numbers."""
    of: str | None = None
    """The property with the items."""


class Operation(_Words, frozen=True):
    """Behaviour of an operation."""

    effects: tuple[Effect, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    messages: Mapping[str, str] = {}
    field_errors: bool = False
    alias_methods: tuple[str, ...] = ()
    order: str | None = None
    distinct: tuple[str, ...] = ()
    page_links: tuple[str, ...] = ()
    pointer: str | None = None
    suffixes: Mapping[str, str] = {}
    optional: bool = False
    without: tuple[str, ...] = ()
    relative: tuple[str, ...] = ()
    """Properties whose values depend on the path, so that other operations return others."""
    exists_when: Values = {}
    """Values of an object without which the operation finds nothing."""
    facts: tuple[Fact, ...] = ()
    query: Mapping[str, Parameter] = {}
    headers: Mapping[str, Parameter] = {}
    response_headers: Mapping[str, str] = {}
    """Pointers to the same values in the body. Those of a HEAD are in that of the GET."""


class Implication(_Words, frozen=True):
    """Values of an object that follow from others."""

    when: Values
    then: Values


class SchemaEffects(_Words, frozen=True):
    """Facts about the properties of a request body, or of an object."""

    defaults: Values = {}
    unique: tuple[str, ...] = ()
    returned_as: Mapping[str, str] = {}
    ignored: Values = {}
    ignored_with: Mapping[str, str] = {}
    changes: Mapping[str, tuple[str, ...]] = {}
    derived: Mapping[str, str] = {}
    needed: tuple[str, ...] = ()
    null_means_default: tuple[str, ...] = ()
    batch: Mapping[str, str] = {}
    risky: tuple[str, ...] = ()
    write_only: tuple[str, ...] | Mapping[str, Values] = ()
    volatile: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()
    settled: Values = {}


class Items(_Words, frozen=True):
    """Further keywords of JSON Schema for the items of an array."""

    strict: Mapping[str, Any]


class Property(_Words, frozen=True):
    """Behaviour of a property."""

    strict: Mapping[str, Any] = {}
    items: Items | None = None
    optional: bool | str = False
    """True, or `members` if administrators of the organization always get it."""
    graphql_type: str | None = None
    includes: str | None = None
    returned_by: tuple[str, ...] = ()
    needs_scope: str | None = None
    max_bytes: int | None = None


class Schema(_Words, frozen=True):
    """Behaviour of objects or request bodies of a schema."""

    effects: SchemaEffects = SchemaEffects()
    implies: tuple[Implication, ...] = ()
    strict: Mapping[str, Any] = {}
    properties: Mapping[str, Property] = {}


class Facts(_Words, frozen=True):
    """What holds for the objects of all operations."""

    described: Mapping[str, Mapping[str, Any]] = {}
    """Keywords of JSON Schema by the beginning of the description of a property."""
    formats: Mapping[str, str] = {}
    """Patterns of texts, of their words, or of the items of an array, by property."""
    composed: Mapping[str, str] = {}
    """Templates by property, with other properties in braces, and `*` for any text."""
    orders: tuple[tuple[str, ...], ...] = ()
    """Times or numbers in order. An object may lack some."""
    sums: Mapping[str, tuple[str, ...]] = {}
    """Parts of a total, by the path of the total."""
    together: tuple[tuple[str, ...], ...] = ()
    """Properties that are all set, or all null, empty or false."""
    implies: tuple[Implication, ...] = ()
    """Values that follow from others, in each object with these properties."""


class Behaviour(_Words, frozen=True):
    """What the API does beyond schemas."""

    operations: Mapping[str, Operation] = {}
    """By `operationId`."""
    parameters: Mapping[str, Parameter] = {}
    """By name of the shared parameter in the components."""
    schemas: Mapping[str, Schema] = {}
    """By name of the component."""
    facts: Facts = Facts()


def load() -> Behaviour:
    """Return the behaviour in the package."""
    return msgspec.json.decode(files("_buildkite_rest").joinpath("behaviour.json").read_bytes(), type=Behaviour)
