"""What requests are made of, a dictionary type or type alias per schema of the description."""

from typing import TYPE_CHECKING, Any

from _buildkite_rest import params as _params

if TYPE_CHECKING:
    from _buildkite_rest.params import *  # noqa: F403

__all__ = _params.__all__  # pyright: ignore[reportUnsupportedDunderAll]

if not TYPE_CHECKING:  # or type checkers would take any name

    def __getattr__(name: str) -> Any:
        return getattr(_params, name)


def __dir__() -> list[str]:
    return sorted(__all__)
