"""Methods of a resource with the organization already given."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

P = ParamSpec("P")
T = TypeVar("T")

# Python 3.13 removes the indentation of docstrings when it compiles them.
_FIRST_ARGUMENT = re.compile(r"^( *Args:\n)( +)\S.*\n(?:\2 .*\n)*", re.MULTILINE)
_NO_ARGUMENTS = re.compile(r"^ *Args:\n\n", re.MULTILINE)


def _without_organization(doc: str | None) -> str | None:
    """Remove the first argument, the organization, from a docstring."""
    return None if doc is None else _NO_ARGUMENTS.sub("", _FIRST_ARGUMENT.sub(r"\1", doc, count=1))


class OrganizationResource:
    """Base of a resource of one organization."""

    def __init__(self, resource: Any, org: str) -> None:
        self._resource = resource
        self._org = org


class bound(Generic[P, T]):  # noqa: N801 - it is used like `property`
    """A method of a resource without its first argument, the organization.

    It calls the resource's method with the name of the attribute, so overrides in a subclass of the resource apply.
    Types, argument names and defaults are those of `method`.
    """

    def __init__(self, method: Callable[Concatenate[Any, str, P], T]) -> None:
        self.__doc__ = _without_organization(method.__doc__)
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: OrganizationResource, owner: type) -> Callable[P, T]: ...

    def __get__(self, instance: OrganizationResource | None, owner: type) -> Self | Callable[P, T]:
        if instance is None:
            return self
        resource, org = instance._resource, instance._org  # pyright: ignore[reportPrivateUsage]
        method: Callable[P, T] = partial(getattr(resource, self._name), org)
        method.__doc__ = self.__doc__
        instance.__dict__[self._name] = method
        return method
