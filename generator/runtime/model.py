"""Base class of the models: their text, copies, and fields that the spec lacks."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from msgspec import Struct, convert, to_builtins
from msgspec.structs import asdict

from .text import MASK, Shown, all_masked, shown

_MAX_REPR: Final = 300
_ENOUGH: Final = 160
"""Length from which a `repr` shows no fields but the preferred ones."""
_MAX_LINE: Final = 160
"""Length up to which IPython and rich show a list, a dictionary or a text as a whole."""
_MAX_NESTED: Final = 100
"""Length of a model in another one that they show."""
_MAX_VALUE: Final = 60
_MAX_COMMIT: Final = 14

_PREFERRED: Final = (
    *("id", "uuid", "event", "number", "slug", "key", "type", "name", "label", "subject", "title", "username"),
    *("state", "status", "result", "exit_status", "style", "branch", "commit", "email", "filename", "path", "context"),
    *("hostname", "version", "default_branch", "role", "message", "description", "created_at", "started_at"),
    "finished_at",
)
"""Fields that a `repr` shows first, in this order. The others follow in the order of the class."""
_LAST: Final = ("url", "graphql_id")
"""Ends of the names of fields that a `repr` shows last."""


class _ExtraFields:
    """Room for the extra fields of a model, which no other code of msgspec sees.

    It is a slot rather than a field of the struct, which would be a key in JSON and an argument of the class.
    """

    if not TYPE_CHECKING:  # To mypy, a slot means that no `UnknownVariant` is a model, and code for one is unreachable.
        __slots__ = ("__extra_fields__",)

    __extra_fields__: dict[str, Any]


class Model(_ExtraFields, Struct, gc=False):
    """Base class of the models.

    The `repr` has at most 300 characters: it shows the fields that identify an object. IPython and rich show all
    fields, of which objects and long values are shortened, so that a build is a screen. All of them mask the fields
    that are secrets, the values of environment variables and of extra fields, and in URLs the user and the query. Other
    text is shown as it is.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset()
    """Names of the fields with secrets."""

    def __init_subclass__(cls) -> None:
        # Most classes are never imported by users, who see their names nevertheless.
        if cls.__module__.startswith("_buildkite_rest.models."):
            cls.__module__ = "buildkite_rest.models"

    @property
    def extra_fields(self) -> dict[str, Any]:
        """The fields of the JSON object that the spec lacks, by their names in JSON.

        They do not count when objects are compared.

        Raises:
            AttributeError: The object was decoded without `extra_fields=True`, or created in another way.
        """
        try:
            return self.__extra_fields__
        except AttributeError:
            raise AttributeError(
                f"this {type(self).__name__} has no extra fields. "
                "Pass extra_fields=True to the client, or to from_json or from_dict."
            ) from None

    def __copy__(self) -> Any:
        return self.__replace__()

    def __replace__(self, /, **changes: Any) -> Any:
        """Return a copy with other values of some fields, for `copy.replace`. They are not validated."""
        copied = build_unchecked(type(self), asdict(self) | changes)
        if hasattr(self, "__extra_fields__"):
            copied.__extra_fields__ = self.__extra_fields__
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickling and `deepcopy` must not validate values that were decoded leniently.
        extra = {"__extra_fields__": self.__extra_fields__} if hasattr(self, "__extra_fields__") else {}
        return build_unchecked, (type(self), asdict(self)), (None, extra)

    def __repr__(self) -> str:
        return self._text(_MAX_REPR)

    def _text(self, limit: int) -> str:
        text, end = f"{type(self).__name__}(", ""
        left = limit - len(")") - len(", …")
        for name, value in self._in_order_of_interest():
            part = f"{end}{name}={_short(name, value)}"
            if len(text) + len(part) > (left if name in _PREFERRED else min(left, _ENOUGH)):
                return f"{text}{end}…)"
            text, end = text + part, ", "
        return f"{text})"

    def _in_order_of_interest(self) -> Iterator[tuple[str, Any]]:
        present = dict(self._shown_fields())
        yield from ((name, present.pop(name)) for name in _PREFERRED if name in present)
        yield from sorted(present.items(), key=lambda item: item[0].endswith(_LAST))

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return all fields that are not None, for rich, of which long ones and objects are shortened."""
        return [(name, _line(name, value)) for name, value in self._shown_fields()]

    def _shown_fields(self) -> list[tuple[str, Any]]:
        """Return all fields that are not None. Secrets are masked, and extra fields, which may be some."""
        present = [(name, value) for name, value in asdict(self).items() if value is not None]
        fields = [(name, MASK if name in self.__secrets__ else shown(name, value)) for name, value in present]
        extra_fields = getattr(self, "__extra_fields__", None)
        return [*fields, ("extra_fields", all_masked(extra_fields))] if extra_fields else fields

    if not TYPE_CHECKING:  # Type checkers would exclude that a model is an `UnknownVariant`, which is a dict.

        def __hash__(self) -> int:
            raise TypeError(f"a {type(self).__name__} has no hash, since it can change. Use a field such as its id.")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Return a schema for pydantic 2: a field may have this type.

        It accepts an object of this class, or its JSON if it matches the spec. In JSON it is written like by `to_dict`,
        without extra fields. Its JSON schema is any object.
        """
        from pydantic_core import core_schema  # noqa: PLC0415 - the caller has imported it

        json_schema = core_schema.dict_schema()
        return core_schema.no_info_plain_validator_function(
            cls._validated,
            json_schema_input_schema=json_schema,
            serialization=core_schema.plain_serializer_function_ser_schema(
                to_builtins, return_schema=json_schema, when_used="json"
            ),
        )

    @classmethod
    def _validated(cls, value: object) -> Any:
        try:
            return value if isinstance(value, cls) else convert(value, cls)
        except Exception:
            raise ValueError(f"it does not match {cls.__name__} in the spec. Pass an object of from_dict.") from None

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Print what `__rich_repr__` returns, for IPython."""
        with printer.group(4, f"{type(self).__name__}(", ")"):
            for index, (name, value) in enumerate(self.__rich_repr__()):
                printer.text("," if index else "")
                printer.breakable(" " if index else "")
                printer.text(f"{name}={value!r}")


def _line(name: str, value: Any) -> Any:
    """Return the value of a field, or a text of a line or two if it is a model or long."""
    if isinstance(value, Model):
        return Shown(value._text(_MAX_NESTED))  # pyright: ignore[reportPrivateUsage]
    has_models = isinstance(value, list) and any(isinstance(each, Struct) for each in value)  # pyright: ignore[reportUnknownVariableType]
    if has_models or (isinstance(value, list | dict | str) and len(repr(value)) > _MAX_LINE):  # pyright: ignore[reportUnknownArgumentType]
        return Shown(_short(name, value))
    return value  # pyright: ignore[reportUnknownVariableType]


def _short(name: str, value: Any) -> str:
    """Return a short text of the value of a field. Objects and lists are only hinted at."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Struct):
        return f"{type(value).__name__}(…)"
    if isinstance(value, list):
        has_plural = name.endswith("s") and "_" not in name and not name.endswith("ses")
        return f"[{_count(len(value), name[:-1] if has_plural else 'item')}]"  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, dict):
        return f"{{{_count(len(value), 'key')}}}"  # pyright: ignore[reportUnknownArgumentType]
    text = repr(value[:_MAX_VALUE] if isinstance(value, str) else value)
    limit = _MAX_COMMIT if name == "commit" else _MAX_VALUE
    return text if len(text) <= limit else f"{text[: limit - 2]}…{text[-1:]}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""


_Struct = TypeVar("_Struct", bound=Struct)


def build_unchecked(cls: type[_Struct], values: Mapping[str, Any]) -> _Struct:
    """Return a model with `values` for its fields, without validating them."""
    unchecked: Mapping[str, bool] = getattr(cls, "__datetimes__", {})
    model = cls(**(dict(values) | dict.fromkeys(unchecked, _EPOCH)))
    for name in unchecked:
        setattr(model, name, values.get(name))
    return model


_EPOCH: Final = datetime.fromtimestamp(0, UTC)
