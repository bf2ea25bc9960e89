"""Rules about the pages of a list."""

from collections.abc import Sequence
from typing import Any

from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.list_rules import (
    beyond_problems,
    endless_problems,
    item_problems,
    last_page_problems,
    parent_problems,
    repetition_problems,
    same_page_problems,
    size_problems,
)
from buildkite_rest.conformance.pages import PageSequence, query_of
from buildkite_rest.conformance.traffic import Response

OPERATIONS = {operation.id: operation for operation in SPEC.operations}
NEXT = {"Link": '<http://x.test/?page=2>; rel="next"'}


def page(*ids: int, has_next: bool = False, status: int = 200) -> Response:
    body = [{"id": each} for each in ids]
    return Response(OPERATIONS["listAgents"], {}, status, NEXT if has_next else {}, "", body)


def sequence(*pages: Response, is_complete: bool = True) -> PageSequence:
    return PageSequence(pages, is_complete)


def test_each_item_is_on_one_page() -> None:
    assert list(repetition_problems(sequence(page(1, 2), page(3)))) == []
    assert list(repetition_problems(sequence(page(1, 2), page(2)))) == ["2 is on page 1 and again on page 2"]


def test_items_are_the_same_in_other_responses() -> None:
    items = [{"id": 1, "name": "a", "jobs": [1]}, {"id": 2}]

    assert list(item_problems(items, [{"id": 1, "name": "a"}, {"id": 3, "name": "b"}], "name=a")) == []
    assert list(item_problems(items, [{"id": 1, "jobs": []}], "state=passed", {"jobs"})) == []
    assert list(item_problems(items, [{"id": 1, "name": None}], "name=a")) == ["name=a: 1: name is null instead of 'a'"]


def test_a_list_has_an_end() -> None:
    assert list(endless_problems(sequence(page(1, has_next=True), page(2, has_next=True), page()))) == []
    assert "page 2 has no new item" in next(
        endless_problems(sequence(page(1, has_next=True), page(1, has_next=True), is_complete=False))
    )
    assert "page 1 has no new item" in next(endless_problems(sequence(page(has_next=True))))


def test_a_page_after_the_last_is_empty() -> None:
    assert list(beyond_problems(page(), 2)) == list(beyond_problems(page(1, status=400), 2)) == []
    assert "has 1 item, such as 1" in next(beyond_problems(page(1), 2))
    assert "has a next page" in next(beyond_problems(page(has_next=True), 2))


def test_sizes() -> None:
    assert list(size_problems(page(1), 1, 1)) == list(size_problems(page(status=404), 1, 1)) == []
    assert list(size_problems(page(1, 2), None, 1)) == ["without per_page, the first page has 2 items instead of 1"]


def test_links_to_other_pages() -> None:
    large = sequence(page(1, 2, 3))
    assert list(same_page_problems("prev", page(1), [{"id": 1}])) == []
    assert "prev leads to other items" in next(same_page_problems("prev", page(2), [{"id": 1}]))
    assert list(last_page_problems(page(3), 2, 2, large)) == []
    assert "is empty" in next(last_page_problems(page(), 2, 2, large))
    assert "has a next page" in next(last_page_problems(page(3, has_next=True), 2, 2, large))
    assert "does not have the items from 3 to 3" in next(last_page_problems(page(2), 2, 2, large))


def test_items_belong_to_their_list() -> None:
    def found(operation: str, values: dict[str, str], items: Sequence[Any]) -> list[str]:
        return list(parent_problems(SPEC, OPERATIONS[operation], values, items))

    queues = {"org": "acme", "cluster_id": "c1"}
    url = "https://x.test/v2/organizations/acme/clusters/{}/queues/q"
    assert found("listClusterQueues", queues, [{"id": "q", "url": url.format("C1")}, {"id": "r"}]) == []
    assert "belongs to cluster_id c2" in found("listClusterQueues", queues, [{"id": "q", "url": url.format("c2")}])[0]
    builds = {"org": "acme", "pipeline": "web"}
    assert "belongs to pipeline api" in found("listBuilds", builds, [{"id": "1", "pipeline": {"slug": "api"}}])[0]


def test_a_repeated_parameter_has_a_list() -> None:
    assert query_of("http://x.test/?a%5B%5D=1&a%5B%5D=2&b=") == {"a[]": ["1", "2"], "b": ""}
