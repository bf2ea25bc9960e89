"""Uploads of files that change or fail while they are sent."""

from __future__ import annotations

import io
import os
from typing import Any

from ..case import Call, Case, response, say

_SIZE = 1 << 20
_PUBLISHED = say(response(b'{"id": "p", "name": "core"}'))


class _Changing(io.BytesIO):
    """A file whose size changes, or which fails, when its second chunk is read."""

    name = "build.log"

    def __init__(self, change: int | Exception) -> None:
        super().__init__(bytes(_SIZE))
        self._change = change
        self._reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads == 2:
            if isinstance(self._change, Exception):
                raise self._change
            position = self.tell()
            self.truncate(min(_SIZE, _SIZE + self._change))
            self.seek(0, os.SEEK_END)
            self.write(bytes(max(0, self._change)))
            self.seek(position)
        return super().read(size)


def _publish(change: int | Exception) -> Call:
    def call(client: Any) -> Any:
        return client.packages.publish("acme", "gems", file=_Changing(change)).name

    return call


def _uploaded(name: str, change: int | Exception, outcome: str, sent: int = 0) -> Case:
    return Case(name=f"upload: {name}", actions=[_PUBLISHED], call=_publish(change), outcome=outcome, sent=sent)


CASES = (
    _uploaded("good", 0, "result", sent=1),
    _uploaded("the file grows", 1 << 17, "!OSError"),
    _uploaded("the file shrinks", -(1 << 17), "!OSError"),
    _uploaded("the file shrinks by a byte", -1, "!OSError"),
    _uploaded("the file takes too long", TimeoutError("disk"), "!TimeoutError"),
    _uploaded("the file is closed meanwhile", ValueError("I/O operation on closed file."), "!ValueError"),
)
