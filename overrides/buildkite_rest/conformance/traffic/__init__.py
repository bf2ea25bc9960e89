"""Check of traffic with the rules of a run: `with TrafficCheck("report.txt") as check`, or recordings in files.

Needs the extra `conformance`. `buildkite-rest conformance traffic` checks recorded traffic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .check import BodyProblem, TrafficCheck
    from .judge import Finding

__all__ = ["BodyProblem", "Finding", "TrafficCheck"]
EXTRA: Final = frozenset({"jsonschema_rs", "requests", "yaml"})

if not TYPE_CHECKING:  # or type checkers would accept any name

    def __getattr__(name: str) -> Any:
        """Import on first use: `--help` of the command works without the extra."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            return getattr(import_module(".check", __name__), name)
        except ModuleNotFoundError as error:
            if error.name not in EXTRA:
                raise
            message = f"{error.name} is not installed; it comes with buildkite-rest[conformance]"
            raise ModuleNotFoundError(message, name=error.name, path=error.path) from error
