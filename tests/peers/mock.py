"""The mock server's URLs, token and data, read over plain HTTP."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import requests

WEB = "/v2/organizations/acme/pipelines/web"


@dataclass(frozen=True)
class Mock:
    """The mock server's URLs and token, and requests without a client library."""

    url: str
    storage_url: str
    token: str

    def reset(self) -> None:
        requests.post(f"{self.url}/_mock/reset", timeout=30).raise_for_status()

    def get(self, path: str, **query: object) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        response = requests.get(self.url + path, params=query, headers=headers, timeout=30)
        response.raise_for_status()
        return response.json()

    def status(self, path: str) -> int:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.get(self.url + path, headers=headers, timeout=30).status_code

    def job(self, kind: str, state: str) -> tuple[str, int, Any]:
        """Return the pipeline, the build's number and the job of the newest job of that kind in that state."""
        for build in self.get("/v2/organizations/acme/builds", per_page=100):
            for job in build["jobs"]:
                if (job["type"], job.get("state")) == (kind, state):
                    return build["pipeline"]["slug"], build["number"], job
        raise AssertionError(f"the mock server has no {kind} job that is {state}")


def parse_startup(lines: Iterable[str]) -> Mock:
    """Parse the output of the mock server when it starts."""
    values: dict[str, str] = {}
    for line in lines:
        name, _, value = line.strip().rpartition(" ")
        values[name.strip()] = value
        if name.startswith("token, all scopes"):
            return Mock(url=values["API"], storage_url=values["storage"], token=value)
    raise AssertionError("the mock server did not start")
