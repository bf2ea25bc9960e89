"""Pages of a list, read one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from attrs import frozen

from .._base.json_values import as_object, is_array, is_object
from .._pagination.links import parse_links
from .objects import PathValues
from .page_items import items_of
from .spec import Operation
from .traffic import Response, Session
from .urls import url_parts

Query = Mapping[str, Any]


@frozen
class PageSequence:
    """Pages of a list, starting with the first."""

    pages: Sequence[Response]
    is_complete: bool
    """Whether the last page of the list is included."""
    error: Response | None = None
    """The response that is not a page."""

    @property
    def items(self) -> list[Any]:
        """The items of all pages."""
        return [item for page in self.pages for item in items_of(page.body) or ()]

    @property
    def items_or_object(self) -> list[Any]:
        """The items of all pages, or the object of a response without items."""
        bodies = [page.body for page in self.pages]
        return [body for body in bodies if is_object(body)] if self._is_object else self.items

    @property
    def _is_object(self) -> bool:
        return bool(self.pages) and all(items_of(page.body) is None for page in self.pages)


def read_pages(
    session: Session,
    operation: Operation,
    values: PathValues,
    size: int,
    max_pages: int,
    *,
    query: Query | None = None,
    headers: Mapping[str, str] | None = None,
    again: bool = False,
) -> PageSequence:
    """Read a list page by page, until an error, a repeated page or `max_pages`.

    With `again`, no page comes from the cache. A list without pages is a single one.
    """
    pages: list[Response] = []
    is_paged = operation.pagination != "none" and "per_page" in operation.query
    following: Query | None = {"per_page": size, **(query or {})} if is_paged else query or {}
    queries: list[Query] = []
    while following is not None and following not in queries and len(pages) < max_pages:
        queries.append(following)
        send = session.send if again else session.read
        pages.append(send(operation, values, query=following, headers=headers))
        if not pages[-1].ok:
            return PageSequence(pages[:-1], is_complete=False, error=pages[-1])
        following = next_query(pages[-1], size) if is_paged else None
    return PageSequence(pages, is_complete=following is None)


def next_query(page: Response, size: int) -> Query | None:
    """Return the query of the next page. The check `link_conformance` compares the rest of its URL."""
    url = links_of(page).get("next")
    return None if url is None else {"per_page": str(size), **query_of(url)}


def links_of(page: Response) -> Mapping[str, str]:
    """Return the URLs of other pages by relation."""
    if page.operation.pagination == "cursor":
        links = as_object(as_object(page.body).get("links"))
        return {relation: url for relation, url in links.items() if isinstance(url, str)}
    return parse_links(page.headers.get("Link", ""))


def next_cursor(page: Response) -> str | None:
    """Return the cursor that leads to the next page of a list with cursors."""
    found = query_of(links_of(page).get("next", "")).get("after")
    return found if page.ok and isinstance(found, str) else None


def query_of(url: str) -> dict[str, Any]:
    """Return the query of a URL. A repeated parameter has a list of values."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(url_parts(url).query, keep_blank_values=True):
        present = found.get(name)
        found[name] = value if present is None else [*(present if is_array(present) else [present]), value]
    return found
