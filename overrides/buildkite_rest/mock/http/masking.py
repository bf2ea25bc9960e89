"""Names of headers and query parameters whose values are credentials, which no record and no log shows."""

from __future__ import annotations

import re
from typing import Final

_SECRET: Final = re.compile(
    r"authorization|cookie|token|secret|signature|password|credential|(?:api|access|auth|private|ssh)[_-]?key|^key$",
    re.IGNORECASE,
)
#: Parameters of the API that are flags.
_FLAGS: Final = frozenset({"show_api_token"})
MASK: Final = "***"


def is_secret(name: str) -> bool:
    """Return whether the value of a header or of a query parameter is a credential, by its name."""
    return name not in _FLAGS and _SECRET.search(name) is not None


def masked_header(name: str, value: str) -> str:
    """Return the value of a header, or what may be shown of it: the scheme of an `Authorization`."""
    if not is_secret(name):
        return value
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and name.lower().endswith("authorization") else MASK
