"""`Buildkite(check=TrafficCheck())` judges the traffic of a program by the rules of a run."""

import asyncio
import subprocess
import sys
import threading

import httpx
import httpx2
import pytest
from tests.unit.client.support import build

from buildkite_rest import AsyncBuildkite, Buildkite, BuildkiteError, NotFoundError
from buildkite_rest.conformance import traffic
from buildkite_rest.conformance.traffic import TrafficCheck
from buildkite_rest.mock import MockServer

BUILD = "GET /v2/organizations/{org}/pipelines/{pipeline}/builds/{number}"
LIMITS = {
    f"RateLimit-{prefix}{name}": value
    for prefix, scope in (("", "rest"), ("User-", "rest_user"))
    for name, value in {"Limit": "200", "Remaining": "199", "Reset": "5", "Scope": scope}.items()
}


def responder(body, status=200, headers=LIMITS, library=httpx):
    def respond(_request):
        return library.Response(status, json=body, headers=headers)

    return library.MockTransport(respond)


def read(check, transport, library=httpx, **options):
    client = library.Client(transport=transport)
    with Buildkite("token", http_client=client, check=check, **options) as bk:
        return bk.builds.get("acme", "web", 1)


def texts(check):
    return sorted(f"{found.operation}: {found.check}: {found.message}" for found in check.findings)


DEPLOYED = {**build(), "deployed_by": "Ada Lovelace", "state": "on_hold"}
EXPECTED = [
    f"{BUILD}: undescribed_property: /deployed_by: str",
    f"{BUILD}: undescribed_value: /state: on_hold",
]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_differences_are_collected(library):
    check = TrafficCheck()
    read(check, responder(build(), library=library), library)
    assert texts(check) == []
    read(check, responder(DEPLOYED, library=library), library)
    assert texts(check) == EXPECTED
    assert "Ada" not in check.report()


def test_an_async_client_collects_the_same():
    check = TrafficCheck()

    async def main():
        client = httpx.AsyncClient(transport=responder(DEPLOYED))
        async with AsyncBuildkite("token", http_client=client, check=check) as bk:
            await asyncio.gather(*(bk.builds.get("acme", "web", 1) for _ in range(20)))

    asyncio.run(main())
    assert texts(check) == EXPECTED
    assert "[20 times]" in check.report()


def test_the_mock_server_has_no_differences():
    check = TrafficCheck()
    with MockServer(builds=10) as server:
        urls = {"base_url": server.url, "graphql_url": server.graphql_url}
        bk = Buildkite(server.token, **urls, check=check)
        built = bk.builds.create("acme", "web", commit="HEAD", branch="main", env={"DEPLOY_KEY": "hunter2"})
        list(bk.with_options(max_retries=1).builds.list("acme", "web", per_page=3, state=["passed"]))
        bk.organization("acme").pipelines.get("web")
        with pytest.raises(NotFoundError):
            bk.builds.get("acme", "web", 9999)
        artifact = next(iter(bk.artifacts.list("acme", "web", 1)))
        bk.artifacts.read("acme", artifact.job_id, artifact.id)
        server.respond_graphql({})
        bk.graphql("{ viewer { id } }")
        assert built.number
        bk.close()
    assert "no difference from the spec" in check.report(), check.report()
    assert "ignored: 1 exchange with other APIs" in check.report()


@pytest.mark.parametrize("base_url", ["https://proxy.example/bk", "https://proxy.example", "https://api.buildkite.com"])
@pytest.mark.parametrize(("path", "shown"), [("/v2/new", "/v2/…"), ("/v3/ada", "/…/…")])
def test_unknown_paths_of_the_client_are_found(path, shown, base_url):
    check = TrafficCheck()
    client = httpx.Client(transport=responder({}))
    graphql = f"{base_url}/graphql"
    with Buildkite("token", http_client=client, base_url=base_url, graphql_url=graphql, check=check) as bk:
        bk.request("GET", path)
        with pytest.raises(BuildkiteError):
            bk.graphql("{ viewer { id } }")
    assert texts(check) == [f"GET {shown}: undescribed_operation: status 200"]
    assert "ignored: 1 exchange with other APIs" in check.report()


