"""The first item of a list."""

import pytest
from tests.unit.client.support import API, Script, answer, build
from tests.unit.client.test_pagination import KINDS, builds

from buildkite_rest import NotFoundError, PaginationError

PATH = "/v2/organizations/acme/pipelines/web/builds"


@pytest.mark.parametrize(("handler", "call", "number"), KINDS.values(), ids=KINDS)
def test_one_item_is_requested(connect, handler, call, number):
    script = Script(handler)
    assert number(call(connect(script), per_page=50).first()) == 1
    assert [request.url.params["per_page"] for request in script.requests] == ["1"]


def test_filters_are_kept(connect):
    script = Script(answer([build(7)]))
    client = connect(script)
    list(client.builds.list("acme", "web", branch=["a&b", "c d"], meta_data={"k": "="}, max_items=1))
    assert client.builds.list("acme", "web", branch=["a&b", "c d"], meta_data={"k": "="}).first().number == 7
    assert script.paths[0] == script.paths[1]


def test_an_empty_list_has_none(connect):
    script = Script(answer([]))
    assert connect(script).builds.list("acme", "web").first() is None
    assert len(script.requests) == 1
    assert connect(script).builds.list("acme", "web", max_items=0).first() is None
    assert len(script.requests) == 1


def test_a_list_that_starts_elsewhere_keeps_its_page_size(connect):
    client = connect(builds)
    assert client.builds.list("acme", "web", page=2, per_page=50).first().number == 51
    assert client.builds.list("acme", "web").resume(f"{API}{PATH}?page=3&per_page=20").first().number == 41


def test_empty_pages_before_the_first_item_are_skipped(connect):
    following = answer([], Link=f'<{API}{PATH}?page=2>; rel="next"')
    script = Script(following, following, answer([build(7)]))
    assert connect(script).builds.list("acme", "web").prefetch(2).first().number == 7
    assert script.paths == [f"{PATH}?per_page=1", f"{PATH}?per_page=100", f"{PATH}?page=2"]


def test_errors_are_those_of_the_list(connect):
    with pytest.raises(NotFoundError):
        connect(Script(answer({"message": "No"}, 404))).builds.list("acme", "web").first()
    script = Script(answer([], Link=f'<{API}{PATH}?page=2>; rel="next"'))
    with pytest.raises(PaginationError, match="cycle"):
        connect(script).builds.list("acme", "web").first()
