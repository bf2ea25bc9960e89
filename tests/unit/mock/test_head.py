"""HEAD is supported wherever GET is, with the same headers and without a body, as in Rails."""

import pytest

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
