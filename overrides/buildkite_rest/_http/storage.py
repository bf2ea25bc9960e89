"""Requests to the storage of artifacts, which get no credentials. What they share; the ports send them."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from .._base.errors import REQUEST_ID, APIConnectionError, DownloadError, SentRequest
from .._base.urls import without_query
from .calls import BaseCaller
from .failures import Failure, connection_error, failure_of
from .library import DEFAULT_HEADERS
from .log_records import log_attempt

if TYPE_CHECKING:
    from .library import Request, Response

_logger: Final = logging.getLogger("buildkite_rest")
MAX_REDIRECTS: Final = 20
DOWNLOAD: Final = "getArtifactDownload"
"""The operation whose response contains the URL of a download."""


class StorageRequests(BaseCaller):
    """Requests of downloads, their redirects and their errors."""

    def _storage_request(self, url: object, headers: dict[str, str]) -> Request:
        """Return a request without credentials for a URL that the API returned, which may be any value."""
        headers = {**DEFAULT_HEADERS, "Accept-Encoding": "identity", **headers}
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            with suppress(self._library.invalid_url, ValueError):
                request = self._build_request("GET", url, headers=headers, timeout=self._timeout)
                if self._builder.params:  # They would invalidate the signature of the URL.
                    request.url = self._library.url_type(url)
                if request.url.host:
                    return _without_credentials(request)
        if not isinstance(url, str) or not url:
            raise DownloadError("the API returned no URL to download from")
        raise DownloadError(f"the API returned a URL of a download that is not an HTTP URL: {without_query(url)}")

    def _redirect_request(self, response: Response, redirect: Request, attempt: int, left: int) -> Request:
        """Return the request that follows a redirect of a download."""
        if left < 1:
            failure = Failure(f"more than {MAX_REDIRECTS} redirects", timed_out=False, maybe_sent=True)
            raise connection_error(failure, sent_to_storage(response.request, attempt, response))
        return _without_credentials(redirect)

    def _log_storage(self, started: float, sent: SentRequest, status: int | None, failure: str | None = None) -> None:
        if _logger.isEnabledFor(logging.DEBUG):
            log_attempt(sent, self._settings.timing.monotonic() - started, status, failure)

    def _storage_error(self, error: Exception, request: Request, attempt: int, started: float) -> APIConnectionError:
        """Log a failed request of a download, and return its error."""
        failure, sent = failure_of(self._library, error), sent_to_storage(request, attempt)
        self._log_storage(started, sent, None, failure.reason)
        return connection_error(failure, sent)


def _without_credentials(request: Request) -> Request:
    """Remove what identifies the user from a request to the storage, which may be on the host of the API."""
    if request.url.userinfo:
        raise DownloadError(
            f"a URL of the download has a user, whose password is not sent: {without_query(str(request.url))}"
        )
    request.headers.pop("Authorization", None)
    request.headers.pop("Cookie", None)
    return request


def sent_to_storage(request: Request, attempt: int, response: Response | None = None) -> SentRequest:
    """Return a request of a download, for an error. `attempt` is the number of the download's attempt."""
    request_id = None if response is None else response.headers.get(REQUEST_ID)
    return SentRequest(DOWNLOAD, request.method, str(request.url), attempt, request_id, is_to_storage=True)
