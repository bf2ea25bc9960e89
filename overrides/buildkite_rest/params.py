"""Types of the arguments of methods: a `TypedDict` or type alias for each schema that they need."""

from typing import TYPE_CHECKING

import _buildkite_rest.params as _params

if TYPE_CHECKING:  # or type checkers would accept any name
    from _buildkite_rest.params import *  # noqa: F403
else:
    from _buildkite_rest.params import public_name as __getattr__  # noqa: F401

__all__: list[str] = []
__all__ += _params.__all__  # in a form that type checkers know


def __dir__() -> list[str]:
    return sorted(__all__)
