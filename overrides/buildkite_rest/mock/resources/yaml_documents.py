"""YAML documents in requests: a loader with limits, so that no document is slow to parse, and OIDC policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from ..._base.arguments import is_mapping
from ..._base.json_values import is_array
from ..http.errors import BadRequestError

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


# The type stubs of PyYAML do not say which streams `safe_dump` writes to.
# pyright: reportUnknownMemberType=false


_INVALID = "oidc_policy must be a list of statements with iss and claims, as JSON or as plain YAML"
_LONGEST_POLICY = 20_000
_DEEPEST_POLICY = 20


def policy_text(policy: str | list[Any] | None) -> str | None:
    """Return a policy, given as text or as statements, as text. Return None for a blank policy."""
    try:
        if not policy:
            return None
        if not isinstance(policy, str):
            return yaml.safe_dump(policy, sort_keys=False)
        if policy.isspace():
            return None
        if len(policy) > _LONGEST_POLICY:
            raise BadRequestError("oidc_policy is too long")
        _check_events(yaml_events(policy))
        statements = load_yaml(policy)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadRequestError(_INVALID) from error
    if not is_array(statements) or not all(_is_statement(statement) for statement in statements):
        raise BadRequestError(_INVALID)
    return policy


def _check_events(events: Iterable[yaml.Event]) -> None:
    """Reject anchors, aliases, tags and deep nesting."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        is_named = isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None
        if is_named or getattr(event, "tag", None) is not None or depth > _DEEPEST_POLICY:
            raise BadRequestError(f"{_INVALID}, without anchors, aliases and tags")


def _is_statement(statement: object) -> bool:
    return is_mapping(statement) and isinstance(statement.get("iss"), str) and is_mapping(statement.get("claims"))
