"""Server bugs: a table, an engine that plants them in the mock, and those that a table cannot describe."""

from functools import cache
from importlib import import_module
from pathlib import Path

from tests.conformance.bugs.table import PYTHON, Bug, load

_FOLDER = Path(__file__).parent


@cache
def all_bugs() -> tuple[Bug, ...]:
    """Return the bugs of the table, and those that a table cannot describe."""
    found = load(_FOLDER.with_suffix(".yaml"))
    for path in sorted(_FOLDER.glob("*.py")):
        if path.stem not in {"__init__", "run"}:
            import_module(f"{__name__}.{path.stem}")
    return (*found, *PYTHON)
