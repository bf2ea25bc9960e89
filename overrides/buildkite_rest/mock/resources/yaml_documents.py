"""YAML documents in requests, and OIDC policies."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ..._base.arguments import is_mapping
from ..._base.json_values import is_array
from ..http.errors import BadRequestError

#: Escape of a character that no UTF-8 text has.
_SURROGATE = re.compile(r"\\(?:u|U0000)d[89a-f]", re.IGNORECASE)


def load_yaml(text: str) -> object:
    """Load a YAML document with strings as scalars, so that no number or date is invalid.

    Raises:
        yaml.YAMLError, ValueError, RecursionError: It is not valid.
    """
    if _SURROGATE.search(text):
        raise ValueError("a surrogate is not a character")
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes nothing but strings of scalars


# The type stubs of PyYAML do not say which streams `safe_dump` writes to.
# pyright: reportUnknownMemberType=false


_INVALID = "oidc_policy must be a list of statements with iss and claims, as JSON or as plain YAML"


def policy_text(policy: str | list[Any] | None) -> str | None:
    """Return a policy, given as text or as statements, as text. Return None for a blank policy."""
    if not isinstance(policy, str):
        return yaml.safe_dump(policy, sort_keys=False) if policy else None
    if not policy.strip():
        return None
    try:
        statements = load_yaml(policy)
        is_plain = not any(map(_has_name, yaml.parse(policy, Loader=yaml.BaseLoader)))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadRequestError(_INVALID) from error
    if not is_plain or not is_array(statements) or not all(map(_is_statement, statements)):
        raise BadRequestError(_INVALID)
    return policy


def _has_name(event: yaml.Event) -> bool:
    """Return whether there is an anchor, an alias or a tag."""
    return getattr(event, "anchor", None) is not None or getattr(event, "tag", None) is not None


def _is_statement(statement: object) -> bool:
    return is_mapping(statement) and isinstance(statement.get("iss"), str) and is_mapping(statement.get("claims"))
