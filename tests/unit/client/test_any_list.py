"""`paginate`: a list at any path of the API, with links or with cursors."""

import msgspec
import pytest
from tests.unit.client.support import API, Script, build, response

from buildkite_rest import DecodeError, models

THINGS = "/v2/organizations/acme/things"


class Thing(msgspec.Struct):
    id: int


def link_page(*numbers, next_query=None):
    links = {} if next_query is None else {"Link": f'<{API}{THINGS}?{next_query}>; rel="next"'}
    return response([{"id": number} for number in numbers], **links)


def cursor_page(*numbers, next_query=None):
    links = {} if next_query is None else {"next": f"{API}{THINGS}?{next_query}"}
    return response({"items": [{"id": number} for number in numbers], "links": links})


both_styles = pytest.mark.parametrize("page", [link_page, cursor_page])


@both_styles
def test_a_list_is_read_to_its_end(connect, page):
    script = Script(page(1, 2, next_query="after=x%2F"), page(3))
    client = connect(script)
    things = client.paginate(f"{THINGS}?a=1", query={"b": [2]}, headers={"X-A": "1"})
    assert script.requests == []
    assert list(things) == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert script.paths == [f"{THINGS}?a=1&b%5B%5D=2&per_page=100", f"{THINGS}?after=x%2F"]
    assert [request.headers["X-A"] for request in script.requests] == ["1", "1"]
    assert script.requests[1].headers["Authorization"] == "Bearer secret-token"


@both_styles
def test_pages_resume_and_prefetch(connect, page):
    script = Script(page(1, next_query="page=2"), page(2))
    client = connect(script)
    assert [list(part.items) for part in client.paginate(THINGS).prefetch(4).pages()] == [[{"id": 1}], [{"id": 2}]]
    first = next(iter(connect(Script(page(1, next_query="page=2"))).paginate(THINGS).pages()))
    rest = connect(script).paginate(THINGS, type=Thing).resume(first.next_url)
    assert list(rest) == [Thing(2)]
    assert script.paths[-1] == f"{THINGS}?page=2"


def test_a_mismatch_of_an_item_loses_nothing(connect, caplog):
    bad, good = {**build(1), "number": "x"}, build(2)
    for body in ([bad, good], {"items": [bad, good], "links": {"next": None}}):
        first, second = connect(Script(response(body))).paginate(THINGS, type=models.Build)
        assert (first.number, second.number) == ("x", 2)
    assert [record.getMessage().split(": ")[0] for record in caplog.records] == [f"GET {THINGS}"] * 2


@pytest.mark.parametrize("body", [{"message": "x"}, 5, "x", {"items": {}}, {"items": 5, "links": {}}])
def test_a_body_without_a_list_is_an_error(connect, body):
    with pytest.raises(DecodeError, match=f"^GET {THINGS}: the response has no list of items$"):
        list(connect(Script(response(body))).paginate(THINGS, type=Thing))
