"""Exchanges: requests with their responses, and the journal of all of a run."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

from attrs import define, evolve, field, frozen

from .._base.json_values import as_object, is_array, is_object, loads_or_none
from .._pagination.links import parse_links
from .api import Operation

PathValues: TypeAlias = Mapping[str, Any]
Query: TypeAlias = Mapping[str, Any]
"""Values of query parameters; a list is repeated."""

#: The value of a body that is not sent.
NO_BODY: Final = object()
#: The credential of the run.
TOKEN: Final = "token"  # noqa: S105 - a name
#: Names of the further tokens of a run. Those with some of the scopes have a number.
NO_SCOPE, LIMITED, EXPIRED, FOREIGN, REVOCABLE = "no scope", "limited", "expired", "foreign", "revocable"
#: No credential.
ANONYMOUS: Final = "none"
#: Exchanges of each operation that the journal keeps. A failure shows one, and rules compare it with the last ones.
_KEPT: Final = 50


@frozen(eq=False)
class Request:
    """A request for an operation."""

    operation: Operation
    values: PathValues = field(factory=dict[str, Any])
    query: Query = field(factory=dict[str, Any])
    headers: Mapping[str, str] = field(factory=dict[str, str])
    body: Any = NO_BODY
    """JSON."""
    content: bytes | None = None
    """A body that is sent as it is, in place of JSON."""
    files: Mapping[str, tuple[str, bytes]] | None = None
    """Names and contents of files, by form field."""
    credential: str = TOKEN
    """Name of the credential, or a value of the header `Authorization`."""
    method: str = ""
    """Another method than that of the operation."""
    suffix: str = ""
    """What is appended to the path."""
    why: str = ""
    """What the request tries, for messages: `with the filter state=passed`."""

    @property
    def sent_method(self) -> str:
        """The method that is sent."""
        return self.method or self.operation.method

    @property
    def path(self) -> str:
        """The encoded path."""
        return self.operation.path_with(self.values) + self.suffix

    @property
    def is_plain(self) -> bool:
        """Whether the request is one that the operation documents, so that its response can be judged as such."""
        return not self.method and self.content is None and not self.suffix

    @property
    def is_read(self) -> bool:
        """Whether the request changes nothing."""
        return self.sent_method in {"GET", "HEAD", "OPTIONS"}

    @cached_property
    def key(self) -> tuple[str, ...]:
        """What is the same for two requests that get the same response."""
        path_and_query = f"{self.sent_method} {self.path}?{urlencode(sorted(self.query.items()), doseq=True)}"
        return path_and_query, repr(sorted(self.headers.items())), self.credential

    def having(self, **changes: Any) -> Request:
        """Return a request with some parts replaced."""
        return evolve(self, **changes)


@frozen(eq=False)
class Exchange:
    """A request and its response. A rule or a report never needs more."""

    request: Request
    status: int
    headers: Mapping[str, str]
    """Headers of the response, whose names have any case."""
    content: bytes
    url: str
    sent: Mapping[str, str] = field(factory=dict[str, str])
    """Headers that were sent."""
    sent_content: bytes = b""
    number: int = 0
    """Position in the run."""
    changes: int = 0
    """Number of possible changes before. It is the same for two exchanges if nothing was changed between them."""

    @property
    def operation(self) -> Operation:
        """The operation."""
        return self.request.operation

    @property
    def values(self) -> PathValues:
        """Values of the path parameters."""
        return self.request.values

    @cached_property
    def ok(self) -> bool:
        """Whether the status is a documented success."""
        return self.operation.is_success(self.status)

    @cached_property
    def body(self) -> Any:
        """The decoded JSON, or None."""
        return loads_or_none(self.content)

    @property
    def sent_object(self) -> Mapping[str, Any]:
        """The JSON object that was sent, or an empty one."""
        sent = self.request.body
        return as_object(loads_or_none(self.sent_content) if sent is NO_BODY else sent)

    @cached_property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def object(self) -> Mapping[str, Any]:
        """The decoded JSON object, or an empty one."""
        return as_object(self.body)

    @cached_property
    def items(self) -> Sequence[Any]:
        """The items of a list, or none."""
        body = self.body
        if is_array(body):
            return body
        found = as_object(body).get("items")
        return found if self.operation.pagination == "cursor" and is_array(found) else ()

    @cached_property
    def links(self) -> Mapping[str, str]:
        """URLs of other pages of a list, by relation."""
        if self.operation.pagination == "cursor":
            links = as_object(self.object.get("links"))
            return {relation: url for relation, url in links.items() if isinstance(url, str)}
        return parse_links(self.headers.get("Link") or "")

    @property
    def has_next(self) -> bool:
        """Whether a list has a further page."""
        return "next" in self.links

    @cached_property
    def is_list(self) -> bool:
        """Whether the response is a successful list."""
        return self.ok and (is_array(self.body) or self.operation.pagination == "cursor")

    @property
    def objects(self) -> Iterator[Mapping[str, Any]]:
        """The objects of a success: those of a list, or the one that is returned."""
        if self.is_list:
            yield from (each for each in self.items if is_object(each))
        elif self.ok and is_object(self.body):
            yield self.object

    @property
    def path(self) -> str:
        """The path of the URL."""
        return urlsplit(self.url).path

    @property
    def media_type(self) -> str:
        """The media type of the body without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @cached_property
    def time(self) -> datetime | None:
        """The time of the response, by the clock of the server, or None."""
        try:
            found = parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError:
            return None
        return None if found.tzinfo is None else found


@frozen(eq=False)
class Pages:
    """Pages of a list, one after the other, or the response with a single object."""

    exchanges: Sequence[Exchange]
    is_whole: bool
    """Whether no page follows, and no page is an error."""

    @property
    def ok(self) -> bool:
        """Whether no page is an error."""
        return all(each.ok for each in self.exchanges)

    @cached_property
    def objects(self) -> Sequence[Mapping[str, Any]]:
        """The items of all pages, or the single object."""
        return [item for each in self.exchanges for item in each.objects]


@lru_cache(10_000)
def query_of(url: str) -> Query:
    """Return the query of a URL. A repeated parameter has a list of values."""
    try:
        found = parse_qs(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return {}
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


@define
class Journal:
    """All exchanges of a run, in order. The bodies of old ones are forgotten."""

    count: int = 0
    changes: int = 0
    """Number of requests after which something may have changed."""
    _by_operation: dict[str, deque[Exchange]] = field(factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT)))
    _changed: deque[Exchange] = field(factory=lambda: deque(maxlen=_KEPT))
    _last: dict[tuple[str, ...], Exchange] = field(factory=dict[tuple[str, ...], Exchange])

    def add(self, exchange: Exchange) -> None:
        """Add an exchange."""
        self.count += 1
        if not exchange.request.is_read:
            self.changes += 1
            self._changed.append(exchange)
            self._last.clear()
        elif exchange.request.is_plain:
            self._last[exchange.request.key] = exchange
        self._by_operation[exchange.operation.id].append(exchange)

    def last_read(self, request: Request) -> Exchange | None:
        """Return the exchange of the same read, if nothing was changed since."""
        return self._last.get(request.key)

    def changes_since(self, number: int) -> Sequence[Exchange]:
        """Return the latest exchanges, from a position on, that may have changed something."""
        return [each for each in self._changed if each.number >= number]

    def forget(self) -> None:
        """Forget the reads, so that they are sent again: somebody else may have changed something."""
        self.changes += 1
        self._last.clear()

    def of(self, operation_id: str) -> Sequence[Exchange]:
        """Return the latest exchanges of an operation, the oldest first."""
        return tuple(self._by_operation[operation_id])
