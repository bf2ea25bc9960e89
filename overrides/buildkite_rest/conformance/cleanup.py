"""Cleanup: the objects that a journal names are deleted, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import requests
from attrs import define, field, frozen

from .._base.json_values import as_object, loads_or_none
from .._base.safe_text import safe_excerpt
from .._pagination.links import parse_links
from .credentials import RequestAuth
from .journal import Entries, Journal, Unresolved
from .objects import created_templates, identifier_of
from .options import Options
from .pacing import RequestSchedule
from .page_items import items_of
from .permissions import OwnObjects
from .spec import Spec, parameters_of
from .traffic import TIMEOUT

#: Pages of a list that are searched for an object.
_PAGES: Final = 100
_PAGE_SIZE: Final = 100
#: Leftovers that are listed.
_LISTED: Final = 50
#: Properties that may contain the name of an object.
_NAMES: Final = ("name", "slug", "key", "label", "description", "email")
_GONE: Final = frozenset({404, 410})

Send = Callable[[str, str], requests.Response]
"""Sends a request with a method and a path."""
ProgressReporter = Callable[[str], None]


@frozen
class Leftover:
    """An object that still exists, or may."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{safe_excerpt(self.path, 200)} ({safe_excerpt(self.reason, 200)})"


@frozen
class Cleaned:
    """The result of a cleanup."""

    deleted: int
    leftovers: tuple[Leftover, ...]


def sender(options: Options, auth: RequestAuth, schedule: RequestSchedule) -> Send:
    """Return a function that sends a request in its turn, with the credentials of the run."""
    http = requests.Session()

    def send(method: str, path: str) -> requests.Response:
        schedule.wait_for_turn()
        url = f"{options.base_url}{path}"
        return http.request(method, url, auth=auth, timeout=TIMEOUT, allow_redirects=False)

    return send


def summary(cleaned: Cleaned) -> list[str]:
    """Return lines for a person."""
    lines = [f"cleanup: {cleaned.deleted} objects deleted"]
    lines += [f"left behind: {each}" for each in cleaned.leftovers[:_LISTED]]
    if len(cleaned.leftovers) > _LISTED:
        lines.append(f"left behind: {len(cleaned.leftovers) - _LISTED} more")
    return lines


@define
class Cleanup:
    """Deletes the objects of `entries`, and records that in the journal.

    Those that are found by their names are added to `own`.
    """

    entries: Entries
    spec: Spec
    send: Send
    progress: ProgressReporter
    own: OwnObjects
    journal: Journal
    deleted: int = 0
    leftovers: list[Leftover] = field(factory=list[Leftover])

    def run(self) -> Cleaned:
        """Delete the objects."""
        paths = [*self.entries.paths, *self._found()]
        roots = list(roots_of(paths))
        failed: list[str] = []
        for number, path in enumerate(reversed(roots), 1):
            self.progress(f"cleanup: {number}/{len(roots)}")
            if self._delete(path) is not None:
                failed.append(path)
        # Another object may have kept them: a cluster is not deleted before its pipelines, for example.
        for path in failed:
            for child in reversed([each for each in paths if each.startswith(f"{path}/")]):
                self._delete(child)
            if (reason := self._delete(path)) is not None:
                self.leftovers.append(Leftover(path, reason))
        return Cleaned(self.deleted, tuple(self.leftovers))

    def _delete(self, path: str) -> str | None:
        """Delete an object, and return why that was not possible."""
        if any(segment in {"", ".", ".."} for segment in path.split("/")[1:]):
            return "not a path of an object"
        if self.spec.find("DELETE", path) is None:
            return "the API cannot delete it"
        try:
            response = self.send("DELETE", quote(path))
        except requests.RequestException as error:
            return type(error).__name__
        if not (200 <= response.status_code < 300 or response.status_code in _GONE):
            return f"DELETE gets {response.status_code}"
        self.journal.deleted(path)
        self.deleted += response.status_code not in _GONE
        return None

    def _found(self) -> Iterator[str]:
        """Look up the objects of requests without a known result by their names."""
        by_collection: dict[str, list[Unresolved]] = {}
        for each in self.entries.unresolved:
            is_below = any(each.collection.startswith(f"{path}/") for path in self.entries.paths)
            if is_below:
                continue  # deleted with its parent
            if each.name is None:
                self.leftovers.append(Leftover(each.collection, f"{each.operation} sent no name, and got no result"))
            else:
                by_collection.setdefault(each.collection, []).append(each)
        templates = created_templates(self.spec)
        for collection, unresolved in by_collection.items():
            operation = self.spec.find("GET", collection)
            post = self.spec.find("POST", collection)
            if operation is None or post is None or post.path not in templates:
                self.leftovers.append(Leftover(collection, "the API cannot list it"))
                continue
            names = {each.name for each in unresolved if each.name is not None}
            parameter = parameters_of(templates[post.path])[-1]
            try:
                for item in self._items(collection):
                    key = identifier_of(parameter, item)
                    if key is not None and has_name(item, names):
                        self.own.add(path := f"{collection}/{key}")
                        yield path
            except _ListError as error:
                self.leftovers.append(Leftover(collection, str(error)))

    def _items(self, collection: str) -> Iterator[Any]:
        query: Mapping[str, str] | None = {"per_page": str(_PAGE_SIZE)}
        for _ in range(_PAGES):
            try:
                response = self.send("GET", f"{quote(collection)}?{urlencode(query or {})}")
            except requests.RequestException as error:
                raise _ListError(type(error).__name__) from None
            if response.status_code != 200:
                raise _ListError(f"GET gets {response.status_code}")
            yield from items_of(loads_or_none(response.content)) or ()
            following = parse_links(response.headers.get("Link", "")).get("next")
            if following is None:
                return
            query = dict(parse_qsl(urlsplit(following).query))


class _ListError(Exception):
    """A list cannot be read."""


def roots_of(paths: Iterable[str]) -> Iterator[str]:
    """Return the paths that are not below another one, each once, in their order."""
    paths = dict.fromkeys(paths)
    for path in paths:
        segments = path.split("/")
        if not any("/".join(segments[:end]) in paths for end in range(1, len(segments))):
            yield path


def has_name(item: object, names: Iterable[str]) -> bool:
    """Return whether an object has one of the names."""
    texts = [value for name in _NAMES if isinstance(value := as_object(item).get(name), str)]
    return any(name in text for name in names for text in texts)
