"""The Buildkite REST API v2 for Python.

    from buildkite_rest import Buildkite

    with Buildkite() as client:  # the token stands in $BUILDKITE_API_TOKEN
        for build in client.builds.list("acme", "web", state=["failed"], max_items=20):
            print(build.number, build.state, build.created_at)

Names are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from _buildkite_rest.ports import AsyncByteStream as AsyncByteStream
    from _buildkite_rest.ports import AsyncPager as AsyncPager
    from _buildkite_rest.ports import ByteStream as ByteStream
    from _buildkite_rest.ports import Page as Page
    from _buildkite_rest.ports import Pager as Pager
    from _buildkite_rest.types import UNSET as UNSET
    from _buildkite_rest.types import Unset as Unset

    from . import models as models
    from . import params as params
    from . import webhooks as webhooks
    from ._auth.tokens import Auth as Auth
    from ._auth.tokens import JWTAuth as JWTAuth
    from ._auth.tokens import TokenAuth as TokenAuth
    from ._base.errors import APIConnectionError as APIConnectionError
    from ._base.errors import APIError as APIError
    from ._base.errors import APIStatusError as APIStatusError
    from ._base.errors import APITimeoutError as APITimeoutError
    from ._base.errors import AuthenticationError as AuthenticationError
    from ._base.errors import BadRequestError as BadRequestError
    from ._base.errors import BuildkiteError as BuildkiteError
    from ._base.errors import ConfigurationError as ConfigurationError
    from ._base.errors import ConflictError as ConflictError
    from ._base.errors import DecodeError as DecodeError
    from ._base.errors import DownloadError as DownloadError
    from ._base.errors import FieldError as FieldError
    from ._base.errors import NotFoundError as NotFoundError
    from ._base.errors import PaginationError as PaginationError
    from ._base.errors import PermissionDeniedError as PermissionDeniedError
    from ._base.errors import RateLimitError as RateLimitError
    from ._base.errors import ServerError as ServerError
    from ._base.errors import UnprocessableEntityError as UnprocessableEntityError
    from ._base.errors import WaitTimeoutError as WaitTimeoutError
    from ._base.errors import WebhookError as WebhookError
    from ._base.rate_limits import RateLimit as RateLimit
    from ._base.rate_limits import RateLimits as RateLimits
    from ._client import AsyncBuildkite as AsyncBuildkite
    from ._client import Buildkite as Buildkite
    from ._decoding.lenient import UnknownVariant as UnknownVariant
    from ._http.attempts import Timing as Timing
    from ._http.raw import RawResponse as RawResponse
    from ._organization import AsyncOrganizationClient as AsyncOrganizationClient
    from ._organization import OrganizationClient as OrganizationClient
    from ._policy.notices import Wait as Wait
    from ._policy.pacing import RateLimitPacing as RateLimitPacing
    from ._policy.retries import RetryPolicy as RetryPolicy
    from ._resources.changes import BuildChange as BuildChange
    from ._resources.changes import JobChange as JobChange

_MODULES = {
    "APIConnectionError": "._base.errors",
    "APIError": "._base.errors",
    "APIStatusError": "._base.errors",
    "APITimeoutError": "._base.errors",
    "AsyncBuildkite": "._client",
    "AsyncByteStream": "_buildkite_rest.ports",
    "AsyncOrganizationClient": "._organization",
    "AsyncPager": "_buildkite_rest.ports",
    "Auth": "._auth.tokens",
    "AuthenticationError": "._base.errors",
    "BadRequestError": "._base.errors",
    "BuildChange": "._resources.changes",
    "Buildkite": "._client",
    "BuildkiteError": "._base.errors",
    "ByteStream": "_buildkite_rest.ports",
    "ConfigurationError": "._base.errors",
    "ConflictError": "._base.errors",
    "DecodeError": "._base.errors",
    "DownloadError": "._base.errors",
    "FieldError": "._base.errors",
    "JWTAuth": "._auth.tokens",
    "JobChange": "._resources.changes",
    "NotFoundError": "._base.errors",
    "OrganizationClient": "._organization",
    "Page": "_buildkite_rest.ports",
    "Pager": "_buildkite_rest.ports",
    "PaginationError": "._base.errors",
    "PermissionDeniedError": "._base.errors",
    "RateLimitError": "._base.errors",
    "RateLimit": "._base.rate_limits",
    "RateLimitPacing": "._policy.pacing",
    "RateLimits": "._base.rate_limits",
    "RawResponse": "._http.raw",
    "RetryPolicy": "._policy.retries",
    "ServerError": "._base.errors",
    "Timing": "._http.attempts",
    "TokenAuth": "._auth.tokens",
    "UNSET": "_buildkite_rest.types",
    "UnknownVariant": "._decoding.lenient",
    "UnprocessableEntityError": "._base.errors",
    "Unset": "_buildkite_rest.types",
    "Wait": "._policy.notices",
    "WaitTimeoutError": "._base.errors",
    "WebhookError": "._base.errors",
}

__all__ = [
    "UNSET",
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncBuildkite",
    "AsyncByteStream",
    "AsyncOrganizationClient",
    "AsyncPager",
    "Auth",
    "AuthenticationError",
    "BadRequestError",
    "BuildChange",
    "Buildkite",
    "BuildkiteError",
    "ByteStream",
    "ConfigurationError",
    "ConflictError",
    "DecodeError",
    "DownloadError",
    "FieldError",
    "JWTAuth",
    "JobChange",
    "NotFoundError",
    "OrganizationClient",
    "Page",
    "Pager",
    "PaginationError",
    "PermissionDeniedError",
    "RateLimit",
    "RateLimitError",
    "RateLimitPacing",
    "RateLimits",
    "RawResponse",
    "RetryPolicy",
    "ServerError",
    "Timing",
    "TokenAuth",
    "UnknownVariant",
    "UnprocessableEntityError",
    "Unset",
    "Wait",
    "WaitTimeoutError",
    "WebhookError",
    "__version__",
]


#: Modules that are attributes without an import of their own.
_SUBMODULES: Final = frozenset({"models", "params", "webhooks"})

if not TYPE_CHECKING:  # or type checkers would take any name

    def __getattr__(name: str) -> Any:
        if name in _SUBMODULES:
            return import_module(f".{name}", __name__)
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
