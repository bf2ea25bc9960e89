"""Rate limits: two counters, eight headers, the 429."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import GLOBEX_TOKEN, create_app

from .caller import WEB, Caller


@pytest.fixture
def limited(runner, backend):
    """Return a function that makes a caller of an API with limits."""

    def make(rate_limit=None, user_rate_limit=None):
        return Caller(runner, create_app(backend, rate_limit=rate_limit, user_rate_limit=user_rate_limit))

    return make


def limits(response, prefix):
    names = ("Scope", "Remaining", "Limit", "Reset")
    return tuple(response.headers.get(f"{prefix}-{name}") for name in names)


def test_every_response_reports_both_limits(limited):
    api = limited(200, 50)
    for path, status in (("/v2/user", 200), ("/v2/organizations/nope", 404), (f"{WEB}/builds?state=x", 400)):
        response = api.get(path)
        assert response.status_code == status
        assert limits(response, "RateLimit")[0] == "rest"
        assert limits(response, "RateLimit-User")[0] == "rest_user"
    assert limits(response, "RateLimit") == ("rest", "197", "200", "60")
    assert limits(response, "RateLimit-User") == ("rest_user", "47", "50", "60")


def test_a_request_too_many_is_429(limited, clock):
    api = limited(user_rate_limit=2)
    assert [api.get("/v2/user").status_code for _ in range(2)] == [200, 200]
    clock.advance(18)
    response = api.get("/v2/user")
    assert response.status_code == 429
    body = response.json()
    assert "42 seconds" in body.pop("message")
    assert body == {"scope": "rest_user", "limit": 2, "current": 3, "reset": 42}
    assert limits(response, "RateLimit-User") == ("rest_user", "0", "2", "42")


def test_warnings_come_only_while_a_limit_is_exhausted(limited, clock):
    api = limited(rate_limit=2, user_rate_limit=3)
    first, last, refused = (api.get("/v2/user") for _ in range(3))
    assert "RateLimit-Warning" not in first.headers
    assert "RateLimit-Warning" in last.headers
    assert "RateLimit-User-Warning" not in last.headers
    assert refused.headers["RateLimit-Warning"] == refused.headers["RateLimit-User-Warning"]
    clock.advance(60)
    assert "RateLimit-Warning" not in api.get("/v2/user").headers


def test_without_a_limit_requests_are_counted_and_never_rejected(limited):
    api = limited()
    assert {api.get("/v2/user").status_code for _ in range(60)} == {200}
    rest = api.get("/v2/organizations/acme/rate_limit").json()["scopes"]["rest"]
    assert (rest["current"], rest["enforced"]) == (61, False)


def test_a_request_counts_for_the_organization_in_its_path(limited):
    api = limited(rate_limit=10).as_owner_of(GLOBEX_TOKEN)
    api.get("/v2/organizations/globex")
    assert api.get("/v2/organizations/globex/rate_limit").json()["scopes"]["rest"]["current"] == 2
    assert api.get("/v2/organizations/acme/rate_limit").json()["scopes"]["rest"]["current"] == 1
