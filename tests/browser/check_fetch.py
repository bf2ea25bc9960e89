"""What scripts of other origins may send to the mock server and read of its answers. `make test-browser` runs this."""

import httpx
import pytest
from tests.browser.watch import watched

PIPELINE = "/v2/organizations/acme/pipelines/web"

FETCH = """async ({url, token, method, body}) => {
  const headers = {...token && {Authorization: `Bearer ${token}`}, ...body && {"Content-Type": "application/json"}};
  const answer = await fetch(url, {method, headers, body: body && JSON.stringify(body)});
  const text = await answer.text();
  return {status: answer.status, headers: Object.fromEntries(answer.headers), body: text && JSON.parse(text)};
}"""

FOLLOW = """async ({url, token}) => {
  const pages = [];
  while (url) {
    const answer = await fetch(url, {headers: {Authorization: `Bearer ${token}`}});
    const link = answer.headers.get("Link");
    pages.push({url, link, numbers: (await answer.json()).map(build => build.number)});
    url = link.match(/<([^>]+)>; rel="next"/)?.[1];
  }
  return pages;
}"""

DOWNLOAD = """async ({url, token}) => {
  const answer = await fetch(url, {headers: {Authorization: `Bearer ${token}`}});
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", await answer.arrayBuffer()));
  const sha1sum = Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
  return {origin: new URL(answer.url).origin, redirected: answer.redirected, status: answer.status, sha1sum};
}"""


@pytest.fixture
def fetch(page, elsewhere, mock):
    """Return a function that lets a page of another origin send a request to the mock server."""
    page.goto(elsewhere)

    def fetch(path, method="GET", body=None, *, token=mock.token):
        return page.evaluate(FETCH, {"url": mock.url + path, "token": token, "method": method, "body": body})

    return fetch


def asked(mock, path):
    return httpx.get(mock.url + path, headers={"Authorization": f"Bearer {mock.token}"})


def test_a_script_follows_link_to_the_last_page(page, elsewhere, mock):
    page.goto(elsewhere)
    pages = page.evaluate(FOLLOW, {"url": f"{mock.url}{PIPELINE}/builds?per_page=10", "token": mock.token})
    assert len(pages) >= 3
    assert f'<{pages[-1]["url"]}>; rel="last"' in pages[0]["link"]
    numbers = [number for found in pages for number in found["numbers"]]
    assert numbers == [build["number"] for build in asked(mock, f"{PIPELINE}/builds?per_page=100").json()]


def test_a_script_reads_no_rate_limit(fetch, mock):
    path = f"{PIPELINE}/builds?per_page=1"
    assert "RateLimit-Remaining" in asked(mock, path).headers
    answer = fetch(path)
    assert answer["status"] == 200
    assert answer["headers"].keys() == {"content-length", "content-type", "link"}


def test_a_script_creates_a_build_after_a_preflight(fetch, log):
    build = fetch(f"{PIPELINE}/builds", "POST", {"commit": "HEAD", "branch": "main", "message": "From a page"})
    assert build["status"] == 201
    number = build["body"]["number"]
    found = fetch(f"{PIPELINE}/builds/{number}")
    assert (found["status"], found["body"]["message"]) == (200, "From a page")
    assert [line.rpartition(" ")[0].rpartition(" ")[0] for line in log[:3]] == [
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
def test_a_script_may_use_every_method(fetch, method, path, body, status):
    assert fetch(path, method, body)["status"] == status


def test_a_script_reads_why_it_is_not_let_in(fetch, mock):
    answer = fetch("/v2/user", token=None)
    assert (answer["status"], answer["body"]) == (401, httpx.get(f"{mock.url}/v2/user").json())
    assert "message" in answer["body"]


def test_a_script_downloads_an_artifact_from_the_other_origin(page, elsewhere, mock):
    [artifact, *_] = asked(mock, f"{PIPELINE}/builds/1/artifacts").json()
    page.goto(elsewhere)
    assert page.evaluate(DOWNLOAD, {"url": artifact["download_url"], "token": mock.token}) == {
        "origin": mock.storage_url,
        "redirected": True,
        "status": 200,
        "sha1sum": artifact["sha1sum"],
    }


def test_requests_to_other_hosts_and_complaints_are_noticed(chromium, elsewhere):
    with watched(chromium) as (page, watch):
        page.goto(elsewhere)
        assert (watch.strangers(), watch.complaints) == ([], [])
        caught = page.evaluate("() => fetch('http://elsewhere.example/').catch(error => error.message)")
        assert caught == "Failed to fetch"
        page.evaluate("() => console.error('told')")
        assert watch.strangers() == ["http://elsewhere.example/"]
        assert [text for text in watch.complaints if "ERR_NAME_NOT_RESOLVED" in text or text == "told"][1:] == ["told"]
