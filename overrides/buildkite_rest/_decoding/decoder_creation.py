"""Creation of decoders, in one thread at a time."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from .._base.fork_safety import ForkSafeLock

_lock: Final = ForkSafeLock()


def create_decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    """Return a decoder of JSON as the type `expected`.

    msgspec describes a class when it first needs it, and uses the description of a class before it is complete. If a
    second thread does, the interpreter crashes. Afterwards, `msgspec.convert` may be used with the classes in the type.

    Raises:
        TypeError: msgspec cannot decode JSON into it.
    """
    with _lock.current:
        return msgspec.json.Decoder(expected)
