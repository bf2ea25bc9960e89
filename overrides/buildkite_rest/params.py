"""Types of the arguments of methods: a `TypedDict` or type alias for each schema that they need."""

import warnings
from typing import TYPE_CHECKING, Any

import _buildkite_rest.params as _params

if TYPE_CHECKING:
    from _buildkite_rest.params import *  # noqa: F403

__all__: list[str] = []
__all__ += _params.__all__  # in a form that type checkers know

if not TYPE_CHECKING:  # or type checkers would accept any name

    def __getattr__(name: str) -> Any:
        if name in _params.DEPRECATED:
            warnings.warn(_params.DEPRECATED[name], DeprecationWarning, stacklevel=2)
        return getattr(_params, name)


def __dir__() -> list[str]:
    return sorted(__all__)
