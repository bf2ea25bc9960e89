"""What generated resources ask of whoever sends requests for them, and the record that describes each operation."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

from msgspec import Struct

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

QueryStyle: TypeAlias = Literal["array", "scalar-or-array", "deepObject"]
"""How a query argument that is not one plain value is written: `x[]=…`, `x=…` or `x[]=…`, `x[key]=…`."""


class Operation(Struct, Generic[T], frozen=True, kw_only=True):
    """One call of the API, in one of the media types that it can answer with.

    `T` is what a caller gets; for a list, one of its items.
    """

    id: str
    """The `operationId` of the description."""
    method: str
    path: str
    """The path with `{parameters}`."""
    scopes: tuple[str, ...]
    """The scopes that the token needs."""
    needs_token: bool
    idempotent: bool
    """Whether it does no harm when it is done twice, so that it may be sent again after an unclear failure."""
    success: tuple[int, ...]
    """The statuses that are no error."""
    pagination: Literal["link", "cursor", "none"]
    parameters: Callable[[], Mapping[str, Any]] = dict
    """Imports and returns the types of the path, query and header parameters, by their names on the wire.

    The type of an optional parameter includes `None`. A parameter that is missing here accepts any type.
    """
    names: Mapping[str, str] = {}
    """The names in Python of the arguments that have another name on the wire."""
    query_styles: Mapping[str, QueryStyle]
    """The query arguments that are not one plain value."""
    body: Literal["none", "optional", "required"]
    body_media: str
    """The media type of the body: `application/json`, `multipart/form-data` or nothing."""
    body_type: Callable[[], Any] | None = None
    """Imports and returns the `TypedDict` of a JSON body."""
    files: tuple[str, ...] = ()
    """The properties of a form that are files."""
    accept: str
    """The media type to ask for."""
    returns: Literal["json", "nothing", "headers", "text", "stream"]
    result: Callable[[], Any]
    """Imports and returns the type that a JSON body is decoded into."""


class Arguments(Struct, frozen=True):
    """The arguments of a call.

    In `query` and `headers`, `None` and `UNSET` mean that the argument was not given. In `body`, `UNSET` means that it
    was not given, and `None` is sent as null.
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
        """The headers of the response that brought the page."""
        ...

    @property
    def next_url(self) -> str | None:
        """Address of the page that follows, or None on the last one. It may hold a credential."""
        ...

    @property
    def last_page(self) -> int | None:
        """Number of the last page, where the API tells it."""
        ...


class Pager(Protocol[T_co]):
    """A list that is fetched page by page while it is read."""

    def __iter__(self) -> Iterator[T_co]:
        """Iterate the items of all pages."""
        ...

    def pages(self) -> Generator[Page[T_co], None, None]:
        """Iterate whole pages, with their headers."""
        ...

    def prefetch(self, n: int) -> "Pager[T_co]":
        """Return the same list, read ahead with at most `n` requests in flight and `n` pages in memory.

        Items, order and errors are those of the plain list: an error is raised when its page is reached, and no page
        is read that `max_items` does not need. Lists whose pages tell the number of the last one are read `n` pages
        ahead, others one page.

        The requests run in threads. Stopping early (`break`, an exception, `close()` of the iterator) ends their
        waits and retries. Requests in flight cannot be interrupted; they end in the background and are not waited for.

        A list that changes meanwhile can show an item twice or not at all, as numbered pages always can; nothing is
        sorted out. Compare the `id` where that matters.

        Raises:
            TypeError: `n` is no int.
            ValueError: `n` is less than one.
        """
        ...

    def resume(self, next_url: str) -> "Pager[T_co]":
        """Return the rest of the list, from a page on whose address `Page.next_url` told earlier.

        The address brings its own filters and page size; `max_items` counts from there.

        Raises:
            PaginationError: The address lies on another origin than the API. Nothing was sent.
            ValueError: The address is None, as it is on the last page.
        """
        ...


class AsyncPager(Protocol[T_co]):
    """A list that is fetched page by page while it is read with `async for`."""

    def __aiter__(self) -> AsyncIterator[T_co]:
        """Iterate the items of all pages."""
        ...

    def pages(self) -> AsyncGenerator[Page[T_co], None]:
        """Iterate whole pages, with their headers."""
        ...

    def prefetch(self, n: int) -> "AsyncPager[T_co]":
        """Return the same list, read ahead with at most `n` requests in flight and `n` pages in memory.

        Items, order and errors are those of the plain list: an error is raised when its page is reached, and no page
        is read that `max_items` does not need. Lists whose pages tell the number of the last one are read `n` pages
        ahead, others one page.

        The requests run in tasks. To stop early (`break`, an exception, a cancellation) cancels them.

        A list that changes meanwhile can show an item twice or not at all, as numbered pages always can; nothing is
        sorted out. Compare the `id` where that matters.

        Raises:
            TypeError: `n` is no int.
            ValueError: `n` is less than one.
        """
        ...

    def resume(self, next_url: str) -> "AsyncPager[T_co]":
        """Return the rest of the list, from a page on whose address `Page.next_url` told earlier.

        The address brings its own filters and page size; `max_items` counts from there.

        Raises:
            PaginationError: The address lies on another origin than the API. Nothing was sent.
            ValueError: The address is None, as it is on the last page.
        """
        ...


class ByteStream(Protocol):
    """The body of an answer, read piece by piece."""

    @property
    def status(self) -> int:
        """Status of the response."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the response."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Iterate the pieces as they arrive."""
        ...

    def lines(self) -> Iterator[str]:
        """Iterate the lines.

        A line is given without its end, a line feed and a carriage return before it; bytes that are not UTF-8 are
        replaced.
        """
        ...

    def read(self) -> bytes:
        """Return all that is left."""
        ...


class AsyncByteStream(Protocol):
    """The body of an answer, read piece by piece with `async for`."""

    @property
    def status(self) -> int:
        """Status of the response."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the response."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate the pieces as they arrive."""
        ...

    def lines(self) -> AsyncIterator[str]:
        """Iterate the lines.

        A line is given without its end, a line feed and a carriage return before it; bytes that are not UTF-8 are
        replaced.
        """
        ...

    async def read(self) -> bytes:
        """Return all that is left."""
        ...


class Port(Protocol):
    """Sends requests. The client has a port over HTTP; a test may use one of its own."""

    def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return its decoded answer."""
        ...

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> Pager[T]:
        """Return the list that starts with this request; nothing is sent before it is read."""
        ...

    def stream(self, operation: Operation[ByteStream], arguments: Arguments) -> AbstractContextManager[ByteStream]:
        """Send a request and return its body unread."""
        ...


class AsyncPort(Protocol):
    """Sends requests without blocking."""

    async def send(self, operation: Operation[T], arguments: Arguments) -> T:
        """Send a request and return its decoded answer."""
        ...

    def paginate(self, operation: Operation[T], arguments: Arguments, max_items: int | None) -> AsyncPager[T]:
        """Return the list that starts with this request; nothing is sent before it is read."""
        ...

    def stream(
        self, operation: Operation[ByteStream], arguments: Arguments
    ) -> AbstractAsyncContextManager[AsyncByteStream]:
        """Send a request and return its body unread."""
        ...
