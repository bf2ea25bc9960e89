"""The rules for the addresses of other pages, as pure functions from what was asked and answered to what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from attrs import frozen
from schemathesis import Case, CheckContext, Response
from schemathesis.core.media_types import YAML_MEDIA_TYPES

from .._base.json_values import as_array, as_object, is_array
from .._base.rate_limits import RateLimit

_LINK: Final = re.compile(r'\s*<([^<>]*)>\s*;\s*rel="?([^";,\s]+)"?\s*(?:,|$)')


_RELATIONS: Final = ("first", "prev", "next", "last")


_DEFAULT_PER_PAGE: Final = 30


Query: TypeAlias = list[tuple[str, str]]


@frozen
class Asked:
    """The address of a list that was read."""

    url: str
    declares: Callable[[str], bool]
    """Whether the operation has a query parameter of this name. Others may be dropped from the links."""

    def same_list(self, url: str, paging: frozenset[str]) -> str | None:
        """Return how `url` leaves the list, if it does, when only the parameters in `paging` may differ."""
        asked, linked = urlsplit(self.url), urlsplit(url)
        if not linked.scheme or not linked.netloc:
            return "is not absolute"
        if (linked.scheme, linked.netloc) != (asked.scheme, asked.netloc):
            return f"leads to another origin than {asked.scheme}://{asked.netloc}"
        if linked.path != asked.path:
            return f"has another path than {asked.path}"
        wanted, found = (self._filters(parts.query, paging) for parts in (asked, linked))
        if wanted != found:
            return f"has the parameters {_shown(found)} and not {_shown(wanted)}"
        return None

    def query(self) -> Query:
        """Return the query of the request."""
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    def _filters(self, query: str, paging: frozenset[str]) -> Query:
        return sorted(
            (name, value)
            for name, value in parse_qsl(query, keep_blank_values=True)
            if name not in paging and self.declares(name)
        )


def page_problems(asked: Asked, header: str | None, items: int) -> Iterator[str]:
    """Check the `Link` header of a page with this many items."""
    query = dict(asked.query())
    page, per_page = _number(query.get("page"), 1), _number(query.get("per_page"), _DEFAULT_PER_PAGE)
    if page is None or per_page is None:
        return
    if items > per_page:
        yield f"the page has {items} items, more than the {per_page} that were asked for"
    links, rest = parse_link(header or "")
    if rest:
        yield f"Link is malformed at {rest!r}"
    # The default may be written out in a link.
    paging = frozenset({"page"} if "per_page" in query else {"page", "per_page"})
    numbers: dict[str, int] = {}
    for relation, url in links.items():
        if relation not in _RELATIONS:
            yield f"Link has the relation {relation!r}, which is none of {', '.join(_RELATIONS)}"
        elif (problem := asked.same_list(url, paging)) is not None:
            yield f"Link rel={relation!r} {problem}: {url}"
        elif (number := _number(dict(parse_qsl(urlsplit(url).query)).get("page"), None)) is None:
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
        yield f"page {page} is empty and has a next one"
    if last is not None and "next" in numbers and page >= last:
        yield f"page {page} has a next one, but {last} is the last"
    if last is not None and "next" not in numbers and page < last:
        yield f"page {page} has no next one, but {last} is the last"


def cursor_problems(asked: Asked, body: Mapping[str, Any]) -> Iterator[str]:
    """Check the `links` of an envelope."""
    items, links = len(as_array(body.get("items"))), as_object(body.get("links"))
    query = dict(asked.query())
    per_page = _number(query.get("per_page"), _DEFAULT_PER_PAGE)
    if per_page is not None and items > per_page:
        yield f"the page has {items} items, more than the {per_page} that were asked for"
    paging = frozenset({"after", "before"} if "per_page" in query else {"after", "before", "per_page"})
    for relation, url in links.items():
        if not isinstance(url, str):
            continue
        if (problem := asked.same_list(url, paging)) is not None:
            yield f"links.{relation} {problem}: {url}"
        elif relation == "next" and "after" not in dict(parse_qsl(urlsplit(url).query)):
            yield f"links.next has no cursor: {url}"
    if isinstance(links.get("next"), str) and not items:
        yield "the page is empty and has a next one"


def parse_link(header: str) -> tuple[dict[str, str], str]:
    """Return the addresses by relation, and what could not be read."""
    links: dict[str, str] = {}
    position = 0
    while (match := _LINK.match(header, position)) is not None and match[2] not in links:
        links[match[2]] = match[1]
        position = match.end()
    return links, header[position:].strip()


def _number(text: str | None, default: int | None) -> int | None:
    if text is None:
        return default
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0 else None


def _shown(query: Query) -> str:
    return "&".join(f"{name}={value}" for name, value in query) or "(none)"


_PREFIXES: Final = ("RateLimit", "RateLimit-User")


def refusal_problems(headers: Mapping[str, str], body: object) -> Iterator[str]:
    """Check an answer 429: it must tell which limit is used up, and when it starts anew."""
    told: Mapping[str, Any] = as_object(body)
    for name, kind in {"message": str, "scope": str, "limit": int, "current": int, "reset": int}.items():
        if not isinstance(told.get(name), kind) or isinstance(told.get(name), bool):
            yield f"the body has no {name!r} of type {kind.__name__}"
    limits = [RateLimit.from_headers(headers, prefix) for prefix in _PREFIXES]
    for prefix, limit in zip(_PREFIXES, limits, strict=True):
        if limit is None or None in (limit.scope, limit.limit, limit.remaining, limit.reset):
            yield f"not all of the four headers {prefix}-* are there"
    if all(limit is None or limit.remaining != 0 for limit in limits):
        yield "no header says that a limit is used up"


def link_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that the addresses of other pages stay in the list and that their numbers make sense."""
    kind = case.operation.definition.raw.get("x-pagination")
    if response.status_code != 200 or kind not in {"link", "cursor"} or case.method.lower() != case.operation.method:
        return True
    try:
        body = response.json()
    except ValueError:
        return True  # Another check says so.
    problems = list(_problems(kind, _asked(case, response), response, body))
    if problems:
        raise AssertionError("\n".join(problems))
    return None


