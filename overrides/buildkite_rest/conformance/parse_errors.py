"""Positions of errors in JSON and YAML files, for messages of one line."""

from __future__ import annotations

from json import JSONDecodeError
from typing import Final

import yaml

from .._base.safe_text import safe_excerpt

_MAX_PROBLEM: Final = 100
"""Characters of the description of an error, which may quote the file."""


def json_problem(error: ValueError) -> str:
    """Return the line, the column and the reason of an error in JSON: `line 1, column 22: Expecting value`."""
    if isinstance(error, JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return safe_excerpt(f"it contains {error}", _MAX_PROBLEM)


def yaml_problem(error: Exception) -> str:
    """Return the line, the column and the reason of an error in YAML, as far as they are known."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        reason = safe_excerpt(" ".join((error.problem or error.context or "invalid").split()), _MAX_PROBLEM)
        return reason if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: {reason}"
    if isinstance(error, yaml.reader.ReaderError):
        return f"character {error.position + 1}: {error.reason}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return safe_excerpt(" ".join(str(error).split()), _MAX_PROBLEM)
