"""Base class of value objects.

It is a msgspec struct, because msgspec is loaded in any case. attrs would add a third to the time in which a client is
created: it is slow to import, and compiles the methods of each class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeGuard

from msgspec import Struct, StructMeta

if TYPE_CHECKING:
    from inspect import Signature


class _RecordType(StructMeta):
    @property
    def __signature__(cls) -> Signature:  # noqa: N805 - a class is the object of a metaclass
        """Signature for `help`, with annotations as text: some of their names are only imported by type checkers."""
        from inspect import Parameter, Signature, get_annotations  # noqa: PLC0415 - it takes long

        annotations, empty = get_annotations(cls), Parameter.empty
        defaults = dict(zip(reversed(cls.__struct_fields__), reversed(cls.__struct_defaults__), strict=False))
        parameters: list[Parameter] = []
        for name in cls.__struct_fields__:
            kind = Parameter.POSITIONAL_OR_KEYWORD if name in cls.__match_args__ else Parameter.KEYWORD_ONLY
            default, annotation = defaults.get(name, empty), annotations.get(name, empty)
            parameters.append(Parameter(name, kind, default=default, annotation=annotation))
        return Signature(parameters)


class Record(Struct, frozen=True, metaclass=_RecordType):
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
