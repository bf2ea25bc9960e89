"""YAML loader without resolved types, with limits on depth and size so that no document is slow to parse."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from .._base.arguments import is_mapping
from .._base.json_values import is_array

#: Nesting of lists and mappings. The scanner of PyYAML takes quadratic time on deep documents.
_DEEPEST = 30
#: Values and characters after aliases are expanded.
_LARGEST = 1_000_000
#: Tokens, several for each value. PyYAML reads about 50,000 in a second, and 500 jobs do not need more.
_MOST_TOKENS = 25_000


class TooLargeError(yaml.YAMLError):
    """A document that is valid but too expensive. The message is a predicate: "is too large"."""


class _Loader(yaml.BaseLoader):
    """Loads all scalars as strings, so that no number or date is invalid, and limits depth and size early."""

    def fetch_more_tokens(self) -> None:
        """Scan a token."""
        if self.tokens_taken + len(self.tokens) > _MOST_TOKENS:
            raise TooLargeError("has too many values")
        super().fetch_more_tokens()
        if max(self.flow_level, len(self.indents)) > _DEEPEST:
            raise TooLargeError("is nested too deeply")


def load_yaml(text: str) -> object:
    """Load a YAML document.

    Raises:
        TooLargeError: It is too deep, too long, or too large with its aliases.
        yaml.YAMLError, ValueError, RecursionError: It is not valid.
    """
    document: object = yaml.load(text, Loader=_Loader)  # noqa: S506 - it makes strings of all scalars
    _check_size(document)
    return document


def yaml_events(text: str) -> Iterator[yaml.Event]:
    """Return the events of a YAML document, with the same errors."""
    return yaml.parse(text, Loader=_Loader)


def _check_size(document: object) -> None:
    """Reject aliases that multiply or contain themselves."""
    size, values = 0, [document]
    while values:
        value = values.pop()
        size += 1
        if isinstance(value, str):
            size += len(value.encode())  # which raises ValueError for an escaped surrogate
        elif is_array(value):
            values += value
        elif is_mapping(value):
            values += [*value, *value.values()]
        if size + len(values) > _LARGEST:
            raise TooLargeError("is too large")
