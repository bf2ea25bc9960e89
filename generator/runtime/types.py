"""Types that models, operations and resources share: `UNSET`, files and times."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, ClassVar, Final, TypeAlias

from msgspec import Meta

from .model import Model


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""Default of an argument that is not sent. `None` is sent as null."""


FileContent: TypeAlias = "Path | BinaryIO | tuple[str, BinaryIO | bytes]"
"""A file to upload: a path, an open binary file, or a file name and the content.

A file without a name, such as a `BytesIO`, needs the tuple. It is sent from its start.
"""


AwareDatetime: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""A `datetime` in a response. It always has a time zone."""


if TYPE_CHECKING:
    DateTime: TypeAlias = datetime
else:
    # msgspec decodes RFC 3339 only, and has no union of `datetime` and `str`. `DateTimeStruct` checks the value.
    DateTime = Annotated[Any, Meta(extra_json_schema={"type": "string", "format": "date-time"})]


class DateTimeStruct(Model, gc=False):
    """Base of the models with times that the API writes in either of two forms.

    `__post_init__` converts them to plain `datetime` objects. sqlite3, YAML and most JSON encoders reject subclasses.
    """

    __datetimes__: ClassVar[Mapping[str, bool]] = {}
    """Names of these fields, and whether each may be None."""

    def __post_init__(self) -> None:
        for name, nullable in self.__datetimes__.items():
            value = getattr(self, name)
            if value is not None:
                setattr(self, name, _as_datetime(name, value))
            elif not nullable:
                raise TypeError(f"Expected `datetime` for `{name}`, got `None`")


def _as_datetime(name: str, value: object) -> datetime:
    """Return the value of a field as a `datetime`.

    Raises:
        TypeError, ValueError: The value is not a time, or has no time zone. msgspec turns either into a
            `ValidationError` with the path of the model, so the message does not contain the value.
    """
    if isinstance(value, str):
        try:
            return parse_datetime(value)
        except ValueError:
            raise ValueError(f"Invalid datetime for `{name}`") from None
    if not isinstance(value, datetime):
        raise TypeError(f"Expected `datetime` for `{name}`, got `{type(value).__name__}`")
    if value.utcoffset() is None:
        raise ValueError(f"Expected `datetime` with a time zone for `{name}`")
    return value


def parse_datetime(text: str) -> datetime:
    """Parse a time in either form, as one in UTC if that is in the years that a datetime can hold.

    Raises `ValueError` for any other text, and for a time without a zone.
    """
    moment = datetime.fromisoformat(f"{text[:-4]}Z" if text.endswith(" UTC") else text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    try:
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except OverflowError:
        return moment
