"""Credentials go to the origin of the API and nowhere else."""

import logging
from http.server import BaseHTTPRequestHandler

import httpx
import httpx2
import pytest
from tests.unit.client.support import API, Script, Silent, build, response, serving

from buildkite_rest import (
    APIStatusError,
    Buildkite,
    DownloadError,
    PaginationError,
    RetryPolicy,
)

FOREIGN = {
    "host": "https://evil.example/v2/builds?page=2",
    "subdomain": "https://files.api.buildkite.com/v2/builds?page=2",
    "user-as-host": "https://api.buildkite.com@evil.example/v2/builds?page=2",
    "no-scheme": "//evil.example/v2/builds?page=2",
    "port": "https://api.buildkite.com:8443/v2/builds?page=2",
    "scheme": "http://api.buildkite.com/v2/builds?page=2",
    "script": "javascript:alert(1)?page=2",
    "backslashes": "https:\\\\evil.example/v2/builds?page=2",
    "percent-encoded-host": "https://api%2Ebuildkite.com/v2/builds?page=2",
    "trailing-dot": "https://api.buildkite.com./v2/builds?page=2",
    "user": "https://mallory:x@api.buildkite.com/v2/builds?page=2",
}

SAME = {
    "absolute": f"{API}/v2/builds?page=2",
    "upper-case": "HTTPS://API.BUILDKITE.COM/v2/builds?page=2",
    "default-port": "https://api.buildkite.com:443/v2/builds?page=2",
    "path": "/v2/builds?page=2",
    "query": "?page=2",
}


def credentials(script):
    return {request.url.host: request.headers.get("Authorization") for request in script.requests}


def artifact_responses(location, *storage):
    """Return the responses to the requests of a download, in order."""
    artifact = {"id": "a", "filename": "report.txt", "path": "report.txt", "file_size": 2}
    return Script(response(artifact), response({"url": location}, 302), *storage)


def download(client, folder):
    return client.artifacts.download("acme", "job", "artifact", to=folder / "report.txt")


@pytest.mark.parametrize("url", FOREIGN.values(), ids=FOREIGN)
def test_a_next_page_on_another_origin_is_not_fetched(connect, url):
    script = Script(response([build()], Link=f'<{url}&api_key=s3cret>; rel="next"'))
    with pytest.raises(PaginationError) as caught:
        list(connect(script).builds.list_all())
    assert len(script.requests) == 1
    assert "s3cret" not in str(caught.value)
    cursor = Script(response({"items": [], "links": {"next": url}}))
    with pytest.raises(PaginationError):
        list(connect(cursor).jobs.list("acme", "web", 1))
    assert len(cursor.requests) == 1


@pytest.mark.parametrize("url", SAME.values(), ids=SAME)
def test_a_next_page_on_the_same_origin_is_fetched_with_the_token(connect, url):
    script = Script(response([build(1)], Link=f'<{url}>; rel="next"'), response([build(2)]))
    assert [found.number for found in connect(script).builds.list_all()] == [1, 2]
    assert [request.headers["Authorization"] for request in script.requests] == ["Bearer secret-token"] * 2


def test_a_redirect_of_the_api_is_an_error(connect):
    script = Script(httpx.Response(301, headers={"Location": "https://evil.example/"}))
    with pytest.raises(APIStatusError, match="301: the response redirects"):
        connect(script, http={"follow_redirects": True}).builds.get("acme", "web", 1)
    assert len(script.requests) == 1


def test_the_storage_gets_no_token(connect, tmp_path):
    script = artifact_responses("https://storage.example/x?Signature=1", httpx.Response(200, content=b"ok"))
    download(connect(script), tmp_path)
    assert credentials(script) == {"api.buildkite.com": "Bearer secret-token", "storage.example": None}


@pytest.mark.parametrize(
    "location", [f"{API}/v2/elsewhere", "http://api.buildkite.com/", "https://api.buildkite.com:8443/"]
)
def test_a_download_url_never_gets_the_token(connect, tmp_path, location):
    script = artifact_responses(location, httpx.Response(200, content=b"ok"))
    download(connect(script), tmp_path)
    assert "Authorization" not in script.requests[-1].headers


@pytest.mark.parametrize("location", ["https://other.example/y", f"{API}/v2/access-token"], ids=["other", "the-api"])
def test_a_redirect_of_the_storage_gets_no_token(connect, tmp_path, location):
    moved = httpx.Response(302, headers={"Location": location})
    script = artifact_responses("https://storage.example/x", moved, httpx.Response(200, content=b"ok"))
    download(connect(script), tmp_path)
    assert str(script.requests[-1].url) == location
    assert "Authorization" not in script.requests[-1].headers


@pytest.mark.parametrize(
    "http",
    [{"headers": {"authorization": "Bearer of-the-user"}}, {"auth": ("ada", "of-the-user")}],
    ids=["header", "auth"],
)
def test_credentials_of_the_http_client_are_not_leaked(connect, tmp_path, http):
    script = artifact_responses("https://storage.example/x", httpx.Response(200, content=b"ok"))
    download(connect(script, http=http), tmp_path)
    assert credentials(script) == {"api.buildkite.com": "Bearer secret-token", "storage.example": None}


