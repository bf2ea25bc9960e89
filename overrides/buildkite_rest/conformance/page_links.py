"""Rules for the pages of a list: the URLs of other pages, in `Link` or in the body, lead to the same list.

The rules are pure functions, which yield a message for each violation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from attrs import frozen

from .._base.json_values import as_array, as_object
from .._base.plurals import plural
from .._pagination.links import parse_links
from .urls import is_url, url_parts

_RELATIONS: Final = ("first", "prev", "next", "last")
#: Relation that is appended to a header to see whether it is parsed to its end.
_SENTINEL: Final = "end-of-header"
_DEFAULT_PER_PAGE: Final = 30
#: Digits of a number of a page.
_MAX_DIGITS: Final = 100

Query: TypeAlias = list[tuple[str, str]]


@frozen
class ListRequest:
    """The request of a page."""

    url: str
    declares: Callable[[str], bool]
    """Whether the operation declares a query parameter. Links may omit undeclared ones."""

    def mismatch(self, url: str, paging: frozenset[str]) -> str | None:
        """Return how `url` differs from the list, if it does. Only the parameters in `paging` may differ."""
        if not is_url(url):
            return "is not a URL"
        requested, linked = url_parts(self.url), url_parts(url)
        if not linked.scheme or not linked.netloc:
            return "is not absolute"
        if (linked.scheme, linked.netloc) != (requested.scheme, requested.netloc):
            return f"has another origin than {requested.scheme}://{requested.netloc}"
        if linked.path != requested.path:
            return f"has another path than {requested.path}"
        expected, found = (self._filters(parts.query, paging) for parts in (requested, linked))
        if expected != found:
            return f"has the parameters {_encoded(found)} instead of {_encoded(expected)}"
        return None

    def query(self) -> dict[str, str]:
        """Return the query of the request."""
        return dict(parse_qsl(url_parts(self.url).query, keep_blank_values=True))

    def _filters(self, query: str, paging: frozenset[str]) -> Query:
        return sorted(
            (name, value)
            for name, value in parse_qsl(query, keep_blank_values=True)
            if name not in paging and self.declares(name)
        )


def page_problems(request: ListRequest, header: str, items: int) -> Iterator[str]:
    """Check the number of items of a page, and its `Link` header."""
    query = request.query()
    page, per_page = _number(query.get("page"), 1), _number(query.get("per_page"), _DEFAULT_PER_PAGE)
    if page is None or per_page is None:
        return
    if items > per_page:
        yield f"the page has {plural(items, 'item')}, more than the requested {per_page}"
    links = parse_links(f"{header}, <{_SENTINEL}>; rel={_SENTINEL}")
    if links.pop(_SENTINEL, None) is None:
        yield f"Link is malformed: {header!r}"
    elif len(links) != header.count("<"):
        yield f"Link does not have one relation per URL: {header!r}"
    # A link may contain the default of `per_page`.
    paging = frozenset({"page"} if "per_page" in query else {"page", "per_page"})
    numbers: dict[str, int] = {}
    for relation, url in links.items():
        if relation not in _RELATIONS:
            yield f"Link has the unknown relation {relation!r}"
        elif (problem := request.mismatch(url, paging)) is not None:
            yield f"Link rel={relation!r} {problem}: {url}"
        elif (number := _number(dict(parse_qsl(url_parts(url).query)).get("page"), None)) is None:
            yield f"Link rel={relation!r} has no page number: {url}"
        else:
            numbers[relation] = number
    if numbers.keys() == links.keys():
        yield from _number_problems(page, items, numbers)


def _number_problems(page: int, items: int, numbers: Mapping[str, int]) -> Iterator[str]:
    last = numbers.get("last")
    if numbers.get("first", 1) != 1:
        yield f"Link rel='first' leads to page {numbers['first']}"
    if "next" in numbers and numbers["next"] != page + 1:
        yield f"Link rel='next' on page {page} leads to page {numbers['next']}"
    if "prev" in numbers and (numbers["prev"] != page - 1 if items else numbers["prev"] >= page):
        yield f"Link rel='prev' on page {page} leads to page {numbers['prev']}"
    if "next" in numbers and not items:
        yield f"page {page} is empty and has a next page"
    if last is not None and "next" in numbers and page >= last:
        yield f"page {page} has a next page, but the last page is {last}"
    if last is not None and "next" not in numbers and page < last:
        yield f"page {page} has no next page, but the last page is {last}"


def cursor_problems(request: ListRequest, body: Mapping[str, Any]) -> Iterator[str]:
    """Check the number of items of a page with cursors, and its `links`."""
    items, links = len(as_array(body.get("items"))), as_object(body.get("links"))
    query = request.query()
    per_page = _number(query.get("per_page"), _DEFAULT_PER_PAGE)
    if per_page is not None and items > per_page:
        yield f"the page has {plural(items, 'item')}, more than the requested {per_page}"
    default = frozenset[str]() if "per_page" in query else frozenset({"per_page"})
    for relation, url in links.items():
        if not isinstance(url, str):
            continue
        paging = default if relation == "self" else default | {"after", "before"}
        if (problem := request.mismatch(url, paging)) is not None:
            yield f"links.{relation} {problem}: {url}"
        elif relation == "next" and "after" not in dict(parse_qsl(url_parts(url).query)):
            yield f"links.next has no cursor: {url}"
        elif relation == "first" and not {"after", "before"}.isdisjoint(dict(parse_qsl(url_parts(url).query))):
            yield f"links.first has a cursor: {url}"
    if isinstance(links.get("next"), str) and not items:
        yield "the page is empty and has a next page"


def same_links_problems(body: Mapping[str, Any], header: str) -> Iterator[str]:
    """Check that a `Link` header has the links of the body. It may omit `self`."""
    links = {relation: url for relation, url in as_object(body.get("links")).items() if isinstance(url, str)}
    found = parse_links(header)
    for relation in sorted((links.keys() | found.keys()) - {"self"}):
        if relation not in found:
            yield f"links.{relation} of the body is not in the Link header"
        elif links.get(relation) != found[relation]:
            yield f"Link rel={relation!r} is {found[relation]}, links.{relation} of the body is {links.get(relation)}"


def _number(text: str | None, default: int | None) -> int | None:
    if text is None:
        return default
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
    return int(text) if is_number and int(text) > 0 else None


def _encoded(query: Query) -> str:
    return "&".join(f"{name}={value}" for name, value in query) or "(none)"
