"""Types of request bodies and parameters: a `TypedDict` or type alias per schema of the spec."""

from typing import TYPE_CHECKING, Any

from _buildkite_rest import params as _params

if TYPE_CHECKING:
    from _buildkite_rest.params import *  # noqa: F403

__all__ = _params.__all__  # pyright: ignore[reportUnsupportedDunderAll]

if not TYPE_CHECKING:  # or type checkers would accept any name

    def __getattr__(name: str) -> Any:
        return getattr(_params, name)


def __dir__() -> list[str]:
    return sorted(__all__)
