"""Random requests always get a response, and never a 5xx."""

from __future__ import annotations

import random

import pytest

from buildkite_rest.mock.resources import ROUTES

from .caller import CLUSTER

SEGMENTS = [
    "acme", "web", "42", "0", "-1", "9" * 100, "%00", "%FF", "%2F", "..", "%2e%2e", "a%0D%0Ab", "💥", "%F0%9F%92%A5",
        "01920000-0000-7009-8000-000000310000", "01920000-0000-7007-8000-000000000003", "%20", "{org}",
    "'; DROP TABLE", "*", "null",
]  # fmt: skip
NAMES = [
    "page", "per_page", "state", "state[]", "branch", "branch[]", "meta_data[a]", "meta_data", "after", "before",
    "scope", "created_from", "finished_from", "creator", "path", "[", "]", "a[b][c]", "%00", "job_states[]",
    "include_paused",
]  # fmt: skip
VALUES = [
    "",
    "0",
    "1",
    "-1",
    "9" * 400,
    "true",
    "null",
    "\x00",
    "ü",
    "*" * 50,
    "a" * 2000,
    "2026-03-02T09:00:00Z",
    "[]",
    "%",
]
BODIES = [
    b"", b"{}", b"[]", b"null", b"{", b"\x00", b"\xff", b"[" * 5000, b'{"a":' * 5000, b'{"commit": null}', b"9" * 5000,
    b'{"commit": "HEAD", "branch": "main", "env": {"a": {"b": [1, 1e308]}}, "meta_data": {"x": null}}',
    b'{"name": "\\u0000", "repository": "x", "cluster_id": "{id}", "configuration": "a: &a [*a, *a]\\nsteps: [*a]"}',
    b'{"name": "x", "repository": "x", "cluster_id": "{id}", "configuration": "' + b"[" * 3000 + b'"}',
    b'{"name": "x", "repository": "x", "cluster_id": "{id}", "steps": [{"type": "script", "parallelism": 9999999999}]}',
    b'{"body": "' + b"**`" * 5000 + b'", "priority": 5, "append": true}', b'{"priority": 1e2}', b'{"states": ",,,"}',
    b'{"unblocker": 7, "fields": []}', b'{"force": "no"}', b'{"timeout_in_minutes": 99999999999999999999999}',
]  # fmt: skip
HEADERS = [
    {}, {"Accept": "text/plain"}, {"Accept": "\xff;q=nan, */*;q=inf"}, {"Range": "bytes=-5"}, {"Range": "\x7f"},
    {"Content-Type": "application/json"}, {"Content-Type": "\xe9"}, {"Host": "\xe9"}, {"Content-Type": ";;;"},
    {"Authorization": "Bearer \xff"}, {"Authorization": "Bearer a.b.c"}, {"Authorization": "Bearer " + "." * 5000},
]  # fmt: skip


def junk(chance):
    """Return the parts of a request that nearly makes sense."""
    route = chance.choice(ROUTES)
    segments = [chance.choice(SEGMENTS) if part.startswith("{") else part for part in route.path.split("/")]
    pairs = [f"{chance.choice(NAMES)}={chance.choice(VALUES)}" for _ in range(chance.randint(0, 4))]
    method = chance.choice([route.method, route.method, route.method, "GET", "BREW"])
    headers = {name: value.encode("latin-1") for name, value in chance.choice(HEADERS).items()}
    body = chance.choice(BODIES).replace(b"{id}", CLUSTER.encode())
    return method, "/".join(segments), "&".join(pairs), body, headers


@pytest.mark.parametrize("seed", range(8))
def test_junk_gets_a_response(api, clock, seed):
    chance = random.Random(seed)
    for _ in range(120):
        method, path, query, body, headers = junk(chance)
        if method == "DELETE" and path == "/v2/access-token":
            continue
        response = raw(api, method, path, query=query, body=body, headers=headers)
        assert response["status"] < 500, (method, path, query, body[:80], headers)
        clock.advance(chance.random())


def raw(api, method, path, *, query, body, headers):
    """Call the application as a server does that lets everything through."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode(), value)
            for name, value in {"Authorization": f"Bearer {api.token}".encode(), **headers}.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    response = {}

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        response.update(message)

    api.runner.run(api.app(scope, receive, send))
    return response
