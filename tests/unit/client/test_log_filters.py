"""Log records of pauses, and `on_wait`."""

import logging

import httpx
import pytest
from tests.unit.client.support import API, Script, build, response

from buildkite_rest import RateLimitError, RateLimitPacing

BUSY = response({"message": "Slow down", "scope": "rest", "reset": 3}, 429)
GOOD = response(build())
PAGE = f"{API}/v2/organizations/acme/pipelines/web/builds/1"


@pytest.fixture
def waits():
    return []


@pytest.fixture
def client(connect, waits):
    return lambda *responses, **options: connect(Script(*responses), on_wait=waits.append, **options)


def test_on_wait_gets_the_pause_and_the_error(client, waits):
    client(BUSY, GOOD).builds.get("acme", "web", 1)
    [wait] = waits
    assert (wait.operation_id, wait.seconds, type(wait.error)) == ("getBuild", 3, RateLimitError)


def test_on_wait_is_called_before_the_pause(connect, clock):
    sleeps = []
    client = connect(Script(BUSY, GOOD), on_wait=lambda _: sleeps.append(list(clock.sleeps)))
    client.builds.get("acme", "web", 1)
    assert sleeps == [[]]


def test_a_wait_is_logged(client, caplog):
    caplog.set_level(logging.INFO, "buildkite_rest")
    limits = {"RateLimit-Limit": "2", "RateLimit-Remaining": "0", "RateLimit-Reset": "8"}
    known = httpx.Response(200, json=build(), headers=limits)
    paced = client(BUSY, known, GOOD, pacing=RateLimitPacing())
    paced.builds.get("acme", "web", 1)
    paced.builds.get("acme", "web", 1)
    assert [record.getMessage() for record in caplog.records if record.name == "buildkite_rest"] == [
        f"retrying in 3.0 s: getBuild: GET {PAGE.removeprefix(API)}: 429: Slow down",
        f"GET {PAGE}: waiting 8.0 s to keep within the rate limit",
    ]


@pytest.mark.parametrize(("reset", "level"), [("10", "INFO"), ("11", "WARNING")])
def test_a_pause_of_more_than_ten_seconds_is_logged_as_a_warning(client, caplog, reset, level):
    caplog.set_level(logging.INFO, "buildkite_rest")
    client(response({}, 429, RateLimit_Reset=reset), GOOD).builds.get("acme", "web", 1)
    [record] = [record for record in caplog.records if record.name == "buildkite_rest"]
    assert (record.levelname, record.getMessage()[:18]) == (level, f"retrying in {reset}.0 s:"[:18])
