"""A run of a single resource or operation has no failure: what others would create may be missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.runner_support import conform

from buildkite_rest.conformance.api import Api
from buildkite_rest.mock import MockServer

API = Api.load()

_SELECTIONS = [
    *(("--include-tag", tag) for tag in sorted({each.tag for each in API.operations})),
    *(("--include-operation", each.id) for each in API.operations if each.method == "POST"),
]
_SAMPLED = ("--include-operation", "createCluster")


@pytest.mark.parametrize(
    "selection",
    [each if each == _SAMPLED else pytest.param(each, marks=pytest.mark.exhaustive) for each in _SELECTIONS],
    ids=" ".join,
)
def test_effects_of_a_selection(selection: tuple[str, str], tmp_path: Path) -> None:
    with MockServer(seed=1, builds=30) as server:
        run = conform(tmp_path, server.url, "--write", "--seed", "1", "--phases", "effects", *selection)

    assert run.failures == set(), run.out
    assert run.status in {0, 3} or "no response checked" in run.out, run.everything
    assert "left behind" not in run.out
