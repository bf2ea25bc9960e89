"""Ports, through which the generated resources send requests, and the record of an operation."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar, runtime_checkable

from msgspec import Struct

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

QueryStyle: TypeAlias = Literal["array", "scalar-or-array", "deepObject"]
"""Encoding of a query argument with several values: `x[]=…`, `x=…` or `x[]=…`, `x[key]=…`."""


class Operation(Struct, Generic[T], frozen=True, kw_only=True):
    """An operation of the API, in one of its response media types.

    `T` is the type that a caller gets; for a list, the type of its items.
    """

    id: str
    """The `operationId` of the spec."""
    method: str
    path: str
    """The path with `{parameters}`."""
    scopes: tuple[str, ...] = ()
    """The scopes that the token needs."""
    needs_token: bool = True
    idempotent: bool
    """Whether sending the request twice has the same effect as sending it once, so that it may be retried."""
    success: tuple[int, ...] = (200,)
    """The statuses of success responses."""
    pagination: Literal["link", "cursor", "none"] = "none"
    names: Mapping[str, str] = {}
    """Python names of the arguments that have another name on the wire."""
    query_styles: Mapping[str, QueryStyle] = {}
    """The query arguments with several values."""
    body: Literal["none", "optional", "required"] = "none"
    body_media: str = ""
    """Media type of the body: `application/json`, `multipart/form-data` or an empty string."""
    files: tuple[str, ...] = ()
    """Properties of a form that are files."""
    accept: str = "application/json"
    """Media type of the `Accept` header."""
    returns: Literal["json", "nothing", "headers", "text", "bytes", "stream"] = "json"
    result: Callable[[], Any] = lambda: None
    """Imports and returns the type that a JSON body is decoded into."""


class Arguments(Struct, frozen=True):
    """The arguments of a call.

    In `query` and `headers`, arguments that are `None` or `UNSET` are not sent. In `body`, `UNSET` is not sent, and
    `None` is sent as null.
    """

    path: Mapping[str, str | int]
    query: Mapping[str, object] = {}
    headers: Mapping[str, object] = {}
    body: Mapping[str, object] = {}


class Page(Protocol[T_co]):
    """One page of a list."""

    @property
    def items(self) -> Sequence[T_co]:
        """The items, in the API's order."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the response."""
        ...

    @property
    def next_url(self) -> str | None:
        """URL of the next page, or None on the last one. It may contain a credential.

        If `max_items` ends the list within this page, it is the URL of this page: a list that is resumed starts with
        the items that were cut and those before them.

        Raises:
            PaginationError: The URL that the API returned is invalid or on another origin.
        """
        ...

    @property
    def last_page(self) -> int | None:
        """Number of the last page, or None where the API does not return it, as on the last page."""
        ...

    @property
    def content(self) -> bytes:
        """The response body. A page of `pages()` has it, with items beyond `max_items` too."""
        ...

    def json(self) -> Any:
        """Return the decoded JSON of the response body: also what the spec lacks."""
        ...


@runtime_checkable
class Pager(Protocol[T_co]):
    """A list that is fetched page by page while it is iterated."""

    def __iter__(self) -> Iterator[T_co]:
        """Iterate the items of all pages."""
        ...

    def pages(self) -> Generator[Page[T_co], None, None]:
        """Iterate whole pages, with their headers."""
        ...

    def first(self) -> T_co | None:
        """Return the first item, or None if the list is empty.

        Requests one page with one item, or a whole page if the list starts at another one, by an argument or by
        `resume`. If that page is empty but others follow, the list is read up to its first item. A first item that
        is null, against the spec, is None too.
        """
        ...

    def prefetch(self, n: int) -> "Pager[T_co]":
        """Return the same list, fetched ahead with at most `n` requests in flight and `n` pages in memory.

        Items, order and errors are those of the plain list: an error is raised when its page is reached, and no page
        is fetched that `max_items` does not need. Lists that return the number of their last page are fetched `n`
        pages ahead, others one page.

        The requests run in threads. Stopping early (`break`, an exception, `close()` of the iterator) ends their
        pauses and retries. Requests in flight cannot be interrupted; they finish in the background.

        If the list changes meanwhile, an item can appear twice or not at all, as with numbered pages in general.
        Compare the `id` where that matters.

        Raises:
            TypeError: `n` is not an int.
            ValueError: `n` is less than one.
        """
        ...

    def resume(self, next_url: str) -> "Pager[T_co]":
        """Return the rest of the list, starting at an earlier `Page.next_url`.

        The URL contains the filters, the page size and the parameters of the path; `max_items` counts from there.

        Raises:
            PaginationError: The URL is invalid, has another origin than the API, or is that of another operation.
                Nothing was sent.
            TypeError: The URL is not a str.
            ValueError: The URL is None, as it is on the last page.
        """
        ...


