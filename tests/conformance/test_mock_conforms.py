"""The description and the mock server agree: two accounts of one API, each written by itself."""

import pytest
from tests.conformance.runner_support import conform

from buildkite_rest.mock import TAGS, MockServer

# It ends the token that the run itself is made with, so the runner never calls it.
NEVER_CALLED = {"revokeAccessToken"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    tags = [option for tag in TAGS for option in ("--include-tag", tag)]
    with MockServer() as server:
        return conform(tmp_path_factory.mktemp("run"), server.url, "--write", "--seed", "1", "--require-success", *tags)


def test_nothing_is_found(run):
    assert run.status == 0, run.out + run.err
    assert run.failures == set()


def test_every_operation_was_called_and_has_succeeded(run):
    described = {name for name, operation in run.operations.items() if operation["tag"] in TAGS}
    assert not described & NEVER_CALLED
    assert {name for name, operation in run.operations.items() if operation["succeeded"]} == described
    assert len(described) == 69
