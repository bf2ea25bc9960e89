"""Validation of the arguments of operations by their annotations, before a request is sent.

Unlike for a type checker, unknown members of enumerations and variants are valid: the API may be newer than the spec.
A UUID is valid as a str, and an integer of another library as an int; see `arguments.plain`.
"""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, SupportsIndex, Union, get_args, get_origin, get_type_hints, is_typeddict
from uuid import UUID

from _buildkite_rest.cached_property import cached_property
from _buildkite_rest.ports import Arguments, Operation
from _buildkite_rest.types import UNSET, Unset

from .arguments import VISIBLE_TYPES, is_collection, is_mapping, nearest, plain, short_repr, type_name
from .dates import check_zone
from .records import is_model

_SCALARS: Final[Mapping[type, tuple[str, str, tuple[type, ...]]]] = {
    str: ("a str", "str", (str, UUID)),
    int: ("an int", "int", (int, SupportsIndex)),
    float: ("a float", "float", (int, float)),
    bool: ("a bool", "bool", (bool,)),
    datetime: ("a datetime with a time zone", "datetime with a time zone", (datetime,)),
    NoneType: ("None", "None", (NoneType,)),
}
"""For messages, a value and the items of a list; and the types of values that are accepted."""
_FULL_SHA: Final = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


def check_arguments(operation: Operation[Any], arguments: Arguments) -> None:
    """Raise an error if an argument has a type that its parameter does not accept, or would find nothing.

    Raises:
        TypeError: An argument is of another type, a required key is missing, or a key is unknown.
        ValueError: A commit to search for is not a full SHA.
    """
    exact_types, parameters = _parameters(operation.parameters)
    for group in (arguments.path, arguments.query, arguments.headers):
        for name, value in group.items():
            if name in exact_types and type(value) not in exact_types[name]:
                try:
                    parameters[name].check(operation.names.get(name, name), value)
                except _Mismatch as mismatch:
                    raise TypeError(mismatch.message(show=True)) from None
    commit = arguments.query.get("commit")
    if commit is not None and commit is not UNSET:
        _check_commits(commit if is_collection(commit) else (commit,))
    if operation.properties is not None and (operation.body == "required" or _is_given(arguments.body)):
        try:
            _body(operation.properties, operation.required).check_body(arguments.body, operation.names)
        except _Mismatch as mismatch:
            raise TypeError(mismatch.message(show=False)) from None


def _check_commits(commits: Iterable[Any]) -> None:
    """Refuse a filter by anything but full SHAs. The API compares them as a whole, and returns an empty list."""
    for commit in commits:
        if not _FULL_SHA.fullmatch(str(plain(commit))):
            digits = "40 hexadecimal digits in lower case"
            raise ValueError(f"commit must be a full SHA, {digits}, not {short_repr(commit)}. Use `git rev-parse`")


class _Mismatch(Exception):  # noqa: N818 - never leaves this module
    """A value that is not accepted."""

    def __init__(self, problem: str, value: object = None, *, is_type: bool = False, hint: str = "") -> None:
        super().__init__()
        self.problem = problem
        self.value = value
        self.is_type = is_type
        self.hint = hint

    def message(self, *, show: bool) -> str:
        """Return one line, with the value if its type is wrong and it may be shown. Fields of bodies may be secrets."""
        line = self.problem
        if self.is_type:
            line += f", not {type_name(self.value)}"
            if show and type(self.value) in VISIBLE_TYPES:
                line += f" ({short_repr(self.value)})"
        return line + self.hint


class _Type:
    """A type that a parameter, a field or an item accepts. This one accepts anything."""

    name = "anything"
    """The type, for messages."""
    items = "anything"
    """The items of a list of this type, for messages."""
    exact_types: frozenset[type] = frozenset()
    """Types whose instances, but not those of subclasses, are accepted without further checks."""

    def has_kind(self, value: object) -> bool:
        """Whether `value` is of this type, regardless of its content."""
        return True

    def check(self, path: str, value: object, hint: str = "") -> None:
        """Raise `_Mismatch` if `value` or a part of it has another type."""
        if not self.has_kind(value):
            raise _Mismatch(f"{path} must be {self.name}", value, is_type=True, hint=hint)
        self.check_content(path, value)

    def check_content(self, path: str, value: Any) -> None:
        """Check the parts of a value that `has_kind`."""


