"""Digests of a file in the response to its upload."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from ..invariants.nodes import nodes

#: Names of properties, which are those of the algorithms.
_ALGORITHMS: Final = ("sha256", "sha512")


def digest_problems(body: object, content: bytes) -> Iterator[str]:
    """Yield a message for each digest in a response that is not that of the file."""
    for node in nodes(body):
        for name in _ALGORITHMS:
            found, expected = node.value.get(name), hashlib.new(name, content).hexdigest()
            if isinstance(found, str) and found.lower() != expected:
                yield f"{node.label(name)} is {found} instead of {expected}, that of the file"
