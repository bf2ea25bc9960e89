"""The Buildkite REST API v2 for Python.

    from buildkite_rest import Buildkite

    with Buildkite() as client:  # the token is read from $BUILDKITE_API_TOKEN
        for build in client.builds.list("acme", "web", state=["failed"], max_items=20):
            print(build.number, build.state, build.created_at)

The public names are listed in `_public`. Each is imported when it is first used.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from . import logs as logs
    from . import models as models
    from . import params as params
    from . import urls as urls
    from . import webhooks as webhooks
    from ._public import *  # noqa: F403

_SUBMODULES: Final = frozenset({"logs", "models", "params", "urls", "webhooks"})
"""Public modules that are attributes of the package without an import of their own."""

if not TYPE_CHECKING:  # or type checkers would accept any name

    def __getattr__(name: str) -> Any:
        if name in _SUBMODULES:
            return import_module(f".{name}", __name__)
        if name == "__all__":
            return [*_modules(), "__version__"]
        module = None if name.startswith("_") else _modules().get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(module, __name__), name)
        if isinstance(value, type):
            value.__module__ = __name__
        return value


@cache
def _modules() -> dict[str, str]:
    """Return the module of each public name, from the text of `_public`, whose import would load them all."""
    from pathlib import Path  # noqa: PLC0415 - the import of the package alone loads nothing

    lines = Path(__file__).with_name("_public.py").read_text(encoding="utf-8").splitlines()
    words = [line.split() for line in lines if line.startswith("from ")]
    return {name: module for _, module, _, name, *_ in words}


def __dir__() -> list[str]:
    return sorted([*_modules(), *_SUBMODULES, "__version__"])
