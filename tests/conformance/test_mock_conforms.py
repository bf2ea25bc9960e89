"""The description and the mock server agree: two accounts of one API, each written by itself."""

import pytest
from tests.conformance.runner_support import conform

from buildkite_rest.conformance.description import Description
from buildkite_rest.mock import TAGS, MockServer

# It ends the token that the run itself is made with, so the runner never calls it.
NEVER_CALLED = {"revokeAccessToken"}


# What cannot be made to succeed on the mock, and why.
MAY_FAIL: dict[str, str] = {
    "deleteClusterCacheVolume": "takes the tag of a volume in its body, which the runner does not learn from the list",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    tags = [option for tag in TAGS for option in ("--include-tag", tag)]
    excused = [option for name in MAY_FAIL for option in ("--may-fail", name)]
    options = ("--write", "--seed", "1", "--max-examples", "10", "--require-success")
    with MockServer() as server:
        return conform(tmp_path_factory.mktemp("run"), server.url, *options, *tags, *excused)


def test_nothing_is_found(run):
    assert run.status == 0, run.out + run.err
    assert run.failures == set()


def test_every_operation_was_called_and_has_succeeded(run):
    described = {operation.id for operation in Description.load(None).operations if operation.tag in TAGS}
    assert run.operations.keys() == described - NEVER_CALLED
    assert {name for name, operation in run.operations.items() if not operation["succeeded"]} == MAY_FAIL.keys()
