"""Request targets in absolute form: `GET http://host/path`, which a server must accept."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from starlette.types import Scope

_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]*)(/.*)?", re.IGNORECASE | re.DOTALL)


def origin_form(scope: Scope) -> Scope:
    """Return the scope of the same request with a path as its target and the host of the target as its `Host`.

    The host of the target takes precedence over the header.
    """
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    found = _ABSOLUTE.fullmatch(raw)
    if found is None:
        return scope
    path = found[2] or b"/"
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {
        **scope,
        "raw_path": path,
        "path": unquote(path.decode("latin-1")),
        "headers": [(b"host", found[1]), *headers],
    }
