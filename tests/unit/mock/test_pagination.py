"""Pagination: numbered pages with `Link`, cursors with `items` and `links`, and invalid parameters."""

from __future__ import annotations

import re

import httpx
import pytest

from buildkite_rest.mock import seeded_backend
from buildkite_rest.mock.http import pagination

from .caller import API, EPOCH, WEB


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
    assert [len(response.json()) for response in responses] == [50, 50, 50, 50, 50, 11]
    assert numbers == sorted(set(numbers), reverse=True)


def test_relations_name_the_pages_around(api):
    first, middle, last = (numbers_of(api.get(f"{WEB}/builds?per_page=100&page={number}")) for number in (1, 2, 3))
    assert first == {"next": "2", "last": "3"}
    assert middle == {"first": "1", "prev": "1", "next": "3", "last": "3"}
    assert last == {"first": "1", "prev": "2"}


def test_links_preserve_the_query(api):
    query = "state[]=passed&state[]=failed&meta_data[release]=1.2&branch=release/*&per_page=1&exclude_jobs=true"
    url = links(api.get(f"{WEB}/builds?{query}"))["next"]
    assert url.startswith(f"{API}{WEB}/builds?")
    second = api.get(url)
    assert second.json()[0]["number"] < api.get(f"{WEB}/builds?{query}").json()[0]["number"]
    assert second.json()[0]["meta_data"] == {"release": "1.2"}
    assert url.count("state%5B%5D=") == 2
    assert "meta_data%5Brelease%5D=1.2" in url


@pytest.mark.parametrize(
    ("path", "header"),
    [("audit_events", True), ("invitations", True), ("services", False), ("pipelines/web/builds/42/jobs", False)],
)
def test_two_lists_with_cursors_have_the_header_too(api, path, header):
    response = api.get(f"/v2/organizations/acme/{path}?per_page=1")
    assert links(response) == ({"next": response.json()["links"]["next"]} if header else {})


def test_cursor_links_preserve_the_query_and_lead_to_the_first_page(api):
    first = api.get(f"{WEB}/builds/42/jobs?per_page=4&state[]=passed").json()
    second = api.get(first["links"]["next"]).json()
    assert api.get(second["links"]["first"]).json()["items"] == first["items"]
    assert all("state%5B%5D=passed" in url for body in (first, second) for url in body["links"].values())


@pytest.mark.parametrize(
    "cursor", ["x", "!!!", "ü", "====", "AAAA", pagination._cursor("01920000-0000-7009-8000-000000ffffff")]
)
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_bad_cursor_is_400(api, name, cursor):
    assert api.get(f"{WEB}/builds/42/jobs", params={name: cursor}).status_code == 400