@runtime_checkable
class AsyncPager(Protocol[T_co]):
    """A list that is fetched page by page while it is iterated with `async for`."""

    def __aiter__(self) -> AsyncIterator[T_co]:
        """Iterate the items of all pages."""
        ...

    def pages(self) -> AsyncGenerator[Page[T_co], None]:
        """Iterate whole pages, with their headers."""
        ...

    async def first(self) -> T_co | None:
        """Return the first item, or None if the list is empty.

        Requests one page with one item, or a whole page if the list starts at another one, by an argument or by
        `resume`. If that page is empty but others follow, the list is read up to its first item. A first item that
        is null, against the spec, is None too.
        """
        ...

    def prefetch(self, n: int) -> "AsyncPager[T_co]":
        """Return the same list, fetched ahead with at most `n` requests in flight and `n` pages in memory.

        Items, order and errors are those of the plain list: an error is raised when its page is reached, and no page
        is fetched that `max_items` does not need. Lists that return the number of their last page are fetched `n`
        pages ahead, others one page.

        The requests run in tasks. Stopping early (`break`, an exception, a cancellation) cancels them.

        If the list changes meanwhile, an item can appear twice or not at all, as with numbered pages in general.
        Compare the `id` where that matters.

        Raises:
            TypeError: `n` is not an int.
            ValueError: `n` is less than one.
        """
        ...

    def resume(self, next_url: str) -> "AsyncPager[T_co]":
        """Return the rest of the list, starting at an earlier `Page.next_url`.

        The URL contains the filters, the page size and the parameters of the path; `max_items` counts from there.

        Raises:
            PaginationError: The URL is invalid, has another origin than the API, or is that of another operation.
                Nothing was sent.
            TypeError: The URL is not a str.
            ValueError: The URL is None, as it is on the last page.
        """
        ...


class ByteStream(Protocol):
    """A response body that is read in chunks."""

    @property
    def status(self) -> int:
        """Status of the response."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the response."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Iterate the chunks as they arrive."""
        ...

    def lines(self) -> Iterator[str]:
        """Iterate the lines.

        A line has no line feed at its end, and no carriage return before it. Bytes that are not UTF-8 are replaced.
        """
        ...

    def read(self) -> bytes:
        """Return the rest of the body."""
        ...


class AsyncByteStream(Protocol):
    """A response body that is read in chunks with `async for`."""

    @property
    def status(self) -> int:
        """Status of the response."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the response."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate the chunks as they arrive."""
        ...

    def lines(self) -> AsyncIterator[str]:
        """Iterate the lines.

        A line has no line feed at its end, and no carriage return before it. Bytes that are not UTF-8 are replaced.
        """
        ...

    async def read(self) -> bytes:
        """Return the rest of the body."""
        ...


class Port(Protocol):
    """Sends requests. The client has a port over HTTP; a test may use one of its own."""

    def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return the decoded response body."""
        ...

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> Pager[T]:
        """Return the list that starts with this request. Nothing is sent before it is iterated."""
        ...

    def stream(self, operation: Operation[ByteStream], arguments: Arguments) -> AbstractContextManager[ByteStream]:
        """Send a request and return the response body as a stream."""
        ...


class AsyncPort(Protocol):
    """Sends requests without blocking."""

    async def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return the decoded response body."""
        ...

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> AsyncPager[T]:
        """Return the list that starts with this request. Nothing is sent before it is iterated."""
        ...

    def stream(
        self, operation: Operation[ByteStream], arguments: Arguments
    ) -> AbstractAsyncContextManager[AsyncByteStream]:
        """Send a request and return the response body as a stream."""
        ...
