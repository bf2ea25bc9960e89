"""How wrong fields are refused: some operations list them, all others name them in one sentence."""

from __future__ import annotations

from ..errors import UnprocessableError, validation_failed
from .routes import Route

#: The only operations whose refusals are documented with a list of `errors`.
_LISTING = frozenset(
    {
        ("POST", "/v2/organizations/{org}/pipelines"),
        ("PATCH", "/v2/organizations/{org}/pipelines/{pipeline}"),
        ("POST", "/v2/organizations/{org}/pipelines/{pipeline}/builds"),
    }
)


def worded_for(route: Route, error: UnprocessableError) -> UnprocessableError:
    """Return a refusal in the words of an operation."""
    if not error.errors or (route.method, route.operation) in _LISTING:
        return error
    return validation_failed(", ".join(str(field) for field in error.errors))
