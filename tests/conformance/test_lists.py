"""The rules of lists report pages that break them, and several pages of a list are compared."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from buildkite_rest.conformance.api import Api, Operation
from buildkite_rest.conformance.exchange import Exchange, Request, query_of
from buildkite_rest.conformance.rules import Context, lists
from buildkite_rest.conformance.rules.lists import KnownList

API = Api.load()
BASE = "https://api.buildkite.com"
VALUES = {"org": "acme", "pipeline": "web", "number": "7", "suite_slug": "rspec", "cluster_id": "8"}
RULES, EVENTS, SCHEDULES, TESTS, VOLUMES, ANNOTATIONS = (
    API.by_id[name]
    for name in (
        *("listRules", "listAuditEvents", "listPipelineSchedules", "listTests", "listClusterCacheVolumes"),
        "listBuildAnnotations",
    )
)
ONE = [{"id": "1"}]
EARLY, LATE = ({"id": str(day), "created_at": f"2026-01-0{day}T00:00:00Z"} for day in (1, 2))


def page(
    operation: Operation,
    query: str,
    items: list[Any],
    links: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Exchange:
    """Return a page with links, of which only the query is given unless they lead elsewhere."""
    request = Request(operation, VALUES, query_of(f"?{query}"), headers or {})
    url = f"{BASE}{request.path}"
    urls = {name: text if text.startswith("http") else f"{url}?{text}" for name, text in (links or {}).items()}
    is_cursor = operation.pagination == "cursor"
    header = ", ".join(f'<{each}>; rel="{name}"' for name, each in urls.items())
    content = json.dumps({"items": items, "links": urls} if is_cursor else items).encode()
    return Exchange(request, 200, {} if is_cursor or not links else {"Link": header}, content, f"{url}?{query}")


BROKEN = [
    (page(RULES, "per_page=1", ONE, {"next": "http://elsewhere/?page=2"}), "the link next has another origin"),
    (page(RULES, "per_page=1", ONE, {"next": f"{BASE}/v2?page=2"}), "the link next has another path"),
    (page(RULES, "per_page=1", ONE, {"next": "page=2"}), "has the parameters  instead of per_page=1"),
    (page(TESTS, "label=slow", ONE, {"next": "page=2"}), "has the parameters  instead of label=slow"),
    (page(RULES, "", ONE, {"next": "page=3", "last": "page=4"}), "the link next of page 1 leads to page 3"),
    (page(RULES, "page=2", ONE, {"prev": "page=2"}), "the link prev of page 2 leads to page 2"),
    (page(RULES, "", ONE, {"next": "per_page=30"}), "the link next has no page number"),
    (page(RULES, "", ONE, {"next": "page=2", "last": "page=1"}), "the last page is 1, but page 1 has a next one"),
    (page(RULES, "", ONE, {"next": "page=2"}), "the page has no link last"),
    (page(RULES, "page=2", ONE, {"prev": "page=1"}), "the page has no link first"),
    (page(RULES, "", [], {"next": "page=2"}), "the page is empty and has a next page"),
    (page(RULES, "", ONE, {"other": "page=2"}), "the relation other is unknown"),
    (page(VOLUMES, "", ONE, {"next": "page=2"}), "a list without pages has a link next"),
    (page(EVENTS, "", ONE, {"next": "per_page=30"}), "the link next has no cursor"),
    (page(EVENTS, "per_page=1", [*ONE, {"id": "2"}]), "the page has 2 instead of 1 items"),
    (page(SCHEDULES, "", [EARLY, LATE]), "the order is not -created_at"),
    (page(VOLUMES, "", [{"id": "1", "tag": "a"}, {"id": "2", "tag": "a"}]), "2 items have the tag a"),
    (page(ANNOTATIONS, "omit_body=true", [{"id": "1", "body_html": ""}]), "omit_body=true: 1 has body_html"),
    (page(TESTS, "", [{"id": "1", "reliability": 1}]), "Buildkite-Version: (none): 1 has reliability"),
]
SOUND = [
    page(RULES, "per_page=1&page=2", ONE, {name: f"per_page=1&page={n}" for name, n in (("first", 1), ("prev", 1))}),
    page(EVENTS, "before=x", [], {"next": "per_page=30"}),
    page(SCHEDULES, "", [LATE, EARLY, {"id": "3", "created_at": None}]),
]


def messages(exchange: Exchange) -> list[str]:
    rules = (lists.links, lists.order, lists.items, lists.parts)
    return [message for rule in rules for message in rule(exchange, Context(API))]


@pytest.mark.parametrize(("exchange", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_broken_page_is_reported(exchange: Exchange, message: str) -> None:
    assert any(message in each for each in messages(exchange)), messages(exchange)


@pytest.mark.parametrize("exchange", SOUND)
def test_a_sound_page_is_not_reported(exchange: Exchange) -> None:
    assert messages(exchange) == []


def rules(query: str, ids: str, last: str = "") -> Exchange:
    """Return a page of items with short ids, and a next page if there is a last one."""
    return page(
        RULES, query, [{"id": each} for each in ids], {"next": "page=9", "last": f"page={last}"} if last else None
    )


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (rules("per_page=2&page=2", "c"), None),
        (rules("per_page=2&page=1", "ab", "2"), None),
        (rules("per_page=2&page=2", "b"), "item 3 of the list is b, but c on another page"),
        (rules("per_page=2&page=3", "a"), "item 5 of the list is a, which is item 1 too"),
        (rules("per_page=2&page=1", "a", "2"), "the page ends before b, which another page has"),
        (rules("per_page=2&page=4", "d"), "the page has items, although the list has only 3 items"),
        (rules("per_page=2&page=2", "c", "3"), "the page has 1 instead of 2 items, although it has a next page"),
        (rules("per_page=1&page=3", "c", "4"), "the page has a next page, although the list has only 3 items"),
        (rules("per_page=2&page=1", "ab"), "the page has no next page, although the list has further items"),
        (rules("per_page=2&page=1", "ab", "3"), "the last page is 3, although the list has 3 items in pages of 2"),
    ],
)
def test_pages_of_a_list_are_compared(second: Exchange, message: str | None) -> None:
    known = KnownList()
    assert list(known.problems(rules("per_page=100", "abc"))) == []
    assert list(known.problems(second)) == ([] if message is None else [message])


def test_cursors_lead_to_the_items_beside_them() -> None:
    known = KnownList()
    first = page(EVENTS, "per_page=2", [{"id": "a"}, {"id": "b"}], {"next": "per_page=2&after=x"})
    assert list(known.problems(first)) == []
    assert list(known.problems(page(EVENTS, "per_page=2&after=x", [{"id": "c"}]))) == []
    assert (
        list(known.problems(page(EVENTS, "per_page=1&before=x", [{"id": "a"}], {"next": "per_page=1&after=y"}))) == []
    )
    assert list(known.problems(page(EVENTS, "per_page=1&before=x", [{"id": "b"}]))) != []