@pytest.mark.parametrize(
    "location", [None, "", "/x", "ftp://storage.example/x", "https://storage.example/\0", "http://", 5]
)
def test_an_invalid_url_is_a_download_error(connect, tmp_path, location):
    script = artifact_responses(location)
    with pytest.raises(DownloadError, match=r"returned no URL|is not an HTTP URL: "):
        download(connect(script), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_the_base_url_gets_the_token(connect):
    script = Script(response([build()], Link=f'<{API}/v2/builds?page=2>; rel="next"'))
    with pytest.raises(PaginationError):
        list(connect(script, base_url="https://proxy.example/buildkite").builds.list_all())
    assert credentials(script) == {"proxy.example": "Bearer secret-token"}


def test_logs_hide_the_query_of_a_url(connect, caplog):
    caplog.set_level(logging.DEBUG)
    next_page = response([build()], Link=f'<{API}/v2/builds?page=2&api_key=s3cret>; rel="next"')
    script = Script(next_page, httpx.ConnectError("no route to host"), response([]))
    assert len(list(connect(script).builds.list_all())) == 1
    ours = [record.getMessage() for record in caplog.records if record.name == "buildkite_rest"]
    assert ours == [
        "retrying in 0.2 s: listAllBuilds: GET /v2/builds: api.buildkite.com: no route to host",
    ]
    theirs = [record.getMessage() for record in caplog.records if record.name in {"httpx", "httpx2"}]
    assert theirs == [f'HTTP Request: GET {API}/v2/builds?… "HTTP/1.1 200 OK"'] * 2
    assert "s3cret" not in caplog.text


def test_an_error_names_no_query(connect, tmp_path):
    url = "https://storage.example/x?Signature=s3cret"
    again = [response({"url": url}, 302), httpx.Response(403)]
    script = artifact_responses(url, httpx.Response(403), *again, *again)
    with pytest.raises(DownloadError, match=r"https://storage\.example/x\?… responded with status 403") as caught:
        download(connect(script), tmp_path)
    assert "s3cret" not in str(caught.value)


def sent_to_storage(script):
    requests = [request for request in script.requests if request.url.host == "storage.example"]
    return [(request.headers.get("Authorization"), request.headers.get("Cookie")) for request in requests]


@pytest.mark.parametrize("hop", [False, True], ids=["url", "redirect"])
def test_a_download_url_with_a_user_is_refused(connect, tmp_path, hop):
    url = "https://ada:s3cret@storage.example/x?Signature=s3cret"

    def respond(request):
        if request.url.host == "hop.example":
            return httpx.Response(302, headers={"Location": url})
        if request.url.path.endswith("/download"):
            return response({"url": "https://hop.example/x" if hop else url}, 302)
        return response({"id": "a", "filename": "report.txt", "path": "report.txt", "file_size": 2})

    script = Script(respond)
    with pytest.raises(DownloadError, match=r"has a user.*: https://storage\.example/x\?…(\n|$)") as caught:
        download(connect(script), tmp_path)
    assert "s3cret" not in str(caught.value)
    assert sent_to_storage(script) == []


def test_a_storage_on_the_host_of_the_api_gets_no_cookies(connect, tmp_path):
    cookie = {"Set-Cookie": "session=s3cret; Path=/"}
    artifact = {"id": "a", "filename": "report.txt", "path": "report.txt", "file_size": 2}
    script = Script(
        response(artifact, **cookie),
        response({"url": "http://storage.example:81/hop"}, 302, **cookie),
        httpx.Response(302, headers={"Location": "http://storage.example:82/x", **cookie}),
        httpx.Response(200, content=b"ok"),
    )
    download(connect(script, base_url="http://storage.example"), tmp_path)
    assert [cookie for _, cookie in sent_to_storage(script)] == [None, "session=s3cret", None, None]
    assert [bool(sent) for sent, _ in sent_to_storage(script)] == [True, True, False, False]


HOSTILE = (
    "\"s3cret'",
    "(b'link', b's3cret')",
    "')]) exception=s3cret(",
    "b'', b's3cret",
    "\xff\ts3cret",
)


@pytest.fixture
def loopback(monkeypatch):
    """A real server, for what only a real connection does: httpcore's own log."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Limited(Silent, BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers["Authorization"])
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.send_header("Location", "https://storage.example/log?Signature=s3cret")
            self.send_header("link", '<https://api.example/?api_key=s3cret>; rel="next"; title="it\'s"')
            for value in HOSTILE:
                self.send_header("Set-Cookie", value)
                self.send_header("Location", value)
            self.end_headers()

    seen = []
    with serving(Limited) as url:
        yield url, seen


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_logs_of_a_library_hide_the_token_and_urls_in_headers(library, loopback, caplog):
    caplog.set_level(logging.DEBUG)
    url, seen = loopback
    once = RetryPolicy(max_retries=0)
    with library.Client() as http, Buildkite("secret-token", base_url=url, http_client=http, retries=once) as bk:
        with pytest.raises(APIStatusError):
            bk.builds.get("acme", "web", 1)
        assert seen == ["Bearer secret-token"]
        assert "s3cret" not in caplog.text
        assert "secret-token" not in caplog.text
        assert "receive_response_headers.complete\n" in caplog.text
        http.get(url)
    assert "s3cret" in caplog.text


def test_headers_of_http2_are_not_logged(caplog):
    """hpack logs each header that it packs and unpacks."""
    caplog.set_level(logging.DEBUG)

    def respond(_):
        logging.getLogger("hpack.hpack").debug("Adding %s to the header table", (b"authorization", b"Bearer s3cret"))
        logging.getLogger("hpack.table").debug("Evicting %s: %s", "authorization", "Bearer s3cret")
        return httpx.Response(200, json=[])

    with Buildkite("t", http_client=httpx.Client(transport=httpx.MockTransport(respond))) as bk:
        bk.emojis.list("acme")
    assert "s3cret" not in caplog.text
    logging.getLogger("hpack.hpack").debug("Adding %s", "theirs")
    assert "Adding theirs" in caplog.text
