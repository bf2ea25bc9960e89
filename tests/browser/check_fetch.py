"""Requests to the mock server by scripts of other origins. `make test PART=browser` runs this."""

import httpx
import pytest
from tests.browser.conftest import watched

PIPELINE = "/v2/organizations/acme/pipelines/web"

FETCH = """async ({url, token, method, body}) => {
  const headers = {...token && {Authorization: `Bearer ${token}`}, ...body && {"Content-Type": "application/json"}};
  const response = await fetch(url, {method, headers, body: body && JSON.stringify(body)});
  const text = await response.text();
  return {status: response.status, headers: Object.fromEntries(response.headers), body: text && JSON.parse(text)};
}"""

FOLLOW = """async ({url, token}) => {
  const pages = [];
  while (url) {
    const response = await fetch(url, {headers: {Authorization: `Bearer ${token}`}});
    const link = response.headers.get("Link");
    pages.push({url, link, numbers: (await response.json()).map(build => build.number)});
    url = link.match(/<([^>]+)>; rel="next"/)?.[1];
  }
  return pages;
}"""

DOWNLOAD = """async ({url, token}) => {
  const response = await fetch(url, {headers: {Authorization: `Bearer ${token}`}});
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", await response.arrayBuffer()));
  const sha1sum = Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
  return {origin: new URL(response.url).origin, redirected: response.redirected, status: response.status, sha1sum};
}"""


@pytest.fixture
def fetch(page, other_origin, mock):
    """Return a function that lets a page of another origin send a request to the mock server."""
    page.goto(other_origin)

    def fetch(path, method="GET", body=None, *, token=mock.token):
        return page.evaluate(FETCH, {"url": mock.url + path, "token": token, "method": method, "body": body})

    return fetch


def get(mock, path):
    return httpx.get(mock.url + path, headers={"Authorization": f"Bearer {mock.token}"})


def test_a_script_follows_link_to_the_last_page(page, other_origin, mock):
    page.goto(other_origin)
    pages = page.evaluate(FOLLOW, {"url": f"{mock.url}{PIPELINE}/builds?per_page=10", "token": mock.token})
    assert len(pages) >= 3
    assert f'<{pages[-1]["url"]}>; rel="last"' in pages[0]["link"]
    numbers = [number for found in pages for number in found["numbers"]]
    assert numbers == [build["number"] for build in get(mock, f"{PIPELINE}/builds?per_page=100").json()]


def test_a_script_cannot_read_rate_limits(fetch, mock):
    path = f"{PIPELINE}/builds?per_page=1"
    assert "RateLimit-Remaining" in get(mock, path).headers
    response = fetch(path)
    assert response["status"] == 200
    assert response["headers"].keys() == {"content-length", "content-type", "link"}


def test_a_script_creates_a_build_after_a_preflight(fetch, log):
    build = fetch(f"{PIPELINE}/builds", "POST", {"commit": "HEAD", "branch": "main", "message": "From a page"})
    assert build["status"] == 201
    number = build["body"]["number"]
    found = fetch(f"{PIPELINE}/builds/{number}")
    assert (found["status"], found["body"]["message"]) == (200, "From a page")
    assert log[:3] == [
        f"OPTIONS {PIPELINE}/builds 204",
        f"POST {PIPELINE}/builds 201",
        f"OPTIONS {PIPELINE}/builds/{number} 204",
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", PIPELINE, {"description": "From a page"}, 200),
        ("PUT", f"{PIPELINE}/builds/1/rebuild", None, 200),
        ("DELETE", PIPELINE, None, 204),
    ],
)
def test_a_script_can_use_every_method(fetch, method, path, body, status):
    assert fetch(path, method, body)["status"] == status


def test_a_script_can_read_the_message_of_a_401(fetch, mock):
    response = fetch("/v2/user", token=None)
    assert (response["status"], response["body"]) == (401, httpx.get(f"{mock.url}/v2/user").json())
    assert "message" in response["body"]


def test_a_script_downloads_an_artifact_from_storage(page, other_origin, mock):
    [artifact, *_] = get(mock, f"{PIPELINE}/builds/1/artifacts").json()
    page.goto(other_origin)
    assert page.evaluate(DOWNLOAD, {"url": artifact["download_url"], "token": mock.token}) == {
        "origin": mock.storage_url,
        "redirected": True,
        "status": 200,
        "sha1sum": artifact["sha1sum"],
    }


def test_external_requests_and_errors_are_recorded(chromium, other_origin):
    with watched(chromium) as (page, watch):
        page.goto(other_origin)
        assert (watch.external_requests(), watch.errors) == ([], [])
        caught = page.evaluate("() => fetch('http://elsewhere.example/').catch(error => error.message)")
        assert caught == "Failed to fetch"
        page.evaluate("() => console.error('logged')")
        assert watch.external_requests() == ["http://elsewhere.example/"]
        assert [text for text in watch.errors if "ERR_NAME_NOT_RESOLVED" in text or text == "logged"][1:] == ["logged"]
