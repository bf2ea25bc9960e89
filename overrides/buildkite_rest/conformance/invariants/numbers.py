"""Sizes of texts in bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

#: Texts and their sizes.
_SIZES: Final[Mapping[str, str]] = {"content": "size", "definition_yaml": "definition_bytes"}


def shows_sizes(value: Mapping[str, Any]) -> bool:
    """Return whether an object has no text with a size, or one that has more bytes than characters."""
    texts = [value[text] for text, size in _SIZES.items() if isinstance(value.get(text), str) and size in value]
    return not texts or any(not text.replace("\ufffd", "").isascii() for text in texts)
