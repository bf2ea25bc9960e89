"""Servers that give other names to new objects than the request sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from tests.conformance.runner_support import TOKEN, Request, Response, change, conform, mock_with

ARGUMENTS = (
    *("--write", "--include-tag", "clusters", "--seed", "1", "--max-examples", "2"),
    *("--phases", "effects"),
)
pytestmark = pytest.mark.exhaustive


def upper(name: str) -> str:
    return name.upper()


def other(name: str) -> str:
    return "x" if name.startswith("conformance") else name


def renaming(rename: Any) -> Any:
    def wrong(request: Request, response: Response) -> None:
        if "/clusters" not in request.path or response.status not in {200, 201}:
            return
        found = response.json
        for each in found if isinstance(found, list) else [found]:
            if isinstance(each, dict) and isinstance(each.get("name"), str):
                each["name"] = rename(each["name"])
        response.json = found

    return change(wrong)


def clusters(url: str) -> list[Any]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    found = requests.get(f"{url}/v2/organizations/acme/clusters?per_page=100", headers=headers, timeout=10)
    return [each["id"] for each in found.json()]


def test_objects_with_names_in_upper_case_are_deleted(tmp_path: Path) -> None:
    with mock_with(renaming(upper)) as url:
        before = clusters(url)
        run = conform(tmp_path, url, *ARGUMENTS)

        assert clusters(url) == before

    assert ("createCluster", "value_not_persisted") in run.failures, run.out
    assert (run.status, run.report["errors"], run.report["left_behind"]) == (1, [], 0), run.out
    assert not list(tmp_path.glob("*.jsonl"))


def test_objects_with_other_names_may_be_left_behind(tmp_path: Path) -> None:
    with mock_with(renaming(other)) as url:
        run = conform(tmp_path, url, *ARGUMENTS)

    journal = next(tmp_path.glob("*.jsonl")).read_text()
    assert ("createCluster", "value_not_persisted") in run.failures, run.out
    assert (run.status, run.report["errors"]) == (1, []), run.out
    assert run.report["left_behind"] == journal.count('"accepted"') > 0
    assert run.out.count("may be left behind: /v2/organizations/acme/clusters (createCluster sent the name") > 0
