"""Objects of types that are not in the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _buildkite_rest.text import shown

from .._base.safe_text import safe_excerpt, safe_repr


class UnknownObject(dict[str, Any]):
    """A decoded JSON object of a type that is not in the spec.

    msgspec and `json` encode it as it was received. Its fields can also be read as attributes, so that code for known
    types can read common fields. A field with the name of a method of `dict`, such as `items`, can only be read by its
    key. A nested object is a plain `dict`.
    """

    __slots__ = ()

    @property
    def data(self) -> dict[str, Any]:
        """All fields of the object, as a plain `dict`. Nested objects are shared with it."""
        return dict(self)

    def __getattr__(self, name: str) -> Any:
        # Protocols such as copy and pickle look up special names.
        if name in self and not (name.startswith("__") and name.endswith("__")):
            return self[name]
        raise AttributeError(f"this {type(self).__name__} has no field {name!r}", name=name, obj=self)


class UnknownVariant(UnknownObject):
    """A variant of a union that is not in the spec, such as a new type of job.

    It is the decoded JSON object, whose fields can also be read as attributes. Since the spec has none of them, its
    `extra_fields` are all of its fields, with and without `extra_fields=True`.
    """

    __slots__ = ("type",)
    __match_args__ = ("type", "data")

    type: Any
    """The value of the field that names the variant."""

    def __init__(self, type: Any, data: Mapping[str, Any]) -> None:  # noqa: A002
        super().__init__(data)
        self.type = type

    @property
    def extra_fields(self) -> dict[str, Any]:
        """All fields of the object, as in `data`."""
        return self.data

    def __reduce__(self) -> tuple[Any, ...]:
        return UnknownVariant, (self.type, self.data)

    def __repr__(self) -> str:
        # The values may contain a secret.
        kind = safe_repr(self.type) if isinstance(self.type, str | None) else f"<{type(self.type).__name__}>"
        return f"UnknownVariant(type={safe_excerpt(kind, 60)}, keys={safe_repr(shown('', list(self)))})"
