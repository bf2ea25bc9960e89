"""Names of classes in `repr`, `help` and tracebacks: those by which they are imported."""

from typing import Any


def name_classes(names: dict[str, Any]) -> None:
    """Name classes after the public module with the globals `names`, which imports them from private ones below it."""
    module = names["__name__"]
    for each in names.values():
        if isinstance(each, type) and each.__module__.startswith(f"{module}._"):
            each.__module__ = module
