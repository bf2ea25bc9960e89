"""Base of the ports: builds requests, and decodes responses. Nothing is sent here."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from _buildkite_rest.ports import Arguments, Operation

from .._base.clock import Timing
from .._base.errors import REQUEST_ID, APIConnectionError, DecodeError, DownloadError, SentRequest
from .._base.records import Record
from .._base.urls import without_query
from .._pagination.next_urls import NextURLs
from .._pagination.page import HTTPPage, first_arguments, make_page
from .attempt_log import AttemptLog
from .attempts import Attempts, BodyBuffer, Settings
from .content_coding import accept_encoding, is_undecoded
from .failures import CLOSED, Failure, connection_error, failure_of
from .library import (
    DEFAULT_HEADERS,
    Library,
    remove_unsendable,
)
from .pool import Connections
from .raw import record
from .request import WireRequest, build_request, with_params

if TYPE_CHECKING:
    from ..conformance.traffic import BodyProblem, TrafficCheck
    from .library import AsyncClient, Client, Request, Response, Timeout
    from .multipart import OpenForm


MAX_REDIRECTS: Final = 20
DOWNLOAD: Final = "getArtifactDownload"
"""The operation whose response contains the URL of a download."""


class ReceivedResponse(Record, frozen=True):
    """A response and its body, which is empty when the response is streamed."""

    response: Response
    content: bytes
    attempts: Attempts


class BasePort:
    """Base class of both ports: builds requests and decodes responses. Subclasses send and sleep."""

    def __init__(
        self, settings: Settings, library: Library, connections: Connections[Client] | Connections[AsyncClient]
    ) -> None:
        self._settings = settings
        self._library = library
        self._is_closed = connections.is_closed
        self._builder = connections.current
        self._client_headers = DEFAULT_HEADERS if connections.is_own else {}
        self._timeout = self._builder.timeout if settings.timeout is None else library.timeout(settings.timeout)

    @property
    def timing(self) -> Timing:
        """Clock and sleep functions."""
        return self._settings.timing

    @property
    def settings(self) -> Settings:
        """Settings shared by all calls."""
        return self._settings

    def _url(self, wire: WireRequest) -> str:
        url = self._settings.base_url.url + wire.target
        if self._settings.query:
            from .extra_parameters import add_query  # noqa: PLC0415 - few clients have any

            url = add_query(url, self._settings.query)
        return url

    def _first_page(self, operation: Operation[Any], arguments: Arguments, max_items: int | None) -> WireRequest:
        """Return the request of the first page of a list, of the largest useful size by default."""
        if not self._settings.query:
            return build_request(operation, first_arguments(arguments, max_items))
        from .extra_parameters import chooses_page, has_page_size  # noqa: PLC0415 - few clients have any

        options = self._settings.query
        paged = first_arguments(arguments, max_items, starts_elsewhere=chooses_page(options))
        return build_request(operation, arguments if has_page_size(options) else paged)

    def _next_page_settings(self, wire: WireRequest) -> Settings:
        """Return the settings for the pages of a list. The URL of the first one has the parameters of options."""
        from .extra_parameters import next_page_query  # noqa: PLC0415 - few clients have any

        return replace(self._settings, query=next_page_query(self._settings.query, wire.target))

    def _request(self, attempts: Attempts, url: str, wire: WireRequest, form: OpenForm | None) -> Request:
        """Return the request of the next attempt. Credentials that the HTTP client adds of its own are removed."""
        timeout = self._timeout_of(attempts)
        headers = {**DEFAULT_HEADERS, "Accept-Encoding": accept_encoding(wire.headers), **wire.headers}
        if self._settings.headers or self._settings.query:
            from .extra_parameters import add_headers, add_query  # noqa: PLC0415 - few clients have any

            url = add_query(url, self._settings.query)
            headers = add_headers(headers, self._settings.headers)
            headers["Accept-Encoding"] = accept_encoding(headers)
        headers = attempts.start_attempt(headers)
        added = {name: value for name, value in headers.items() if self._client_headers.get(name) != value}
        try:
            request = self._build_request(
                wire.method,
                url,
                headers=added,
                content=wire.content,
                files=form.parts if form else None,
                timeout=timeout,
            )
            if own := self._builder.params:
                request.url = self._library.url_type(with_params(url, own.multi_items()))
        except self._library.invalid_url:
            raise ValueError(f"{attempts.operation_id}: a URL of {len(url)} characters cannot be sent") from None
        if "Authorization" not in headers:
            request.headers.pop("Authorization", None)
        return request

    def _build_request(self, method: str, url: str, **options: Any) -> Request:
        """Build a request, and remove cookies that the library has stored but cannot send."""
        try:
            return self._builder.build_request(method, url, **options)
        except UnicodeEncodeError:
            remove_unsendable(self._builder.cookies.jar)
            return self._builder.build_request(method, url, **options)

    def _timeout_of(self, attempts: Attempts) -> Timeout:
        left = attempts.time_left()
        return self._timeout if left is None else self._library.limit_timeout(self._timeout, left)

    def _storage_request(self, url: object, headers: dict[str, str]) -> Request:
        """Return a request without credentials for a URL that the API returned, which may be any value."""
        headers = {**DEFAULT_HEADERS, "Accept-Encoding": "identity", **headers}
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            with suppress(self._library.invalid_url, ValueError):
                request = self._build_request("GET", url, headers=headers, timeout=self._timeout)
                if self._builder.params:  # They would invalidate the signature of the URL.
                    request.url = self._library.url_type(url)
                if request.url.host:
                    return self._without_credentials(request)
        if not isinstance(url, str) or not url:
            raise DownloadError("the API returned no URL to download from")
        raise DownloadError(f"the API returned a URL of a download that is not an HTTP URL: {without_query(url)}")

    def _without_credentials(self, request: Request) -> Request:
        """Remove what identifies the user from a request to the storage, which may be on the host of the API."""
        if request.url.userinfo:
            raise DownloadError(
                f"a URL of the download has a user, whose password is not sent: {without_query(str(request.url))}"
            )
        request.headers.pop("Authorization", None)
        request.headers.pop("Cookie", None)
        return request

    def _redirect_request(self, response: Response, redirect: Request, attempt: int, left: int) -> Request:
        """Return the request that follows a redirect of a download."""
        if left < 1:
            failure = Failure(f"more than {MAX_REDIRECTS} redirects", timed_out=False, maybe_sent=True)
            raise connection_error(failure, sent_to_storage(response.request, attempt, response))
        return self._without_credentials(redirect)

    def _storage_error(
        self, error: Exception, request: Request, attempt: int, log: AttemptLog | None
    ) -> APIConnectionError:
        """Log a failed request of a download, and return its error."""
        failure, sent = failure_of(self._library, error), sent_to_storage(request, attempt)
        if log is not None:
            log.write(sent, None, failure.reason)
        return connection_error(failure, sent)

    def _lift_deadline(self, request: Request) -> None:
        """Restore the timeouts of the client, which the deadline may have shortened. It does not apply to the body."""
        request.extensions["timeout"] = self._timeout.as_dict()
        request.extensions.pop("trace", None)

    def _failure(self, error: Exception) -> Failure:
        failure = failure_of(self._library, error)
        if not self._is_closed():
            return failure
        return replace(failure, reason=CLOSED, timed_out=False, permanent=True)

    def _observe(self, check: TrafficCheck, request: Request, response: Response, body: BodyBuffer | Exception) -> None:
        """Pass an exchange to the check. The body of a form is not known, nor one whose reading ends with an error."""
        request_body, content = None, None
        with suppress(RuntimeError):  # It is a stream.
            request_body = request.content
        if isinstance(body, Exception):
            problem = self._body_problem(body)
        elif not body.is_complete:
            problem = self._body_problem(body.error)
        elif is_undecoded(response.headers, body.content):
            problem = "undecodable"
        else:
            problem, content = None, body.content
        url, graphql_url = str(request.url), self._settings.graphql_url
        is_graphql = graphql_url is not None and url == graphql_url.url
        check.observe(
            request.method,
            url,
            response.status_code,
            response.headers.multi_items(),
            content,
            request_headers=request.headers.multi_items(),
            request_body=request_body,
            body_problem=problem,
            base_url=None if is_graphql else self._settings.base_url.url,
        )

    def _body_problem(self, error: Exception | None) -> BodyProblem:
        if isinstance(error, DecodeError) or (error is not None and self._library.is_broken_body(error)):
            return "undecodable"
        return "incomplete"

    def _result(self, operation: Operation[Any], received: ReceivedResponse) -> Any:
        record(operation.id, received.response.status_code, received.response.headers, received.content)
        match operation.returns:
            case "json":
                try:
                    return self._settings.decoder.decode(operation, received.content)
                except DecodeError as error:
                    received.attempts.identify(error)
                    raise
            case "headers":
                return received.response.headers
            case "text":
                return received.content.decode(errors="replace")
            case "bytes":
                return received.content
            case _:
                return None

    def _page(self, operation: Operation[Any], received: ReceivedResponse) -> HTTPPage[Any]:
        response = received.response
        record(operation.id, response.status_code, response.headers, received.content)
        resolve = partial(self._next_urls(operation).resolve, join=partial(self._join, response))
        try:
            body = self._settings.decoder.decode(operation, received.content)
            page = make_page(operation, body, received.content, response.headers, resolve)
        except DecodeError as error:
            received.attempts.identify(error)
            raise
        received.attempts.identify(page.next)
        return page

    def _next_urls(self, operation: Operation[Any]) -> NextURLs:
        return NextURLs(operation.id, operation.path, self._settings.base_url, self._settings.rewrite_next_urls)

    def _join(self, response: Response, url: str) -> str:
        try:
            return str(response.url.join(url))
        except self._library.invalid_url as error:
            raise ValueError("not a URL") from error


def sent_to_storage(request: Request, attempt: int, response: Response | None = None) -> SentRequest:
    """Return a request of a download, for an error. `attempt` is the number of the download's attempt."""
    request_id = None if response is None else response.headers.get(REQUEST_ID)
    return SentRequest(DOWNLOAD, request.method, str(request.url), attempt, request_id, is_to_storage=True)
