"""Lists: pages, items, their order and number, and servers that never end a list."""

import re
from itertools import islice

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.client.support import API, Script, build, reproducible, response

from buildkite_rest import (
    AsyncBuildkite,
    Buildkite,
    DecodeError,
    PaginationError,
    models,
)

LAST = 250


def builds(request):
    """Responds like the API: `Link` with `next` and `last`, pages from 1, 30 items by default."""
    number, size = int(request.url.params.get("page", 1)), int(request.url.params.get("per_page", 30))
    first, end = (number - 1) * size, min(number * size, LAST)
    last = -(-LAST // size)
    links = [f'<{request.url.copy_set_param("page", last)}>; rel="last"']
    if number < last:
        links.insert(0, f'<{request.url.copy_set_param("page", number + 1)}>; rel="next"')
    return response([build(each + 1) for each in range(first, end)], Link=", ".join(links))


def jobs(request):
    """Responds like the API: `items` and `links`, with a cursor that means nothing to a client."""
    size, after = int(request.url.params["per_page"]), int(request.url.params.get("after", 0))
    items = [{"id": f"j{each}", "type": "script"} for each in range(after + 1, min(after + size, LAST) + 1)]
    links = {"next": str(request.url.copy_set_param("after", after + size))} if after + size < LAST else {}
    return response({"items": items, "links": links})


KINDS = {
    "link": (builds, lambda client, **options: client.builds.list("acme", "web", **options), lambda item: item.number),
    "cursor": (
        jobs,
        lambda client, **options: client.jobs.list("acme", "web", 1, **options),
        lambda item: int(item.id[1:]),
    ),
}


@pytest.mark.parametrize("options", [{"page": 2}, {"page": 2, "per_page": None}])
def test_max_items_does_not_change_which_items_a_later_page_has(connect, options):
    found = connect(builds).builds.list("acme", "web", max_items=20, **options)
    assert [build.number for build in found] == list(range(101, 121))


@pytest.mark.parametrize(("name", "value"), [("page", 0), ("page", -1), ("per_page", 0), ("per_page", -5)])
def test_numbers_of_pages_that_do_not_exist_are_refused(connect, name, value):
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, not {value}$"):
        connect(builds).builds.list("acme", "web", **{name: value})


def test_pages_show_headers_and_the_last_page(connect):
    pages = list(connect(builds).builds.list("acme", "web").pages())
    assert [page.last_page for page in pages] == [3, 3, 3]
    assert [page.next_url is not None for page in pages] == [True, True, False]
    assert "last" in pages[0].headers["link"]


def test_null_instead_of_items_is_logged_and_the_list_continues(connect, caplog):
    first = {"items": None, "links": {"next": f"{API}/v2/organizations/acme/jobs?after=1"}}
    script = Script(response(first), response({"items": [{"id": "j1", "type": "script"}], "links": {}}))
    assert [job.id for job in connect(script).jobs.list("acme", "web", 1)] == ["j1"]
    assert "does not match the spec" in caplog.text


def test_a_later_page_that_is_null_does_not_end_the_list_in_silence(connect):
    script = Script(response([build(1)], Link='<?page=2>; rel="next"'), httpx.Response(200, content=b"null"))
    with pytest.raises(DecodeError, match=r"listBuilds: .*: the response has no list of items"):
        list(connect(script).builds.list("acme", "web"))


def test_an_invalid_cursor_is_an_error(connect):
    with pytest.raises(PaginationError, match=r"listJobs: .*: the URL of the next page is not a string"):
        list(connect(Script(response({"items": [], "links": {"next": 5}}))).jobs.list("acme", "web", 1))


@pytest.mark.parametrize("links", [5, "x", [], True])
def test_links_that_are_not_an_object_do_not_end_the_list_in_silence(connect, links):
    items = iter(connect(Script(response({"items": [{"id": "j1"}], "links": links}))).jobs.list("acme", "web", 1))
    assert next(items).id == "j1"
    with pytest.raises(PaginationError, match=r"^listJobs: .*: the links of the page are not an object$"):
        next(items)


@pytest.mark.parametrize(
    "header", ['?page=2; rel="next"', '<?page=2; rel="next"', '<?page=9>; rel="last", ?page=2; rel=next']
)
def test_a_malformed_header_with_a_next_page_does_not_end_the_list_in_silence(connect, header):
    items = iter(connect(Script(response([build(1)], Link=header))).builds.list("acme", "web"))
    assert next(items).number == 1
    with pytest.raises(PaginationError, match=r"^listBuilds: .*: the Link header with the next page is malformed$"):
        next(items)


FOREIGN_NEXT = '<https://evil.example/v2/builds?page=2>; rel="next", <?page=9>; rel="last"'


@pytest.mark.parametrize("ahead", [0, 3], ids="ahead-{}".format)
def test_an_invalid_next_url_is_an_error_of_the_next_page(connect, ahead):
    pager = connect(Script(response([build(1), build(2)], Link=FOREIGN_NEXT))).builds.list("acme", "web")
    items = iter(pager.prefetch(ahead) if ahead else pager)
    assert [next(items).number, next(items).number] == [1, 2]
    with pytest.raises(PaginationError, match="is on another origin"):
        next(items)


def test_an_invalid_next_url_that_is_not_needed_is_no_error(connect):
    client = connect(Script(response([build(1), build(2)], Link=FOREIGN_NEXT)))
    assert client.builds.list("acme", "web").first().number == 1
    assert [each.number for each in client.builds.list("acme", "web", max_items=2)] == [1, 2]
    page = next(iter(client.builds.list("acme", "web", per_page=2).pages()))
    assert repr(page) == "HTTPPage(items=[2 items], next_url=invalid, last_page=9)"
    for _ in range(2):
        with pytest.raises(PaginationError, match="is on another origin"):
            _ = page.next_url


@pytest.mark.parametrize(
    "urls",
    [["/v2/x?page=2", "/v2/x?page=2"], ["/v2/x?page=2", "/v2/x?page=3", "/v2/x?page=2"]],
    ids=["itself", "circle"],
)
def test_a_loop_is_refused(connect, urls):
    script = Script(*[response([build()], Link=f'<{url}&api_key=s3cret>; rel="next"') for url in urls])
    with pytest.raises(
        PaginationError,
        match=rf"^list[A-Za-z]+: the pages form a cycle: {re.escape(API)}/v2/x\?… \(page=2\) was already fetched",
    ):
        list(connect(script).builds.list("acme", "web"))
    assert len(script.requests) == len(urls)


@pytest.mark.parametrize(
    "link", ["/v2/builds?page=2", "?page=2", f"{API}/v2/builds?page=2"], ids=["path", "query", "full"]
)
def test_a_next_url_is_requested_unchanged(connect, link):
    script = Script(response([build(1)], Link=f'<{link}&opaque=a%2Fb%20c>; rel="next"'), response([build(2)]))
    assert len(list(connect(script).builds.list_all())) == 2
    assert script.paths[1] == "/v2/builds?page=2&opaque=a%2Fb%20c"


@pytest.mark.parametrize(
    "header",
    [
        "",
        '</v2/builds?page=2>; rel="prev"',
        '<http://[>; rel="last"',
        '<?page=two>; rel="last"',
    ],
    ids=["empty", "prev", "bad-url", "word"],
)
def test_a_header_without_a_next_page_ends_the_list(connect, header):
    [page] = connect(Script(response([build()], Link=header))).builds.list("acme", "web").pages()
    assert (len(page.items), page.next_url, page.last_page) == (1, None, None)


def test_an_unread_list_has_no_truth_value():
    """Or `if not bk.builds.list(…)` would never hold."""
    message = "is fetched when it is iterated, not by bool(). Use"
    for client, instead in (
        (Buildkite("token"), ".first(), or list(…) for all items"),
        (AsyncBuildkite("token"), "await ….first(), or [item async for item in …] for all items"),
    ):
        with pytest.raises(TypeError) as error:
            bool(client.builds.list("acme", "web"))
        assert str(error.value).endswith(f"of listBuilds> {message} {instead}")


def endless(items):
    """Return a handler of pages that always have a next one."""

    def respond(request):
        number = int(request.url.params.get("page", 1))
        return response(items(number), Link=f'<?page={number + 1}>; rel="next"')

    return respond


@pytest.mark.parametrize("ahead", [0, 3], ids="ahead-{}".format)
def test_empty_pages_without_end_are_an_error(connect, ahead):
    script = Script(endless(lambda _: []))
    pager = connect(script).builds.list("acme", "web", max_items=5)
    with pytest.raises(PaginationError, match=r"^list[A-Za-z]+: 100 pages in a row are empty: "):
        list(pager.prefetch(ahead) if ahead else pager)
    assert 100 <= len(script.requests) <= 100 + ahead


NOT_PAGES = [{"message": "maintenance"}, "maintenance", 5]
NOT_CURSOR_PAGES = [{}, {"links": {}}, *({"items": items, "links": {}} for items in ({"a": 1}, "none", 5))]


@pytest.mark.parametrize("body", NOT_PAGES + NOT_CURSOR_PAGES, ids=str)
def test_a_page_without_a_list_of_items_is_an_error(connect, body):
    client = connect(Script(response(body)))
    with pytest.raises(DecodeError, match=r"listJobs: .*: the response has no list of items"):
        list(client.jobs.list("acme", "web", 1))
    if body in NOT_PAGES:
        with pytest.raises(DecodeError, match=r"listBuilds: .*: the response has no list of items"):
            list(client.builds.list("acme", "web"))


def test_a_cursor_page_may_be_an_array(connect):
    first, second = ([{"id": name, "type": "script", "state": "passed"}] for name in ("j1", "j2"))
    link = f'<{API}/v2/organizations/acme/jobs?after=1>; rel="next"'
    found = list(connect(Script(response(first, Link=link), response(second))).jobs.list("acme", "web", 1))
    assert [(type(job), job.id) for job in found] == [(models.ScriptJob, "j1"), (models.ScriptJob, "j2")]


@settings(reproducible, max_examples=60)
@given(
    kind=st.sampled_from(list(KINDS.values())),
    size=st.sampled_from([None, 7, 30, 100]),
    max_items=st.none() | st.integers(0, LAST + 50),
    ahead=st.integers(0, 5),
    wanted=st.integers(0, LAST + 50),
)
def test_any_part_of_a_list_is_read_in_order_with_no_needless_request(kind, size, max_items, ahead, wanted):
    """By pages and by items, and again from the start; what is read ahead is at most `ahead` pages."""
    handler, call, number = kind
    script = Script(handler)
    with Buildkite("token", http_client=httpx.Client(transport=httpx.MockTransport(script))) as client:
        pager = call(client, per_page=size, max_items=max_items)
        pager = pager.prefetch(ahead) if ahead else pager
        assert script.requests == []
        last = LAST if max_items is None else min(LAST, max_items)
        used = size or min(100, max_items or 100)
        pages = [[number(item) for item in page.items] for page in pager.pages()]
        assert [item for page in pages for item in page] == list(range(1, last + 1))
        assert len(pages) == len(script.requests) == -(-last // used)
        assert {request.url.params["per_page"] for request in script.requests} <= {str(used)}
        items = iter(pager)
        assert [number(item) for item in islice(items, wanted)] == list(range(1, min(wanted, last) + 1))
        items.close()
        assert len(script.requests) - len(pages) <= -(-min(wanted + 1, last) // used) + ahead


PATH = "/v2/organizations/acme/pipelines/web/builds"


@pytest.mark.parametrize(("handler", "call", "number"), KINDS.values(), ids=KINDS)
def test_first_requests_one_item(connect, handler, call, number):
    script = Script(handler)
    assert number(call(connect(script), per_page=50).first()) == 1
    assert [request.url.params["per_page"] for request in script.requests] == ["1"]


def test_first_keeps_filters(connect):
    script = Script(response([build(7)]))
    client = connect(script)
    list(client.builds.list("acme", "web", branch=["a&b", "c d"], meta_data={"k": "="}, max_items=1))
    assert client.builds.list("acme", "web", branch=["a&b", "c d"], meta_data={"k": "="}).first().number == 7
    assert script.paths[0] == script.paths[1]


def test_an_empty_list_has_no_first_item(connect):
    script = Script(response([]))
    assert connect(script).builds.list("acme", "web").first() is None
    assert len(script.requests) == 1
    assert connect(script).builds.list("acme", "web", max_items=0).first() is None
    assert len(script.requests) == 1


def test_empty_pages_before_the_first_item_are_skipped(connect):
    following = response([], Link=f'<{API}{PATH}?page=2>; rel="next"')
    script = Script(following, following, response([build(7)]))
    assert connect(script).builds.list("acme", "web").prefetch(2).first().number == 7
    assert script.paths == [f"{PATH}?per_page=1", f"{PATH}?per_page=100", f"{PATH}?page=2"]
