"""A list that starts where another one stopped."""

import copy
import pickle

import pytest
from tests.unit.client.support import API, Script, build, response
from tests.unit.client.test_origin import FOREIGN
from tests.unit.client.test_pagination import LAST, builds

from buildkite_rest import AsyncBuildkite, Buildkite, PaginationError


def numbers(pager):
    return [item.number for item in pager]


@pytest.mark.parametrize("ahead", [0, 1, 4], ids="ahead-{}".format)
def test_a_resumed_list_continues_after_the_first_page(connect, ahead):
    pager = connect(builds).builds.list("acme", "web")
    first = next(iter(pager.pages()))
    rest = connect(builds).builds.list("acme", "web").resume(first.next_url)
    rest = rest.prefetch(ahead) if ahead else rest
    assert [build.number for build in first.items] + numbers(rest) == list(range(1, LAST + 1))


def test_max_items_counts_from_there(connect):
    pager = connect(builds).builds.list("acme", "web", max_items=3)
    assert numbers(pager.resume(f"{API}/v2/organizations/acme/pipelines/web/builds?page=2&per_page=100")) == [
        101,
        102,
        103,
    ]


@pytest.mark.parametrize("url", FOREIGN.values(), ids=FOREIGN)
def test_a_url_on_another_origin_is_refused_before_anything_is_sent(connect, url):
    script = Script(response([build()]))
    with pytest.raises(PaginationError) as caught:
        connect(script).builds.list("acme", "web").resume(f"{url}&api_key=s3cret")
    assert script.requests == []
    assert "s3cret" not in str(caught.value)
    assert str(caught.value).startswith("listBuilds: the URL to resume from")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "?page=2",
        f"{API}/v2 x",
        f"{API}/v2/organizations/acme/pipelines/%2e%2E/builds",
        f"{API}/v2/organizations/acme/pipelines/web%2F..%2Fx/builds",
        f"{API}/v2/../v2/organizations/acme/pipelines/web/builds",
        f"{API}/v2/organizations/acme/pipelines/web/builds?x={'x' * 70_000}",
    ],
)
def test_an_invalid_url_is_refused(connect, url):
    with pytest.raises(PaginationError, match="listBuilds: the URL to resume from"):
        connect(builds).builds.list("acme", "web").resume(url)


@pytest.mark.parametrize("client", [Buildkite, AsyncBuildkite])
def test_a_pager_cannot_be_pickled_or_copied(client):
    pager = client("token").builds.list_all()
    for call in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=r"Pager of listAllBuilds> cannot be pickled or copied\. Store"):
            call(pager)


@pytest.mark.parametrize("ahead", [0, 2], ids="ahead-{}".format)
def test_the_url_of_a_page_that_was_cut_is_its_own(connect, ahead):
    client = connect(builds)
    pager = client.builds.list("acme", "web", max_items=3, per_page=2)
    pages = list((pager.prefetch(ahead) if ahead else pager).pages())
    assert [len(page.items) for page in pages] == [2, 1]
    assert numbers(client.builds.list("acme", "web").resume(pages[-1].next_url)) == list(range(3, LAST + 1))


def test_a_url_of_another_list_is_refused(connect):
    client = connect(Script(response([build()])))
    url = next(iter(connect(builds).builds.list("acme", "web").pages())).next_url
    for pager in (client.agents.list("acme"), client.builds.list_all(), client.builds.list_for_organization("acme")):
        with pytest.raises(PaginationError, match="the URL to resume from is that of another list: "):
            pager.resume(url)
    with pytest.raises(PaginationError, match="is that of another list"):
        client.paginate("/v2/organizations/acme/agents").resume(url)
