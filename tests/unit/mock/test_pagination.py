"""Pagination: numbered pages with `Link`, cursors with `items` and `links`, and invalid parameters."""

from __future__ import annotations

import re

import httpx
import pytest
from tests.unit.client.description import described

from buildkite_rest.mock import TAGS, seeded_backend
from buildkite_rest.mock.http import pagination

from .caller import API, EPOCH, WEB

GEMS = "/v2/packages/organizations/acme/registries/gems"


@pytest.fixture
def backend(clock):
    """A backend with enough builds for several pages."""
    return seeded_backend(clock=clock, epoch=EPOCH)


def links(response):
    found = re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers.get("Link", ""))
    return {rel: url for url, rel in found}


def numbers_of(response):
    return {rel: httpx.URL(url).params["page"] for rel, url in links(response).items()}


def walk(api, path):
    responses = [api.get(path)]
    while "next" in links(responses[-1]):
        responses.append(api.get(links(responses[-1])["next"]))
    return responses


def test_following_next_gives_every_item_once(api):
    responses = walk(api, f"{WEB}/builds?per_page=50&exclude_jobs=true&exclude_pipeline=true")
    numbers = [build["number"] for response in responses for build in response.json()]
    assert [len(response.json()) for response in responses] == [50, 50, 50, 50, 50, 10]
    assert numbers == sorted(set(numbers), reverse=True)
    assert 13 not in numbers


def test_relations_name_the_pages_around(api):
    first, middle, last = (numbers_of(api.get(f"{WEB}/builds?per_page=100&page={number}")) for number in (1, 2, 3))
    assert first == {"next": "2", "last": "3"}
    assert middle == {"first": "1", "prev": "1", "next": "3", "last": "3"}
    assert last == {"first": "1", "prev": "2"}


def test_a_list_on_one_page_has_no_link(api):
    assert "Link" not in api.get("/v2/organizations").headers


def test_beyond_the_end_there_is_nothing(api):
    response = api.get(f"{WEB}/builds?per_page=100&page=9")
    assert response.json() == []
    assert numbers_of(response) == {"first": "1", "prev": "3"}


def test_links_preserve_the_query(api):
    query = "state[]=passed&state[]=failed&meta_data[release]=1.2&branch=release/*&per_page=1&exclude_jobs=true"
    url = links(api.get(f"{WEB}/builds?{query}"))["next"]
    assert url.startswith(f"{API}{WEB}/builds?")
    second = api.get(url)
    assert second.json()[0]["number"] < api.get(f"{WEB}/builds?{query}").json()[0]["number"]
    assert second.json()[0]["meta_data"] == {"release": "1.2"}
    assert url.count("state%5B%5D=") == 2
    assert "meta_data%5Brelease%5D=1.2" in url


def test_links_have_the_host_of_the_request(api):
    url = links(api.get("/v2/builds", headers={"Host": "proxy.test:8080"}))["next"]
    assert url.startswith("http://proxy.test:8080/v2/builds?")


@pytest.mark.parametrize("host", ["evil\r\n", 'a"b', "<x>", "a b", "h/p"])
def test_an_invalid_host_is_not_repeated(api, host):
    response = api.get("/v2/organizations", headers={"Host": host})
    assert response.json()[0]["url"] == f"{API}/v2/organizations/acme"


@pytest.mark.parametrize("path", ["audit_events", "invitations", "services", "pipelines/web/builds/42/jobs"])
@pytest.mark.parametrize("query", ["after=x", "before=x", "after[]=x", "before[x]=x", "after=eA&before=eA"])
def test_an_invalid_cursor_is_400(api, path, query):
    assert api.get(f"/v2/organizations/acme/{path}?{query}").status_code == 400


@pytest.mark.parametrize("value", ["0", "-1", "abc", "1.5", "1e2", "٣", "null"])
def test_an_invalid_page_size_is_the_default_unless_the_list_is_bounded(api, value):
    assert len(api.get(f"{WEB}/builds", params={"per_page": value}).json()) == 30
    assert api.get(f"{WEB}/builds/42/jobs", params={"per_page": value}).status_code == 400
    assert api.get(f"{WEB}/builds/42/jobs?per_page=").status_code == 200


@pytest.mark.parametrize("value", ["0", "-1", "abc", ""])
def test_an_invalid_page_number_is_the_first_page(api, value):
    first = api.get(f"{WEB}/builds?per_page=5")
    response = api.get(f"{WEB}/builds", params={"per_page": 5, "page": value})
    assert response.json() == first.json()
    assert numbers_of(response) == numbers_of(first)


