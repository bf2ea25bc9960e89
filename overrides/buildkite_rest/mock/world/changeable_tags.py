"""Tags that executions get after they were sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate

from ..errors import BadRequestError

_MOST_TAGS = 10
#: Bytes that keys and values stay below.
_KEY_BYTES, _VALUE_BYTES = 64, 128
_KEY = re.compile(r"mut\.[A-Za-z0-9_.-]+", re.ASCII)


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that an execution cannot have."""
    if len(tags) > _MOST_TAGS:
        raise BadRequestError(f"An execution can have at most {_MOST_TAGS} changeable tags")
    for key, value in tags.items():
        if not _KEY.fullmatch(key) or len(key) >= _KEY_BYTES:
            rule = f"mut. and letters, digits, '_', '-' and '.', less than {_KEY_BYTES} bytes in all"
            raise BadRequestError(f"A key must be {rule}, unlike {key}")
        if not value.strip() or len(value.encode()) >= _VALUE_BYTES:
            raise BadRequestError(f"The value of {key} must not be blank and have less than {_VALUE_BYTES} bytes")
        *parents, _ = accumulate(key.split("."), "{}.{}".format)
        for parent in parents:
            if parent in tags:
                raise BadRequestError(f"{parent} cannot be a key beside {key}")
