"""Filters of lists: query parameters with `x-filters`, and which items their values match.

A filter may match an item, not match it, or leave that open: then the item is in no comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from glob import escape
from typing import Any, Final

from attrs import field, frozen

from .._base.json_values import as_array, as_object, is_array, is_object
from .response_times import parse_time
from .spec import Operation, Spec
from .urls import url_parts

#: Operators that compare no property. Their results are compared with each other.
INDIRECT: Final = frozenset({"unseen", "partition", "period"})

Found = Callable[[Any], Sequence[Any]]
"""Returns the values of an item that a filter compares."""


@frozen
class Related:
    """Where the values of a filter are, if the items do not have them."""

    operation_id: str
    path: str
    """Path of the property."""
    url: str | None = None
    """Property of the item with the URL of the object. Otherwise the item's id is the last parameter of the path."""
    query: Mapping[str, str] = field(factory=dict[str, str])
    items: str | None = None
    """Property of the response with one element per item. Otherwise each item has a response of its own."""


@frozen
class Filter:
    """A query parameter that selects items of a list, or elements of an array in each of its items."""

    name: str
    properties: tuple[str, ...] = ()
    """Paths of the properties to compare, any of which may match."""
    operator: str = "equals"
    parent: str | None = None
    """Path of the array whose elements are selected, instead of items."""
    perhaps: tuple[str, ...] = ()
    """Properties that make a match possible: by the value, or by not being null."""
    likely: Mapping[str, str] = field(factory=dict[str, str])
    """Patterns of such properties whose values match on a server with data like that of the examples."""
    flags: tuple[str, ...] = ()
    """Boolean properties that stand for a value of the same name, and hide the value of the property."""
    values: Mapping[str, Sequence[str | None] | None] = field(factory=dict[str, "Sequence[str | None] | None"])
    """Values of the property by value of the parameter, where they differ. None matches every item."""
    default: str | None = None
    """The value that the API assumes."""
    enum: tuple[str, ...] = ()
    is_array: bool = False
    is_uuid: bool = False
    ignores_case: bool = False
    in_url: bool = False
    """Whether the properties are URLs, whose last part is compared."""
    is_exact: bool = False
    """Whether the documentation excludes partial matches."""
    may_omit_items: bool = False
    """Whether an item without selected elements may be left out."""
    refers: str | None = None
    """Property with the id of another element, which is in the list if the filter has no effect."""
    related: Related | None = None
    source: Mapping[str, Any] = field(factory=dict[str, Any])
    """Where the values of a filter without a property come from."""
    implies: Mapping[str, str] = field(factory=dict[str, str])
    """Properties of the source's item by property that each result must share with it."""
    negation: str | None = None
    """Prefix of a value that selects all other items."""
    wildcard: str | None = None
    """Suffix of a value that selects everything that begins with it."""
    separator: str | None = None
    """Text between several values."""
    groups: Mapping[str, str] = field(factory=dict[str, str])
    """The key of the values that may have a prefix for `some` or `only`, and the `property` with the counts of each."""
    same_as: str | None = None
    """Parameter that has the same effect with the time at which a period began."""
    listed_by: Mapping[str, str] = field(factory=dict[str, str])
    """Operations that list the objects with a value, by value."""
    counts: str | None = None
    """Property with a number that the values of the filter divide."""
    changes: tuple[str, ...] = ()
    """Properties of an item that depend on the parameter."""
    headers: Mapping[str, str] = field(factory=dict[str, str])

    @property
    def widest(self) -> Mapping[str, str]:
        """The query without the effect of the filter. Empty if it has none by default."""
        if self.default is None:
            return {}
        if self.operator == "period":
            return {self.name: self.enum[-1]} if self.enum else {}
        everything = [name for name, matched in self.values.items() if matched is None]
        return {self.name: everything[0]} if everything and self.default not in everything else {}

    def matches(self, wanted: Any, item: Any, related: Sequence[Any] | None = None) -> bool | None:
        """Return whether a value selects an item, or None if that cannot be told."""
        texts = self.values.get(wanted, [wanted]) if isinstance(wanted, str) else [wanted]
        if texts is None:
            return True
        flags = [name for name in self.flags if as_object(item).get(name) is True]
        if flags:
            others = set(texts) - set(flags)
            return True if len(others) < len(texts) else None if self._any(texts, item, related) else False
        if self._any(texts, item, related):
            return True
        for path in self.perhaps:
            values = [value for value in values_at(item, path) if value is not None]
            if values and (self.operator == "equals" or any(self._compare(wanted, value) for value in values)):
                return None
        return False

    def _any(self, texts: Sequence[Any], item: Any, related: Sequence[Any] | None) -> bool:
        if self.operator == "entries":
            return all(as_text(at(self._root(item), key)) == value for key, value in as_object(texts[0]).items())
        found = list(self.found(item) if related is None else related)
        if self.operator == "labels":
            return _labels_match(str(texts[0]), [str(value) for value in found])
        return any(self._compare(text, value) for text in texts for value in found or [None])

    def _root(self, item: Any) -> Any:
        return at(item, self.properties[0]) if self.properties else item

    def found(self, item: Any) -> list[Any]:
        """Return the values of an item that the filter compares."""
        return [
            element
            for path in self.properties
            for value in values_at(item, path)
            for element in (value if is_array(value) else [_last_part(value) if self.in_url else value])
        ]

    def _compare(self, wanted: Any, value: Any) -> bool:
        if wanted is None or value is None:
            return wanted is value
        match self.operator:
            case "from" | "before":
                limit, time = parse_time(wanted), parse_time(value)
                if limit is None or time is None:
                    return False
                return time >= limit if self.operator == "from" else time < limit
            case "contains" | "glob" | _:
                text, pattern = as_text(value) or "", str(wanted)
                if self.ignores_case:
                    text, pattern = text.casefold(), pattern.casefold()
                if self.operator == "contains":
                    return pattern in text
                if self.operator == "glob":
                    return fnmatchcase(text, "*".join(map(escape, pattern.split("*"))))
                return text == pattern