def _asked(case: Case[Any], response: Response) -> Asked:
    names = {parameter.name for parameter in case.operation.query}
    return Asked(str(response.request.url), lambda name: name.partition("[")[0] in names or name in names)


def _problems(kind: str, asked: Asked, response: Response, body: object) -> Iterator[str]:
    if kind == "link" and is_array(body):
        header = response.headers.get("link")
        yield from page_problems(asked, ", ".join(header) if header else None, len(body))
    elif kind == "cursor":
        yield from cursor_problems(asked, as_object(body))


def cors_conformance(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that a page of any origin may read the answer, and where the next page is."""
    if not 200 <= response.status_code < 300 or case.method.lower() != case.operation.method:
        return True
    problems = list(cors_problems({name: values[-1] for name, values in response.headers.items()}))
    if problems:
        raise AssertionError("\n".join(problems))
    return None


def cors_problems(headers: Mapping[str, str]) -> Iterator[str]:
    """Return what keeps a browser from reading an answer. The names of headers are in lower case."""
    if headers.get("access-control-allow-origin") != "*":
        yield "Access-Control-Allow-Origin is not *"
    exposed = headers.get("access-control-expose-headers", "").lower().split(",")
    if not {"link", "*"} & {name.strip() for name in exposed}:
        yield "Access-Control-Expose-Headers does not name Link"


def register() -> None:
    """Make the checks known to schemathesis, which runs all that it knows. The description takes YAML for text."""
    for check in (link_conformance, cors_conformance):
        schemathesis.check(check)
    schemathesis.deserializer(*YAML_MEDIA_TYPES)(lambda _, response: response.text)
