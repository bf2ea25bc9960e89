"""Facts of the Buildkite API and names of this project. Nothing else in `generator/` names Buildkite."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from attrs import frozen

PACKAGE = "_buildkite_rest"
"""The generated package."""

PUBLIC_PACKAGE = "buildkite_rest"
"""The package that users import."""

ORGANIZATION = "org"
"""The path parameter that names the organization."""

SCOPE = re.compile(r"[a-z]+(?:_[a-z]+)+")
"""How a scope of a token is written."""


@frozen
class Pagination:
    """How a list is split into pages."""

    parameters: tuple[str, ...]
    header: str | None = None
    """The response header that links to the next page."""
    envelope: tuple[str, ...] = ()
    """The properties of a page, the items first; empty where the response body is the list itself."""

    @property
    def required(self) -> str:
        """What an operation needs, as messages name it."""
        header = f"a {self.header} header and " if self.header else ""
        body = f"{{{', '.join(self.envelope)}}}" if self.envelope else "an array"
        return f"{', '.join(self.parameters)}, {header}{body} on 200"

    def items(self, page: dict[str, Any]) -> Any:
        """Return the schema of the list in the schema of `page`, or None."""
        return page.get("properties", {}).get(self.envelope[0]) if self.envelope else page


PAGE_ENVELOPE = ("items", "links")
"""The properties of a page of cursor pagination, the items first."""

PAGINATION = {
    "link": Pagination(("page", "per_page"), header="Link"),
    "cursor": Pagination(("per_page", "after", "before"), envelope=PAGE_ENVELOPE),
    "none": None,
}
"""The values of `x-pagination`."""

RATE_LIMIT_HEADERS = frozenset(
    f"RateLimit-{user}{name}" for user in ("", "User-") for name in ("Scope", "Remaining", "Limit", "Reset")
)

ERROR_RESPONSES = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "429": "TooManyRequests",
}
"""The shared response of each error status."""

UNLIMITED_STATUS = "401"
"""The status of responses without rate-limit headers: no token was recognized, so no limit applies."""

EXCEPTIONS = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "422": "UnprocessableEntityError",
    "429": "RateLimitError",
    "503": "ServerError",
}
"""The exception that the client raises for each error status; `APIStatusError` for any other."""

DOCUMENTATION = "https://buildkite.com/docs/"
UNDOCUMENTED = "Not in Buildkite's documentation; official tools use it."
"""Source of an operation with `x-undocumented`, in its docstring."""

DOCUMENTATION_REPOSITORY = "buildkite/docs"
DOCUMENTATION_PAGES = "pages/apis"
API_HOST = "api.buildkite.com"

Shape: TypeAlias = tuple[str, str]
"""An HTTP method and a path without the names of its parameters."""

_CLUSTER = "/v2/organizations/{}/clusters/{}"
_TESTS = "/v2/analytics/organizations/{}/suites/{}/tests"
DOCUMENTATION_CORRECTIONS: dict[tuple[str, Shape], Shape] = {
    ("maintainers.md", ("DELETE", _CLUSTER)): ("DELETE", f"{_CLUSTER}/maintainers/{{}}"),
    ("quarantine.md", ("PUT", f"{_TESTS}/skipped")): ("GET", f"{_TESTS}/skipped"),
}
"""Errors of the documentation: page and operation as written, and the operation that is meant. spec/DECISIONS.md has
the reasons."""
