"""Deterministic ids in the format of UUIDs.

An id encodes its kind and a number. The build of a job id is found without an index of all jobs, which are created on
first access.
"""

from __future__ import annotations

import base64
import hashlib
import random
import re
from enum import IntEnum

import attrs


class Kind(IntEnum):
    """Kind of object that an id identifies: one whose number says more than that it is new, or any other."""

    OTHER = 3
    AGENT = 7
    BUILD = 8
    JOB = 9
    ARTIFACT = 11
    RUN = 13
    SUITE = 14
    SEEDED_ANNOTATION = 15
    STEP_UPLOAD = 17
    TEST = 40
    EXECUTION = 41


_FORMAT = re.compile(r"01920000-([0-9a-f]{4})-7([0-9a-f]{3})-8([0-9a-f]{3})-([0-9a-f]{12})", re.ASCII)
_LOW_BITS = 48


@attrs.frozen
class Ids:
    """Ids of one backend, by kind and number."""

    seed: int

    def make(self, kind: Kind, number: int) -> str:
        """Return the id of the `number`-th object of a kind."""
        high, low = divmod(number, 1 << _LOW_BITS)
        return f"01920000-{self.seed & 0xFFFF:04x}-7{kind:03x}-8{high:03x}-{low:012x}"

    def number(self, kind: Kind, text: str) -> int | None:
        """Return the number in an id, or None if it is not an id of that kind in this backend."""
        match = _FORMAT.fullmatch(text.lower())
        if match is None or int(match[1], 16) != self.seed & 0xFFFF or int(match[2], 16) != kind:
            return None
        return int(match[3], 16) << _LOW_BITS | int(match[4], 16)


def graphql_id(type_name: str, identifier: str) -> str:
    """Return the GraphQL id of the same object."""
    return base64.b64encode(f"{type_name}---{identifier}".encode()).decode()


def seeded_random(*parts: object) -> random.Random:
    """Return a random generator seeded by the parts."""
    return random.Random(" ".join(map(str, parts)))  # noqa: S311 - nothing secret is made of it


def digest(*parts: object, length: int = 40) -> str:
    """Return a hexadecimal hash of the parts, for commits, webhook tokens and avatars."""
    return hashlib.sha1("\0".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()[:length]