class _Scalar(_Type):
    """A str, int, float, bool, datetime or None."""

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self.name, self.items, self._kinds = _SCALARS[kind]
        self.exact_types = frozenset() if kind is datetime else frozenset(self._kinds)

    def has_kind(self, value: object) -> bool:
        return isinstance(value, self._kinds) and (self._kind is bool or not isinstance(value, bool))

    def check_content(self, path: str, value: Any) -> None:
        if self._kind is datetime:
            check_zone(path, value)


class _Array(_Type):
    """A list, tuple, set or another collection."""

    items = "lists"

    def __init__(self, item: Any) -> None:
        self._item = _type_of(item)
        self.name = f"a list of {self._item.items}"

    def has_kind(self, value: object) -> bool:
        return is_collection(value)

    def check_content(self, path: str, value: Any) -> None:
        for index, item in enumerate(value):
            if type(item) not in self._item.exact_types:
                self._item.check(f"{path}[{index}]", item)


class _Map(_Type):
    """A mapping with arbitrary keys, or a model, which was validated when it was decoded."""

    name = "a mapping"
    items = "mappings"

    def __init__(self, value: Any) -> None:
        self._value = _type_of(value)

    def has_kind(self, value: object) -> bool:
        return isinstance(value, Mapping) or is_model(value)

    def check_content(self, path: str, value: Any) -> None:
        if is_mapping(value):
            self.check_mapping(path, value)

    def check_mapping(self, path: str, value: Mapping[Any, Any]) -> None:
        """Check keys and values."""
        for key, item in value.items():
            if type(item) not in self._value.exact_types:
                self._value.check(f"{path}[{short_repr(key)}]", item)


class _Fields(_Map):
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
        for name in value:
            if name not in self._hints:
                meant = nearest(name, self._hints)
                hint = "" if meant is None else f". Did you mean {meant}?"
                raise _Mismatch(f"{path} has no key {short_repr(name)}", hint=hint)
        for name in self._required:
            if name not in value:
                raise _Mismatch(f"{path}.{name} must be given")
        for name, item in value.items():
            self._check_field(name, f"{path}.{name}", item, "leave it out")

    def check_body(self, body: Mapping[str, object], names: Mapping[str, str]) -> None:
        """Check the fields of a body, whose arguments have the given `names` in Python."""
        for name in self._required:
            if body.get(name, UNSET) is UNSET:
                raise _Mismatch(f"{names.get(name, name)} must be given")
        for name, value in body.items():
            if value is not UNSET and name in self.fields:
                self._check_field(name, names.get(name, name), value, "leave it out or pass UNSET")

    def _check_field(self, name: str, path: str, value: object, instead: str) -> None:
        expected = self.fields[name]
        if type(value) not in expected.exact_types:
            is_absent = (value is None or value is UNSET) and name not in self._required
            expected.check(path, value, f"; {instead}" if is_absent else "")


class _Union(_Type):
    def __init__(self, branches: Iterable[Any]) -> None:
        self._branches = [_type_of(branch) for branch in branches]
        self.name = _alternatives(branch.name for branch in self._branches)
        self.items = _alternatives(branch.items for branch in self._branches)
        self.exact_types = frozenset[type]().union(*(branch.exact_types for branch in self._branches))

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
                raise _Mismatch(f"{path}.{name} must be given")
            if value[name] in values:
                yield branch


def _is_given(body: Mapping[str, object]) -> bool:
    return any(value is not UNSET for value in body.values())


def _alternatives(names: Iterable[str]) -> str:
    """Join names of types: `a, b or c`."""
    texts = list(dict.fromkeys(names))
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
    return _Scalar(expected) if expected in _SCALARS else _Type()
