"""Paths and URLs of `request`: encoding, gateways, and those that leave the API."""

import pytest
from tests.each import check_each
from tests.unit.client.support import API, Script, response

from buildkite_rest import NotFoundError

THING = "/v2/organizations/acme/new-thing"
PATHS = {
    f"{THING}?a=1&b[]=x y&c=%2F%zz+": f"{THING}?a=1&b%5B%5D=x%20y&c=%2F%25zz+",
    "/v2/übung/a%2Fb/100%/{org}": "/v2/%C3%BCbung/a%2Fb/100%25/%7Borg%7D",
    "/v2/a?url=https://other.example/../x": "/v2/a?url=https://other.example/../x",
    f"{API}{THING}?a=1": f"{THING}?a=1",
    f"HTTPS://API.Buildkite.com:443{THING}": THING,
    API: "/",
    "/v2/x..y/...": "/v2/x..y/...",
    "/": "/",
}


@pytest.mark.parametrize(("path", "sent"), PATHS.items())
def test_a_path_is_encoded_once(connect, path, sent):
    script = Script(response({}))
    connect(script).request("GET", path)
    assert script.paths == [sent]
    assert script.requests[0].url.host == "api.buildkite.com"


OTHER = r"path is on another origin than base_url \(pass rewrite_next_urls=True for a proxy\): "
OTHER_PATHS = {
    "https://other.example/v2": f"{OTHER}https://other.example/v2",
    "https://api.buildkite.com@other.example/v2": "path is invalid: https://other.example/v2",
    "https://user:hidden@api.buildkite.com/v2": "path is invalid: https://api.buildkite.com/v2",
    "https://api.buildkite.com/v2?key=hidden\n": "path is not a path or a URL of the API: ",
    "v2/user?key=hidden": r"path is not a path or a URL of the API: v2/user\?…\. Write /v2/…",
    "https://user:hidden@x\\": "path is not a path or a URL of the API: https://x",
    "/v2/a/../b": "path is invalid: /v2/a/../b",
    f"{API}/v2/..": "path is invalid: ",
    "/\\other.example/v2": "path is not a path or a URL of the API: ",
    "/v2/a#hidden": "path is not a path or a URL of the API: /v2/a",
}


def test_a_path_that_leaves_the_api_is_refused(connect):
    script = Script(response({}))
    client = connect(script)

    def check(path, message):
        for call in (lambda: client.request("GET", path), lambda: client.paginate(path)):
            with pytest.raises(ValueError, match=f"^{message}") as raised:
                call()
            assert "\n" not in str(raised.value)
            assert "hidden" not in str(raised.value)

    check_each({ascii(path): (path, message) for path, message in OTHER_PATHS.items()}, check)
    assert script.requests == []


GATEWAY = "https://gateway.example/bk"


@pytest.mark.parametrize(
    ("path", "rewrite", "sent"),
    [
        (THING, False, f"{GATEWAY}{THING}"),
        (f"{GATEWAY}{THING}?a=1", False, f"{GATEWAY}{THING}?a=1"),
        (f"{API}{THING}?a=1", True, f"{GATEWAY}{THING}?a=1"),
        (f"{GATEWAY}?a=1", True, f"{GATEWAY}?a=1"),
    ],
)
def test_a_gateway_with_a_path(connect, path, rewrite, sent):
    script = Script(response(status=404))
    client = connect(script, base_url=GATEWAY, rewrite_next_urls=rewrite)
    with pytest.raises(NotFoundError, match=r"^GET /.*: 404: ") as raised:
        client.request("GET", path)
    assert str(script.requests[0].url) == sent
    if THING in path:
        assert raised.value.operation_id == f"GET {THING}"
