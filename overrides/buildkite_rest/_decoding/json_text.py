"""Decoding of JSON without a type."""

from __future__ import annotations

from json import JSONDecodeError
from typing import Any

from .._base.errors import DecodeError
from .._base.json_values import loads


def decode_json(text: str | bytes, name: str) -> Any:
    """Decode JSON, with bytes that are not UTF-8 replaced.

    Args:
        text: The JSON.
        name: What it is, for the message.

    Raises:
        DecodeError: It is not JSON, or is nested too deeply.
    """
    try:
        return loads(text if isinstance(text, str) else text.decode(errors="replace"))
    except RecursionError:
        raise DecodeError(f"{name} is nested too deeply") from None
    except JSONDecodeError as error:
        raise DecodeError(f"{name} is not JSON: line {error.lineno}, column {error.colno}") from None
