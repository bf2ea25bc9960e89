"""What the tests of the journal and those of the cleanup share."""

from __future__ import annotations

import json
from typing import Any

import requests

from buildkite_rest.conformance.journal import Unresolved
from buildkite_rest.conformance.names import RUN_ID

PIPELINES = "/v2/organizations/acme/pipelines"
CLUSTERS = "/v2/organizations/acme/clusters"
ONE, TWO = (f"conformance-{RUN_ID}-0000000{number}" for number in (1, 2))
CREATE = Unresolved("createPipeline", PIPELINES, ONE)


def pipeline(key: str, name: str = ONE) -> dict[str, Any]:
    return {"id": f"id-{key}", "slug": key, "name": name}


class FakeServer:
    """A server with objects by path, which deletes parents last."""

    def __init__(self, objects: dict[str, Any], *, deletes: bool = True) -> None:
        self.objects = objects
        self.deletes = deletes
        self.sent: list[str] = []

    def send(self, method: str, path: str) -> requests.Response:
        self.sent.append(f"{method} {path}")
        path = path.partition("?")[0]
        items = [each for key, each in self.objects.items() if key.rpartition("/")[0] == path]
        if method == "GET":
            is_list = path.endswith(("/pipelines", "/clusters", "/queues", "/invitations", "/schedules"))
            found = items if is_list else self.objects.get(path)
            return reply(404 if found is None else 200, found)
        if any(each.startswith(f"{path}/") for each in self.objects):
            return reply(422)
        if path not in self.objects:
            return reply(404)
        if self.deletes:
            del self.objects[path]
        return reply(204)

    @property
    def deleted(self) -> list[str]:
        return [each for each in self.sent if each.startswith("DELETE")]


def reply(status: int, body: Any = None) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(body).encode()
    return response
