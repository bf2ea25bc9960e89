"""Decoding of JSON without a type, and the creation of decoders with one."""

from __future__ import annotations

from json import JSONDecodeError
from typing import Any, Final

import msgspec

from .._base.errors import DecodeError
from .._base.fork_safety import ForkSafeLock
from .._base.json_values import DepthError, loads

_BYTE_ORDER_MARK = "\ufeff"
_lock: Final = ForkSafeLock()


def loads_text(text: str | bytes) -> Any:
    """Decode JSON. Bytes are in UTF-8, 16 or 32; those that are not are replaced.

    Raises:
        DepthError: It is nested too deeply.
        ValueError: It is not JSON.
    """
    if isinstance(text, str):
        return loads(text.removeprefix(_BYTE_ORDER_MARK))
    try:
        return loads(text)
    except UnicodeDecodeError:
        return loads(text.decode(errors="replace"))


def decode_json(text: str | bytes, name: str, operation_id: str | None = None) -> Any:
    """Decode JSON. See `loads_text`.

    Args:
        text: The JSON.
        name: What it is, for the message.
        operation_id: Operation id of the response, for the message.

    Raises:
        DecodeError: It is not JSON, or is nested too deeply.
    """
    try:
        return loads_text(text)
    except DepthError:
        reason = f"{name} is nested too deeply"
    except JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        reason = f"{name} is not JSON: {where if text.strip() else 'it is empty'}"
    except ValueError:  # bytes in UTF-16 or 32 that cannot be decoded
        reason = f"{name} is not JSON"
    raise DecodeError(reason, operation_id)


def create_decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    """Return a decoder of JSON as the type `expected`.

    msgspec describes a class when it first needs it, and uses the description of a class before it is complete. If a
    second thread does, the interpreter crashes. Afterwards, `msgspec.convert` may be used with the classes in the type.

    Raises:
        TypeError: msgspec cannot decode JSON into it.
    """
    with _lock.current:
        return msgspec.json.Decoder(expected)
