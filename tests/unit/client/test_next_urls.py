"""URLs of next pages: of a client whose `base_url` is a proxy, and of lists that start where another one stopped."""

import re

import pytest
from tests.each import check_each
from tests.unit.client.support import API, Script, build, response
from tests.unit.client.test_origin import FOREIGN
from tests.unit.client.test_pager import LAST, builds

from buildkite_rest import PaginationError

PATH = "/v2/builds?page=2&opaque=a%2Fb%20c"
PROXIES = ["http://proxy.example:8080", "http://proxy.example/a/b/"]
REWRITTEN = {
    "api": f"{API}{PATH}",
    "upper-case": f"HTTPS://API.BUILDKITE.COM{PATH}",
    "trailing-dot": f"https://api.buildkite.com.{PATH}",
    "other-scheme": f"http://api.buildkite.com{PATH}",
    "foreign-host": f"https://evil.example{PATH}",
    "path": PATH,
    "fragment": f"{API}{PATH}#top",
}
REFUSED = {
    "user": f"https://mallory:x@api.buildkite.com{PATH}",
    "user-as-host": f"https://api.buildkite.com@evil.example{PATH}",
    "script": "javascript:alert(1)",
    "backslashes": "https:\\\\evil.example/v2/builds",
    "port": "https://api.buildkite.com:99999/v2/builds",
    "encoded-dots": f"{API}/v2/%2e%2E/%2e%2e/admin",
}
STYLES = {
    "link": (
        lambda url: response([build(1)], Link=f'<{url}>; rel="next"'),
        response([build(2)]),
        lambda client: client.builds.list_all(),
    ),
    "cursor": (
        lambda url: response({"items": [{"id": "a", "type": "script"}], "links": {"next": url}}),
        response({"items": [{"id": "b", "type": "script"}], "links": {}}),
        lambda client: client.jobs.list("acme", "web", 1),
    ),
}
every_style = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)


def sent(script):
    return [(str(request.url), request.headers.get("Authorization")) for request in script.requests]


@every_style
@pytest.mark.parametrize("ahead", [0, 2], ids="ahead-{}".format)
@pytest.mark.parametrize("base_url", PROXIES)
def test_the_next_page_is_requested_from_base_url(connect, style, ahead, base_url):
    first, second, call = style

    def check(url):
        script = Script(first(url), second)
        pager = call(connect(script, base_url=base_url, rewrite_next_urls=True))
        assert len(list(pager.prefetch(ahead) if ahead else pager)) == 2
        assert sent(script)[1] == (base_url.rstrip("/") + PATH, "Bearer secret-token")

    check_each({name: (url,) for name, url in REWRITTEN.items()}, check)


@every_style
@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED)
def test_an_invalid_url_is_refused(connect, style, url):
    first, second, call = style
    script = Script(first(url), second)
    with pytest.raises(PaginationError, match=r"the URL of the next page is invalid: "):
        list(call(connect(script, base_url=PROXIES[1], rewrite_next_urls=True)))
    assert len(script.requests) == 1


@every_style
@pytest.mark.parametrize("url", [f"{API}/v2/../x", "../x", f"{API}/v2/%2e%2e/x", f"{API}/v2/a b", f"{API}/v2/b?q=a b"])
def test_a_url_that_the_library_would_change_is_refused(connect, style, url):
    first, second, call = style
    script = Script(first(url), second)
    with pytest.raises(PaginationError, match=r"the URL of the next page is invalid: "):
        list(call(connect(script)))
    assert len(script.requests) == 1


def test_the_refusal_without_the_option_names_it(connect):
    script = Script(response([build(1)], Link=f'<{API}{PATH}>; rel="next"'))
    message = (
        f"listAllBuilds: GET /v2/builds: the URL of the next page is on another origin than base_url "
        f"(rewrite_next_urls is for a proxy): {API}/v2/builds?…"
    )
    with pytest.raises(PaginationError, match=f"^{re.escape(message)}$"):
        list(connect(script, base_url=PROXIES[0]).builds.list_all())
    assert len(script.requests) == 1


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
def test_an_invalid_url_to_resume_from_is_refused(connect, url):
    with pytest.raises(PaginationError, match="listBuilds: the URL to resume from"):
        connect(builds).builds.list("acme", "web").resume(url)


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
        with pytest.raises(PaginationError, match="the URL to resume from is that of another operation: "):
            pager.resume(url)
    with pytest.raises(PaginationError, match="is that of another operation"):
        client.paginate("/v2/organizations/acme/agents").resume(url)
