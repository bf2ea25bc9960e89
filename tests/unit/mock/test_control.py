"""Control of the mock, by requests to `/_mock/` and by methods of the server."""

from __future__ import annotations

import math
import re

import httpx
import pytest

from buildkite_rest.mock import MockServer, create_app

from .caller import WEB, Caller

STATE = (
    "seed",
    "builds",
    "clock",
    "rate_limit",
    "user_rate_limit",
    "faults",
    "responses",
    "requests",
)


@pytest.fixture
def control(api):
    return api.as_owner_of(None)


def test_the_state_needs_no_token(control):
    state = control.get("/_mock/").json()
    assert tuple(state) == STATE
    assert (state["clock"], state["faults"], state["requests"]) == ("2026-03-02T10:00:00.000Z", [], 0)
    control.get("/v2/user")
    assert control.get("/_mock").json()["requests"] == 1


def test_a_reset_brings_everything_back(api, control):
    before = api.get(f"{WEB}/builds").json()
    api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": "main"})
    api.delete(WEB)
    control.post("/_mock/inject", json={"kind": "500"})
    control.post("/_mock/set_limits", json={"user_rate_limit": 1})
    control.post("/_mock/advance", json={"seconds": 3600})
    state = control.post("/_mock/reset").json()
    assert [state[name] for name in STATE[2:]] == ["2026-03-02T10:00:00.000Z", None, None, [], [], 0]
    assert api.get(f"{WEB}/builds").json() == before
    assert [api.get("/v2/user").status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(("kind", "status"), [(str(status), status) for status in (429, 500, 502, 503, 520)])
def test_the_next_request_fails(api, control, kind, status):
    control.post("/_mock/inject", json={"kind": kind})
    assert [api.get("/v2/user").status_code for _ in range(2)] == [status, 200]


def test_after_a_reset_the_same_requests_fail(runner, backend):
    control = Caller(runner, create_app(backend, fault_rate=0.5))
    first = [control.get("/v2/user").status_code for _ in range(20)]
    control.post("/_mock/reset")
    assert [control.get("/v2/user").status_code for _ in range(20)] == first
    assert 200 in first
    assert len(set(first)) > 1


def test_only_requests_that_fit_are_hit(api, control):
    fault = {"kind": "500", "method": "get", "path": f"{WEB}/builds", "times": 2}
    control.post("/_mock/inject", json=fault)
    assert api.get("/v2/user").status_code == 200
    assert api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": "main"}).status_code == 201
    assert [api.get(f"{WEB}/builds/1").status_code for _ in range(3)] == [500, 500, 200]


def test_limits_and_the_clock(api, control):
    control.post("/_mock/set_limits", json={"user_rate_limit": 1})
    assert [api.get("/v2/user").status_code for _ in range(2)] == [200, 429]
    assert control.post("/_mock/advance", json={"seconds": 61.5}).json()["clock"] == "2026-03-02T10:01:01.500Z"
    assert api.get("/v2/user").status_code == 200
    control.post("/_mock/set_limits", json={"user_rate_limit": None})
    assert [api.get("/v2/user").status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/_mock/inject", b"{", "request is invalid"),
        ("/_mock/inject", b'{"kimd": 1}', "kimd"),
        ("/_mock/inject", b'{"kind": "x"}', "kind is invalid"),
        ("/_mock/inject", b'{"kind": "500", "path": "v2/user"}', "'v2/user' is not the path of a request"),
        ("/_mock/set_limits", b'{"rate_limit": 0}', "rate_limit is invalid"),
        ("/_mock/advance", b"{}", "seconds"),
        ("/_mock/advance", b'{"seconds": -1}', "moved forward"),
        ("/_mock/advance", b'{"seconds": "1"}', "request is invalid"),
        ("/_mock/respond", b'{"method": 1, "path": 2}', "request is invalid"),
        ("/_mock/respond", b"\xff", "request is invalid"),
    ],
)
def test_an_invalid_change_is_explained(control, path, body, message):
    response = control.post(path, content=body)
    assert response.status_code == 400
    assert message in response.json()["message"]


def test_an_unknown_path_lists_the_known_ones(control):
    missing = control.get("/_mock/nothing")
    assert (missing.status_code, "/_mock/reset" in missing.json()["message"]) == (404, True)
    wrong = control.get("/_mock/reset")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")


def test_control_has_no_faults_and_no_limits(runner, backend):
    control = Caller(runner, create_app(backend, fault_rate=1.0, user_rate_limit=1), token=None)
    assert [control.get("/_mock/").status_code for _ in range(5)] == [200] * 5


@pytest.fixture
def server():
    with MockServer(builds=10) as server:
        yield server


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}) as client:
        yield client


def test_a_connection_is_reset(server, client, capfd):
    server.inject("reset")
    with pytest.raises(httpx.ReadError):
        client.get("/v2/user")
    assert client.get("/v2/user").status_code == 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "fit",
    [
        {"path": "v2/user"}, {"path": "http://127.0.0.1/v2/user"}, {"path": "/v2/user*"}, {"path": "/v2/user?page=2"},
        {"path": "/v2/a b"}, {"path": "/_mock/reset"}, {"path": "/_mock"},
        {"method": "FOO"}, {"method": ""},
    ],
)  # fmt: skip
def test_a_fault_that_matches_no_request_is_rejected(server, fit):
    [value] = fit.values()
    with pytest.raises(ValueError, match=re.escape(f"'{value}'")):
        server.inject("500", **fit)


def test_a_request_of_a_browser_for_permission_has_no_fault(server, client):
    server.inject("500", path="/v2/user")
    assert [client.options("/v2/user").status_code, client.get("/v2/user").status_code] == [204, 500]
    server.inject("500", method="OPTIONS")
    assert [client.get("/v2/user").status_code, client.options("/v2/user").status_code] == [200, 500]


@pytest.mark.parametrize("make", [MockServer, create_app], ids=["server", "app"])
@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("rate_limit", 0),
        ("latency", 3601),
        ("fault_rate", math.nan),
        ("builds", -1),
    ],
)
def test_arguments_have_the_limits_of_requests(make, name, number):
    with pytest.raises(ValueError, match=name) as refused:
        make(**{name: number})
    assert "\n" not in str(refused.value)


def test_a_response_is_truncated(server, client, capfd):
    server.inject("truncate", method="GET", path="/v2/user")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        client.get("/v2/user")
    assert client.get("/v2/user").status_code == 200
    assert capfd.readouterr() == ("", "")


def test_methods_do_what_requests_do(server, client):
    builds = client.get("/v2/builds").json()
    client.delete(WEB)
    server.set_limits(user_rate_limit=1)
    assert [client.get("/v2/user").status_code for _ in range(2)] == [200, 429]
    server.advance(61)
    assert client.get("/v2/user").status_code == 200
    server.reset()
    assert [build["id"] for build in client.get("/v2/builds").json()] == [build["id"] for build in builds]