def filters_of(spec: Spec, operation: Operation) -> Iterator[Filter]:
    """Return the filters of an operation."""
    for name, parameter in spec.query_parameters(operation).items():
        if is_object(declared := parameter.get("x-filters")):
            yield _filter(spec, name, parameter, declared)


def _filter(spec: Spec, name: str, parameter: Mapping[str, Any], declared: Mapping[str, Any]) -> Filter:
    schema = spec.resolve(parameter.get("schema"))
    is_list = schema.get("type") == "array"
    item = spec.resolve(schema.get("items")) if is_list else schema
    declared_paths = declared.get("property", ())
    paths = tuple(map(str, declared_paths)) if is_array(declared_paths) else (str(declared_paths),)
    parent = None
    if declared_paths and (split := paths[0].partition("/*"))[1]:
        parent, paths = split[0], tuple(filter(None, (split[2].removeprefix("/"),)))
    enum = tuple(map(str, as_array(item.get("enum")))) or (("true", "false") if item.get("type") == "boolean" else ())
    if item.get("type") == "object":
        enum = tuple(as_object(item.get("properties")))
    return Filter(
        name=name,
        properties=paths if declared_paths else (),
        operator=str(declared.get("operator", "equals")),
        parent=parent,
        perhaps=tuple(as_array(declared.get("perhaps"))),
        likely=as_object(declared.get("likely")),
        flags=tuple(as_array(declared.get("flags"))),
        values=as_object(declared.get("values")),
        default=declared.get("default"),
        enum=enum,
        is_array=is_list,
        is_uuid=item.get("format") == "uuid",
        ignores_case=declared.get("ignore-case") is True,
        in_url=declared.get("in-url") is True,
        is_exact=declared.get("exact") is True,
        may_omit_items=declared.get("may-omit-items") is True,
        refers=declared.get("refers"),
        related=_related(as_object(declared.get("related"))),
        source=as_object(declared.get("source")),
        implies=as_object(declared.get("implies")),
        negation=declared.get("negation"),
        wildcard=declared.get("wildcard"),
        separator=declared.get("separator"),
        groups=as_object(declared.get("groups")),
        same_as=declared.get("same-as"),
        listed_by=as_object(declared.get("listed-by")),
        counts=declared.get("counts"),
        changes=tuple(as_array(declared.get("changes"))),
        headers=as_object(declared.get("header")),
    )


def _related(declared: Mapping[str, Any]) -> Related | None:
    if not declared:
        return None
    return Related(
        str(declared.get("operation")),
        str(declared.get("property")),
        declared.get("url"),
        as_object(declared.get("query")),
        declared.get("items"),
    )


def at(value: Any, path: str) -> Any:
    """Return the value at a path of property names, or None."""
    for name in filter(None, path.split("/")):
        value = as_object(value).get(name)
    return value


def values_at(value: Any, path: str) -> list[Any]:
    """Return the values at a path, in which `*` is each element of an array."""
    head, star, rest = path.partition("/*")
    found = at(value, head)
    if not star:
        return [found]
    return [each for element in as_array(found) for each in values_at(element, rest.removeprefix("/"))]


def _last_part(value: object) -> str | None:
    """Return the id at the end of the URL of an object."""
    return url_parts(value).path.rpartition("/")[2] if isinstance(value, str) else None


def as_text(value: object) -> str | None:
    """Return a value as a query contains it, or None for null."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _labels_match(wanted: str, found: Sequence[str]) -> bool:
    """Return whether an item has all labels of a list with commas, and none of those after `!`."""
    words = [word for word in wanted.split(",") if word]
    return all((word[1:] not in found) if word.startswith("!") else (word in found) for word in words)