UNREADABLE = {
    "no gzip": ("gzip", b"[1, 2]", "the body is too large, or cannot be decoded"),
    "another coding": ("br", b"\x8b\x00", "the body is too large, or cannot be decoded"),
    "a closed connection": (None, None, "the body was not received completely"),
}


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body as it is sent. None is a closed connection."""

    def __init__(self, content):
        self._content = content

    def __iter__(self):
        yield b"[" if self._content is None else self._content
        if self._content is None:
            raise httpx.ReadError("reset")

    async def __aiter__(self):
        for chunk in self:
            yield chunk


@pytest.mark.parametrize("status", [200, 401, 503])
@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_body_that_cannot_be_read_is_counted(is_async, name, status):
    coding, content, reason = UNREADABLE[name]
    headers = {**LIMITS, "Content-Type": "application/json", **({"Content-Encoding": coding} if coding else {})}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, stream=Broken(content), headers=headers))
    check = TrafficCheck()

    async def main():
        async with AsyncBuildkite("token", http_client=httpx.AsyncClient(transport=transport), **options) as bk:
            await bk.builds.get("acme", "web", 1)

    options = {"check": check, "max_retries": 0}
    with pytest.raises(BuildkiteError):
        asyncio.run(main()) if is_async else read(check, transport, max_retries=0)
    assert texts(check) == []
    assert f"not checked: 1, because {reason}" in check.report()


def test_the_report_is_bounded():
    check = TrafficCheck()
    headers = {**LIMITS, "Content-Type": "application/json"}
    letters = "abcdefghij"
    for first in "abcdefghijkl":
        body = "{" + ", ".join(f'"{first}{x}{y}": 1' for x in letters for y in letters) + "}"
        check.observe("GET", "https://api.buildkite.com/v2/user", 200, headers, body.encode())
    assert len(check.findings) == 1000
    assert "more findings not listed" in check.report()


@pytest.mark.parametrize(
    "arguments",
    [
        ("GET", "http://[", 200, {}, b""),
        ("GET", "", 200, {}, None),
        ("\ud800", "https://api.buildkite.com/v2/\ud800", 200, {}, b"\xff"),
        ("GET", "https://api.buildkite.com/v2/user", 200, {"Content-Type": "application/json"}, b"[" * 100_000),
        ("GET", "https://api.buildkite.com/v2/user", 200, {"Content-Type": "application/json"}, b"9" * 10_000),
        ("GET", "https://api.buildkite.com/v2/user?" + "a&" * 5000, 200, {}, b"{}"),
        ("GET", "https://api.buildkite.com/v2/" + "a/" * 5000, 200, {}, b"{}"),
    ],
)
def test_no_exchange_raises(arguments):
    check = TrafficCheck()
    check.observe(*arguments)
    assert check.report()


def test_an_internal_error_is_counted(monkeypatch):
    def fail(*_):
        raise KeyError("Ada")

    monkeypatch.setattr(traffic, "problems_of", fail)
    check = TrafficCheck()
    read(check, responder(build()))
    assert "not checked: 1, because the check failed with KeyError" in check.report()
    assert "Ada" not in check.report()


def test_a_check_costs_no_import_when_it_is_off():
    program = (
        "import sys; from buildkite_rest import Buildkite; Buildkite('token').builds;"
        "sys.exit('buildkite_rest.conformance' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_threads_share_a_check():
    check = TrafficCheck()
    client = httpx.Client(transport=responder(DEPLOYED))
    with Buildkite("token", http_client=client, check=check) as bk:

        def work():
            for _ in range(25):
                bk.builds.get("acme", "web", 1)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert "checked: 200 exchanges of 1 operation" in check.report()
    assert check.report().count("[200 times]") == 2
