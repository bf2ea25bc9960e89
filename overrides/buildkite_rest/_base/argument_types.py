"""Validation of the arguments of operations by their annotations, before a request is sent.

Unlike for a type checker, unknown members of enumerations, keys and variants are valid: the API may be newer than the
spec.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import abc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from _buildkite_rest.cached_property import cached_property
from _buildkite_rest.ports import Arguments, Operation
from _buildkite_rest.types import UNSET, Unset

from .arguments import VISIBLE_TYPES, is_collection, is_mapping, short_repr, type_name
from .dates import check_zone
from .records import is_model

_NAMES: Final[Mapping[type, str]] = {
    str: "a str",
    int: "an int",
    float: "a float",
    bool: "a bool",
    datetime: "a datetime with a time zone",
    NoneType: "None",
}


def check_arguments(operation: Operation[Any], arguments: Arguments) -> None:
    """Raise `TypeError` if an argument has a type that its parameter does not accept, or a required key is missing."""
    exact_types, parameters = _parameters(operation.parameters)
    for group in (arguments.path, arguments.query, arguments.headers):
        for name, value in group.items():
            if name in exact_types and type(value) not in exact_types[name]:
                try:
                    parameters[name].check(operation.names.get(name, name), value)
                except _Mismatch as mismatch:
                    raise TypeError(mismatch.message(show=True)) from None
    if operation.properties is not None and (operation.body == "required" or _is_given(arguments.body)):
        try:
            _body(operation.properties, operation.required).check_body(arguments.body, operation.names)
        except _Mismatch as mismatch:
            raise TypeError(mismatch.message(show=False)) from None


class _Mismatch(Exception):  # noqa: N818 - never leaves this module
    """A value of a type that is not accepted."""

    def __init__(self, path: str, accepted: str | None, value: object = None, hint: str = "") -> None:
        super().__init__()
        self.path = path
        self.accepted = accepted
        self.value = value
        self.hint = hint

    def message(self, *, show: bool) -> str:
        """Return one line, with the value if it may be shown. Fields of bodies may be secrets."""
        if self.accepted is None:
            return f"{self.path} must be given"
        line = f"{self.path} must be {self.accepted}, not {type_name(self.value)}"
        if show and type(self.value) in VISIBLE_TYPES:
            line += f" ({short_repr(self.value)})"
        return line + self.hint


class _Type(ABC):
    """A type that a parameter, a field or an item accepts."""

    exact_types: frozenset[type] = frozenset()
    """Types whose instances, but not those of subclasses, are accepted without further checks."""

    @abstractmethod
    def describe(self) -> str:
        """Describe the type for messages."""

    @abstractmethod
    def describe_items(self) -> str:
        """Describe the items of a list of this type for messages."""

    @abstractmethod
    def has_kind(self, value: object) -> bool:
        """Whether `value` is of this type, regardless of its content."""

    def check(self, path: str, value: object) -> None:
        """Raise `_Mismatch` if `value` or a part of it has another type."""
        if not self.has_kind(value):
            raise _Mismatch(path, self.describe(), value)
        self.check_content(path, value)

    def check_content(self, path: str, value: Any) -> None:  # noqa: B027 - most types have no parts
        """Check the parts of a value that `has_kind`."""


class _Anything(_Type):
    def describe(self) -> str:
        return "anything"

    def describe_items(self) -> str:
        return "anything"

    def has_kind(self, value: object) -> bool:
        return True


class _Scalar(_Type):
    """A str, int, float, bool, datetime or None."""

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self._kinds = (int, float) if kind is float else (kind,)
        self.exact_types = frozenset() if kind is datetime else frozenset(self._kinds)

    def describe(self) -> str:
        return _NAMES[self._kind]

    def describe_items(self) -> str:
        return _NAMES[self._kind].removeprefix("a ").removeprefix("an ")

    def has_kind(self, value: object) -> bool:
        return isinstance(value, self._kinds) and (self._kind is bool or not isinstance(value, bool))

    def check_content(self, path: str, value: Any) -> None:
        if self._kind is datetime:
            check_zone(path, value)


class _Array(_Type):
    """A list, tuple, set or another collection."""

    def __init__(self, item: Any) -> None:
        self._item = _type_of(item)

    def describe(self) -> str:
        return f"a list of {self._item.describe_items()}"

    def describe_items(self) -> str:
        return "lists"

    def has_kind(self, value: object) -> bool:
        return is_collection(value)

    def check_content(self, path: str, value: Any) -> None:
        for index, item in enumerate(value):
            if type(item) not in self._item.exact_types:
                self._item.check(f"{path}[{index}]", item)


class _Object(_Type):
    """A mapping, or a model, which was validated when it was decoded."""

    def describe(self) -> str:
        return "a mapping"

    def describe_items(self) -> str:
        return "mappings"

    def has_kind(self, value: object) -> bool:
        return isinstance(value, Mapping) or is_model(value)

    def check_content(self, path: str, value: Any) -> None:
        if is_mapping(value):
            self.check_mapping(path, value)

    @abstractmethod
    def check_mapping(self, path: str, value: Mapping[Any, Any]) -> None:
        """Check keys and values."""


class _Map(_Object):
    """A mapping with arbitrary keys."""

    def __init__(self, value: Any) -> None:
        self._value = _type_of(value)

    def check_mapping(self, path: str, value: Mapping[Any, Any]) -> None:
        for key, item in value.items():
            if type(item) not in self._value.exact_types:
                self._value.check(f"{path}[{short_repr(key)}]", item)


class _Fields(_Object):
    """A mapping with known keys, such as those of a `TypedDict`."""

    def __init__(self, hints: Mapping[str, Any], required: Iterable[str]) -> None:
        self._hints = hints
        self._required = sorted(required)

    @cached_property
    def fields(self) -> Mapping[str, _Type]:
        """The type of each key."""
        return {name: _type_of(hint) for name, hint in self._hints.items()}

    @cached_property
    def tags(self) -> Mapping[str, Sequence[Any]]:
        """The values of the required keys with literal types, which distinguish the variants of a union."""
        return {
            name: get_args(self._hints[name]) for name in self._required if get_origin(self._hints[name]) is Literal
        }

    def check_mapping(self, path: str, value: Mapping[Any, Any]) -> None:
        for name in self._required:
            if name not in value:
                raise _Mismatch(f"{path}.{name}", None)
        for name, expected in self.fields.items():
            if name in value:
                self._check_field(name, f"{path}.{name}", expected, value[name], "leave it out")

    def check_body(self, body: Mapping[str, object], names: Mapping[str, str]) -> None:
        """Check the fields of a body, whose arguments have the given `names` in Python."""
        for name in self._required:
            if body.get(name, UNSET) is UNSET:
                raise _Mismatch(names.get(name, name), None)
        for name, value in body.items():
            if value is not UNSET and name in self.fields:
                path = names.get(name, name)
                self._check_field(name, path, self.fields[name], value, "leave it out or pass UNSET")

    def _check_field(self, name: str, path: str, expected: _Type, value: object, instead: str) -> None:
        if type(value) in expected.exact_types:
            return
        if (value is None or value is UNSET) and not expected.has_kind(value):
            hint = "" if name in self._required else f"; {instead}"
            raise _Mismatch(path, expected.describe(), value, hint)
        expected.check(path, value)


class _Union(_Type):
    def __init__(self, branches: Iterable[Any]) -> None:
        self._branches = [_type_of(branch) for branch in branches]
        self.exact_types = frozenset[type]().union(*(branch.exact_types for branch in self._branches))

    def describe(self) -> str:
        return _alternatives(branch.describe() for branch in self._branches)

    def describe_items(self) -> str:
        return _alternatives(branch.describe_items() for branch in self._branches)

    def has_kind(self, value: object) -> bool:
        return any(branch.has_kind(value) for branch in self._branches)

    def check_content(self, path: str, value: Any) -> None:
        branches = [branch for branch in self._branches if branch.has_kind(value)]
        if len(branches) == 1:
            branches[0].check_content(path, value)
        elif is_mapping(value):
            for branch in _branches_by_tag(path, branches, value):
                branch.check_content(path, value)


def _branches_by_tag(path: str, branches: Sequence[_Type], value: Mapping[Any, Any]) -> Iterator[_Type]:
    """Yield the branch of a tagged union that `value` belongs to, unless its tag is unknown."""
    for branch in branches:
        for name, values in branch.tags.items() if isinstance(branch, _Fields) else ():
            if name not in value:
                raise _Mismatch(f"{path}.{name}", None)
            if value[name] in values:
                yield branch


def _is_given(body: Mapping[str, object]) -> bool:
    return any(value is not UNSET for value in body.values())


def _alternatives(descriptions: Iterable[str]) -> str:
    """Join descriptions: `a, b or c`."""
    texts = list(dict.fromkeys(descriptions))
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


@cache
def _parameters(
    types: Callable[[], Mapping[str, Any]],
) -> tuple[Mapping[str, frozenset[type]], Mapping[str, _Type]]:
    """Return the `exact_types` of each parameter, and its type."""
    parameters = {name: _parameter(expected) for name, expected in types().items()}
    return {name: parameter.exact_types for name, parameter in parameters.items()}, parameters


def _parameter(expected: Any) -> _Type:
    """Return the type of a parameter. An optional one accepts None, its default, which is not sent."""
    branches = _branches(expected)
    if NoneType not in branches:
        return _type_of(expected)
    union = _Union(branch for branch in branches if branch is not NoneType)
    union.exact_types |= {NoneType, Unset}
    return union


@cache
def _body(properties: Callable[[], Mapping[str, Any]], required: tuple[str, ...]) -> _Fields:
    return _Fields(properties(), required)


def _branches(expected: Any) -> Sequence[Any]:
    return get_args(expected) if get_origin(expected) in (Union, UnionType) else (expected,)


@cache
def _type_of(expected: Any) -> _Type:
    """Return the type for an annotation."""
    origin, arguments = get_origin(expected), get_args(expected)
    if len(branches := _branches(expected)) > 1:
        return _Union(branches)
    if origin is Literal:
        return _Union(dict.fromkeys(map(type, arguments)))
    if origin is abc.Mapping:
        return _Map(arguments[1])
    if origin is abc.Sequence:
        return _Array(arguments[0])
    if is_typeddict(expected):
        return _Fields(get_type_hints(expected), expected.__required_keys__)
    return _Scalar(expected) if expected in _NAMES else _Anything()
