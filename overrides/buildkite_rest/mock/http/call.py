"""API requests as handlers receive them, and their replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import msgspec

from ..backend import Backend
from ..values import Json
from .query import Query
from .rate_limits import RateLimit

if TYPE_CHECKING:
    from ..resources.access_tokens import Token
    from ..resources.organizations import Organization


@attrs.define(kw_only=True)
class Call:
    """An API request. Its token, scopes, parameters and body have been validated."""

    backend: Backend
    now: float
    path: str
    params: Mapping[str, str]
    query: Query
    headers: Mapping[str, str]
    base_url: str
    storage_url: str
    organization_limit: RateLimit
    #: IP address of the client.
    client: str | None = None
    body: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    _token: Token | None = attrs.field(default=None, alias="token")
    #: Pipelines and agents as JSON, which lists of builds repeat.
    rendered: dict[str, Json] = attrs.field(factory=dict[str, Any], init=False)

    @property
    def token(self) -> Token:
        """Access token of the request. Public operations have none."""
        if self._token is None:
            raise LookupError("a public operation has no token")
        return self._token

    def may(self, scope: str) -> bool:
        """Return whether the token has a scope."""
        return scope in self.token.scopes

    def rendered_once(self, identifier: str, render: Callable[[], Json]) -> Json:
        """Return the JSON of an object, which is rendered once in each request."""
        if identifier not in self.rendered:
            self.rendered[identifier] = render()
        return self.rendered[identifier]

    def find_organization(self) -> Organization | None:
        """Return the organization in the path, if the token has access to it."""
        slug = self.params.get("org")
        return next((each for each in self.token.organizations if each.slug == slug), None)


JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
_encode = msgspec.json.Encoder().encode


@attrs.frozen
class Reply:
    """A response to be sent."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    #: The objects that the request has changed: the JSON of the body, or of what is deleted.
    value: Any = None


def json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a JSON reply."""
    return Reply(status, _encode(value), JSON, headers or {}, value)


def no_content() -> Reply:
    """Return a 204 reply."""
    return Reply(204)
