"""Pages that are read before they are asked for: their order and their number."""

import pytest
from tests.unit.client.support import API, Script, build, response

from buildkite_rest import NotFoundError


def numbers(pager):
    return [item.number for item in pager]


def wanted(script):
    """The numbers of the pages that were asked for. Threads may send them in any order."""
    return sorted(int(path.params.get("page", 1)) for path in (request.url for request in script.requests))


def page(number, last=None, following=None):
    """Return a page with one build, and the links that are given."""
    url = f"{API}/v2/builds?per_page=1&page="
    links = [f'<{url}{n}>; rel="{rel}"' for rel, n in (("next", following), ("last", last)) if n is not None]
    return response([build(number)], Link=", ".join(links))


def numbered(pages):
    """Answer each number of a page with what `pages` has for it."""
    return Script(lambda request: pages[int(request.url.params.get("page", 1))])


def test_an_error_is_raised_when_its_page_is_reached(connect):
    pages = {1: page(1, 4, 2), 2: page(2, 4, 3), 3: response({"message": "gone"}, 404), 4: page(4, 4)}
    items = iter(connect(numbered(pages)).builds.list("acme", "web").prefetch(3))
    assert [next(items).number, next(items).number] == [1, 2]
    with pytest.raises(NotFoundError):
        next(items)


def test_a_list_that_shrinks_ends_where_it_now_ends(connect):
    """Page 3 was taken for granted, and its error is nobody's business when page 2 is the last one."""
    pages = {1: page(1, 3, 2), 2: page(2, 2), 3: response({"message": "gone"}, 404)}
    assert numbers(connect(numbered(pages)).builds.list("acme", "web").prefetch(3)) == [1, 2]


def test_a_list_that_grows_is_followed_beyond_its_last_page(connect):
    pages = {1: page(1, 2, 2), 2: page(2, 2, 3), 3: page(3, 4, 4), 4: page(4, 4)}
    script = numbered(pages)
    assert numbers(connect(script).builds.list("acme", "web").prefetch(3)) == [1, 2, 3, 4]
    assert wanted(script) == [1, 2, 3, 4]


def test_unpredictable_urls_are_not_predicted_again(connect):
    def signed(request):
        number = int(request.url.params.get("page", 1))
        links = f'<{API}/v2/builds?page={number + 1}&sign={number}>; rel="next", <?page=9>; rel="last"'
        return response([build(number)], Link=links if number < 9 else "")

    script = Script(signed)
    assert numbers(connect(script).builds.list("acme", "web").prefetch(2)) == list(range(1, 10))
    assert len(script.requests) <= 10  # Each page, and page 3 once more for the signature that did not fit.
