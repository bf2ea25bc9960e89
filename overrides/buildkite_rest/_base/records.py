"""Base class of value objects.

It is a msgspec struct, because msgspec is loaded in any case. attrs would add a third to the time in which a client is
created: it is slow to import, and compiles the methods of each class.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeGuard

from msgspec import Struct


class Record(Struct, frozen=True):
    """An immutable object of the client. It is not data of the API: a request or `to_dict` does not accept it."""

    __hidden__: ClassVar[frozenset[str]] = frozenset()
    """Names of the fields that the `repr` omits: those that are long or may contain secrets."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the fields that a `repr` shows, for rich."""
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in self.__hidden__]


def is_model(value: object) -> TypeGuard[Struct]:
    """Whether `value` is a struct with data: a model, or an object of a class of the caller's."""
    return isinstance(value, Struct) and not isinstance(value, Record)
