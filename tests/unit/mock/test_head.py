"""HEAD is supported wherever GET is, with the same headers and without a body, as in Rails."""

import httpx
import pytest

from buildkite_rest.mock import MockServer

from .caller import WEB

VARYING = ("date", "ratelimit-remaining", "ratelimit-user-remaining")


def fixed(response):
    return {name: value for name, value in response.headers.items() if name not in VARYING}


@pytest.mark.parametrize("path", ["/", "/v2/user", f"{WEB}/builds?per_page=2", "/v2/organizations/nobody", "/_mock/"])
def test_a_response_has_the_headers_of_get_and_no_body(api, path):
    get, head = api.get(path), api.request("HEAD", path)
    assert (head.status_code, head.content, fixed(head)) == (get.status_code, b"", fixed(get))
    assert int(head.headers["Content-Length"]) == len(get.content)


def test_allowed_methods_have_head_where_there_is_get(api):
    assert api.request("OPTIONS", WEB).headers["Allow"].split(", ") == ["GET", "HEAD", "PATCH", "DELETE", "OPTIONS"]
    refused = api.request("HEAD", f"{WEB}/archive")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST, OPTIONS")


def test_a_response_to_head_can_be_cut_off():
    with MockServer(builds=1) as server, httpx.Client(base_url=server.url) as client:
        server.inject("truncate", method="HEAD")
        with pytest.raises(httpx.RemoteProtocolError):
            client.head("/v2/user")
        assert client.head("/v2/user").status_code == 401