def paged(parameter):
    """Return the paths of all lists that are served and have a parameter."""
    return [
        operation.path.replace("{org}", "acme")
        for operation in described().values()
        if operation.method == "GET" and operation.node["tags"][0] in TAGS
        if {"$ref": f"#/components/parameters/{parameter}"} in operation.node.get("parameters", ())
    ]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("per_page", "0"), ("per_page", "1e2"), ("bounded_per_page", "0"), ("bounded_per_page", "101"), ("page", "0"),
        ("page", "x"), ("after", ""),
    ],
)  # fmt: skip
def test_only_bounded_sizes_and_cursors_are_rejected(api, parameter, value):
    paths = paged(parameter)
    assert paths
    name = parameter.removeprefix("bounded_")
    refused = {path for path in paths if api.get(path, params={name: value}).status_code == 400}
    assert refused == (set(paths) if parameter in {"bounded_per_page", "after"} else set())


def test_more_than_a_hundred_items_count_as_a_hundred(api):
    whole = api.get(f"{WEB}/builds", params={"per_page": "100"})
    for size in ("101", "9" * 40):
        large = api.get(f"{WEB}/builds", params={"per_page": size})
        assert large.json() == whole.json()
        assert numbers_of(large) == numbers_of(whole)
        assert {httpx.URL(url).params["per_page"] for url in links(large).values()} == {size}
    for path in ("services", "agents", "pipelines"):
        assert api.get(f"/v2/organizations/acme/{path}?per_page=1000").status_code == 200
    body = api.get(f"{GEMS}/packages?per_page=101").json()
    assert "per_page=101" in body["links"]["self"]


@pytest.mark.parametrize(
    ("path", "header"),
    [("audit_events", True), ("invitations", True), ("services", False), ("pipelines/web/builds/42/jobs", False)],
)
def test_two_lists_with_cursors_have_the_header_too(api, path, header):
    response = api.get(f"/v2/organizations/acme/{path}?per_page=1")
    assert links(response) == ({"next": response.json()["links"]["next"]} if header else {})


@pytest.mark.parametrize("path", ["emojis", "repository_connections"])
def test_lists_without_pages_come_whole(api, path):
    whole = api.get(f"/v2/organizations/acme/{path}")
    assert len(whole.json()) > 1
    part = api.get(f"/v2/organizations/acme/{path}?per_page=1&page=2")
    assert (part.json(), "Link" in part.headers) == (whole.json(), False)


def test_a_very_large_page_number_is_only_far_away(api):
    assert api.get("/v2/organizations", params={"page": "9" * 40}).json() == []


def test_builds_are_not_listed_without_end(api):
    response = api.get(f"{WEB}/builds?per_page=100&page=101")
    assert response.status_code == 400
    assert response.json()["message"].startswith("Listing builds this deep is not supported.")
    assert api.get(f"{WEB}/builds?per_page=100&page=100").status_code == 200


def test_a_last_page_that_is_too_deep_is_not_named(api, monkeypatch):
    monkeypatch.setattr("buildkite_rest.mock.resources.builds.DEEPEST_BUILD", 100)
    assert set(links(api.get(f"{WEB}/builds?per_page=50"))) == {"next"}


def test_cursor_links_preserve_the_query_and_lead_to_the_first_page(api):
    first = api.get(f"{WEB}/builds/42/jobs?per_page=4&state[]=passed").json()
    second = api.get(first["links"]["next"]).json()
    assert api.get(second["links"]["first"]).json()["items"] == first["items"]
    assert all("state%5B%5D=passed" in url for body in (first, second) for url in body["links"].values())


def test_before_the_first_item_there_is_nothing(api):
    first = api.get(f"{WEB}/builds/42/jobs").json()["items"][0]["id"]
    body = api.get(f"{WEB}/builds/42/jobs", params={"before": pagination._cursor(first), "per_page": 2}).json()
    assert body["items"] == []
    assert api.get(body["links"]["next"]).json()["items"][0]["id"] == first


def test_after_the_last_item_there_is_nothing(api):
    last = api.get(f"{WEB}/builds/42/jobs").json()["items"][-1]["id"]
    body = api.get(f"{WEB}/builds/42/jobs", params={"after": pagination._cursor(last)}).json()
    assert (body["items"], set(body["links"])) == ([], {"self"})


@pytest.mark.parametrize(
    "cursor", ["x", "!!!", "ü", "====", "AAAA", pagination._cursor("01920000-0000-7009-8000-000000ffffff")]
)
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_bad_cursor_is_400(api, name, cursor):
    assert api.get(f"{WEB}/builds/42/jobs", params={name: cursor}).status_code == 400


def test_two_cursors_at_once_are_400(api):
    url = api.get(f"{WEB}/builds/42/jobs?per_page=1").json()["links"]["next"]
    response = api.get(f"{url}&before=x")
    assert response.status_code == 400
    assert "together" in response.json()["message"]
