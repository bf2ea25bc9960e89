"""Models of responses: a class or type alias per schema of the spec."""

import warnings
from typing import TYPE_CHECKING, Any

import _buildkite_rest.models as _models

if TYPE_CHECKING:
    from _buildkite_rest.models import *  # noqa: F403

__all__: list[str] = []
__all__ += _models.__all__  # in a form that type checkers know

if not TYPE_CHECKING:  # or type checkers would accept any name

    def __getattr__(name: str) -> Any:
        if name in _models.DEPRECATED:
            warnings.warn(_models.DEPRECATED[name], DeprecationWarning, stacklevel=2)
        return getattr(_models, name)


def __dir__() -> list[str]:
    return sorted(__all__)
