"""The mock server matches the spec, from which it was not generated."""

import pytest
from tests.conformance.runner_support import conform

from buildkite_rest.conformance.api import Api
from buildkite_rest.mock import MockServer
from buildkite_rest.mock.resources.access_tokens import NO_SCOPES_TOKEN

API = Api.load()

# It would revoke the token of the run.
NEVER_CALLED = {"revokeAccessToken"}

MORE = ("--no-scope-token", NO_SCOPES_TOKEN)


# Against a run that hangs. It takes a fifth of it on an idle machine.
pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    options = ("--write", "--write-existing", "all", "--seed", "1")
    with MockServer() as server:
        folder = tmp_path_factory.mktemp("run")
        return conform(folder, server.url, *options, *MORE)


def test_there_are_no_failures(run):
    assert run.status == 0, run.out + run.err
    assert run.failures == set()


def test_every_operation_succeeds(run):
    expected = {operation.id for operation in API.operations}
    assert run.operations.keys() == expected - NEVER_CALLED
    assert [name for name, operation in run.operations.items() if not operation["succeeded"]] == []
    assert f"{len(run.operations)} of {len(run.operations)} operations succeeded" in run.out.splitlines()[-1]
