"""Web pages of other origins cannot control the mock."""

from __future__ import annotations

import http.client
from contextlib import closing

import pytest
from tests.each import check_each

from buildkite_rest.mock import MockServer

from .caller import API


@pytest.fixture
def control(api):
    return api.as_owner_of(None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": API},
        {"Origin": API, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        *({"Host": host} for host in (
            "127.0.0.1:8000", "[::1]:8000", "192.0.2.7", "localhost", "LOCALHOST.:80", "mock:8080", "a.localhost",
            "mock.internal", "x.test:1",
        )),
        {"Host": "mock:8080", "Origin": "http://mock:8080"},
        {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"},
    ],
)  # fmt: skip
def test_programs_and_its_own_pages_control_it(control, headers):
    for method, path in (("GET", "/_mock/"), ("POST", "/_mock/reset")):
        assert control.request(method, path, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": f"{API}.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example:8000", "Origin": "http://evil.example:8000", "Sec-Fetch-Site": "same-origin"},
        *({"Host": host} for host in (
            "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "com.",
        )),
    ],
)  # fmt: skip
def test_other_origins_are_rejected_in_one_line(control, headers):
    before = control.get("/_mock/").json()

    def check(request_line):
        response = control.request(*request_line.split(), headers={"Content-Type": "text/plain", **headers})
        assert (response.status_code, list(response.json())) == (403, ["message"])
        assert "\n" not in response.json()["message"]
        assert control.get("/_mock/").json() == before

    lines = ("GET /_mock/", "GET /_mock", "POST /_mock/reset", "OPTIONS /_mock/inject")
    check_each({line: (line,) for line in lines}, check)


@pytest.mark.parametrize(
    "headers",
    [
        [("Origin", "{url}"), ("Origin", "https://evil.example")],
        [("Origin", "https://evil.example"), ("Origin", "{url}")],
        [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
        [("Host", "127.0.0.1"), ("Host", "evil.example")],
    ],
)
def test_a_repeated_header_is_rejected(headers):
    with MockServer(builds=1) as server, closing(http.client.HTTPConnection(server.url[7:])) as connection:
        connection.putrequest("POST", "/_mock/reset", skip_host=headers[0][0] == "Host")
        for name, value in [*headers, ("Content-Length", "0")]:
            connection.putheader(name, value.format(url=server.url))
        connection.endheaders()
        assert connection.getresponse().status in {400, 403}
