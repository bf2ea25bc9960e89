"""Planted bugs that the runner does not find, by set, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MISSED: Final[Mapping[str, Mapping[str, str]]] = {"first_set": {}, "second_set": {}}
