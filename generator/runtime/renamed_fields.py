"""Former names of the fields of models: in calls of the class, and where they are read or assigned."""

from typing import TYPE_CHECKING, Any

from msgspec import StructMeta

from .deprecation import warn_caller
from .model import Model

__all__ = ["RENAMED", "FormerName", "RenamedFields"]

RENAMED: Any = None
"""The default of a required field with a former name, to type checkers: a call of the class has one of the names."""


class FormerName:
    """The former name of a field."""

    def __init__(self, name: str, message: str) -> None:
        self.name = name
        self.message = message

    def __get__(self, instance: object, owner: type | None = None, /) -> Any:
        if instance is None:
            return self
        warn_caller(self.message)
        return getattr(instance, self.name)

    def __set__(self, instance: object, value: object, /) -> None:
        warn_caller(self.message)
        setattr(instance, self.name, value)


def _with_present_names(model: type, values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` with the present names of fields.

    Raises:
        TypeError: A field has a value by either name.
    """
    renamed = {name: former for name in values if isinstance(former := getattr(model, name, None), FormerName)}
    for name, former in renamed.items():
        if former.name in values:
            raise TypeError(f"{model.__name__}() got both {former.name!r} and its old name {name!r}")
        warn_caller(former.message)
    return {renamed[name].name if name in renamed else name: value for name, value in values.items()}


class _Renaming(StructMeta):
    """Metaclass of models that are called with former names too. A struct cannot define `__init__`."""

    if not TYPE_CHECKING:

        def __call__(self, *args: Any, **values: Any) -> Any:
            return super().__call__(*args, **_with_present_names(self, values))


class RenamedFields(Model, gc=False, metaclass=_Renaming):
    """Base of the models with fields that have another name than before."""

    def __replace__(self, /, **changes: Any) -> Any:
        return super().__replace__(**_with_present_names(type(self), changes))
