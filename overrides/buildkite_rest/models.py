"""Models of responses: a class or type alias per schema of the spec."""

from typing import TYPE_CHECKING

import _buildkite_rest.models as _models

if TYPE_CHECKING:  # or type checkers would accept any name
    from _buildkite_rest.models import *  # noqa: F403
else:
    from _buildkite_rest.models import public_name as __getattr__  # noqa: F401

__all__: list[str] = []
__all__ += _models.__all__  # in a form that type checkers know


def __dir__() -> list[str]:
    return sorted(__all__)
