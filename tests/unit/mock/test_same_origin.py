"""Web pages of other origins cannot control the mock."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
import pytest

from buildkite_rest.mock import MockServer, create_app

from .caller import API, Caller


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
        {"Origin": f"{API}:8080"},
        {"Origin": API.replace("http:", "https:")},
        {"Origin": f"{API}.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8000", "Origin": "http://evil.example:8000", "Sec-Fetch-Site": "same-origin"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "test.evil.example"},
        {"Host": ""},
        {"Host": "["},
    ],
)
@pytest.mark.parametrize("request_line", ["GET /_mock/", "GET /_mock", "POST /_mock/reset", "OPTIONS /_mock/faults"])
def test_other_pages_are_refused_in_one_line(control, headers, request_line):
    before = control.get("/_mock/").json()
    response = control.request(*request_line.split(), headers={"Content-Type": "text/plain", **headers})
    assert (response.status_code, list(response.json())) == (403, ["message"])
    assert "\n" not in response.json()["message"]
    assert control.get("/_mock/").json() == before


@pytest.mark.parametrize("request_line", ["GET /_mock/", "GET /_mock/nope", "OPTIONS /_mock/reset"])
def test_no_page_may_read_it(control, request_line):
    response = control.request(*request_line.split())
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000"])
def test_the_api_is_served_under_any_name_to_any_page(api, host):
    response = api.get("/v2/user", headers={"Host": host, "Origin": "https://app.example"})
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (200, "*")


def test_more_names_can_be_allowed(runner, world):
    control = Caller(runner, create_app(world, hosts=["Mock.Example.Com"]), token=None)
    statuses = [
        control.get("/_mock/", headers={"Host": host}).status_code
        for host in ("mock.example.com:80", "MOCK.example.com", "x.mock.example.com", "example.com")
    ]
    assert statuses == [200, 200, 403, 403]


def test_a_server_takes_names_too():
    with ExitStack() as stack:
        server = stack.enter_context(MockServer(builds=1, hosts=["mock.example.com"]))
        client = stack.enter_context(httpx.Client(base_url=server.url, trust_env=False))
        hosts = ("mock.example.com", "localhost", "evil.example")
        assert [client.get("/_mock/", headers={"Host": host}).status_code for host in hosts] == [200, 200, 403]
        own = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
        assert client.post("/_mock/reset", headers=own).status_code == 200
