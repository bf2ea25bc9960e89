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
    from ._auth import Auth as Auth
    from ._auth import JWTAuth as JWTAuth
    from ._auth import TokenAuth as TokenAuth
    from ._client import AsyncBuildkite as AsyncBuildkite
    from ._client import Buildkite as Buildkite
    from ._errors import APIConnectionError as APIConnectionError
    from ._errors import APIError as APIError
    from ._errors import APIStatusError as APIStatusError
    from ._errors import APITimeoutError as APITimeoutError
    from ._errors import AuthenticationError as AuthenticationError
    from ._errors import BadRequestError as BadRequestError
    from ._errors import BuildkiteError as BuildkiteError
    from ._errors import ConfigurationError as ConfigurationError
    from ._errors import ConflictError as ConflictError
    from ._errors import DecodeError as DecodeError
    from ._errors import DownloadError as DownloadError
    from ._errors import FieldError as FieldError
    from ._errors import NotFoundError as NotFoundError
    from ._errors import PaginationError as PaginationError
    from ._errors import PermissionDeniedError as PermissionDeniedError
    from ._errors import RateLimitError as RateLimitError
    from ._errors import ServerError as ServerError
    from ._errors import UnprocessableEntityError as UnprocessableEntityError
    from ._errors import WaitTimeoutError as WaitTimeoutError
    from ._errors import WebhookError as WebhookError
    from ._exchange import Timing as Timing
    from ._following import BuildChange as BuildChange
    from ._following import JobChange as JobChange
    from ._lenient import UnknownVariant as UnknownVariant
    from ._organization import AsyncOrganizationClient as AsyncOrganizationClient
    from ._organization import OrganizationClient as OrganizationClient
    from ._pacing import RateLimitPacing as RateLimitPacing
    from ._rate_limits import RateLimit as RateLimit
    from ._rate_limits import RateLimits as RateLimits
    from ._raw import RawResponse as RawResponse
    from ._retries import RetryPolicy as RetryPolicy
    from ._waits import Wait as Wait

_MODULES = {
    "APIConnectionError": "._errors",
    "APIError": "._errors",
    "APIStatusError": "._errors",
    "APITimeoutError": "._errors",
    "AsyncBuildkite": "._client",
    "AsyncByteStream": "_buildkite_rest.ports",
    "AsyncOrganizationClient": "._organization",
    "AsyncPager": "_buildkite_rest.ports",
    "Auth": "._auth",
    "AuthenticationError": "._errors",
    "BadRequestError": "._errors",
    "BuildChange": "._following",
    "Buildkite": "._client",
    "BuildkiteError": "._errors",
    "ByteStream": "_buildkite_rest.ports",
    "ConfigurationError": "._errors",
    "ConflictError": "._errors",
    "DecodeError": "._errors",
    "DownloadError": "._errors",
    "FieldError": "._errors",
    "JWTAuth": "._auth",
    "JobChange": "._following",
    "NotFoundError": "._errors",
    "OrganizationClient": "._organization",
    "Page": "_buildkite_rest.ports",
    "Pager": "_buildkite_rest.ports",
    "PaginationError": "._errors",
    "PermissionDeniedError": "._errors",
    "RateLimitError": "._errors",
    "RateLimit": "._rate_limits",
    "RateLimitPacing": "._pacing",
    "RateLimits": "._rate_limits",
    "RawResponse": "._raw",
    "RetryPolicy": "._retries",
    "ServerError": "._errors",
    "Timing": "._exchange",
    "TokenAuth": "._auth",
    "UNSET": "_buildkite_rest.types",
    "UnknownVariant": "._lenient",
    "UnprocessableEntityError": "._errors",
    "Unset": "_buildkite_rest.types",
    "Wait": "._waits",
    "WaitTimeoutError": "._errors",
    "WebhookError": "._errors",
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
