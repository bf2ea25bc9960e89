"""Rotation creates one token, keeps its value secret, and revokes only old tokens."""

import argparse
import os
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.examples.scripts import load

from buildkite_rest import Buildkite
from buildkite_rest.mock import MockServer
from buildkite_rest.mock.seeding import seeded_backend

VIENNA = "Machines in Vienna"
CLUSTER = next(iter(seeded_backend(builds=0).organizations["acme"].clusters.values()))
SEEDED = next(iter(CLUSTER.agent_tokens))


@pytest.fixture
def server():
    """A mock server with the real clock, which the ages of tokens depend on."""
    with MockServer() as server:
        yield server


@pytest.fixture
def organization(server):
    with Buildkite(server.token, base_url=server.url, strict=True) as client:
        yield client.organization("acme")


def rotate(organization, to, **changes):
    options = {
        "cluster": "Default cluster",
        "to": to,
        "description": VIENNA,
        "expires_in": None,
        "allow": None,
        "delete": False,
        "days": timedelta(days=7),
        "dry_run": False,
    }
    load("rotate_agent_tokens").rotate(organization, argparse.Namespace(**{**options, **changes}))


def tokens(organization):
    """Return the tokens of the cluster by UUID."""
    return {token.id: token for token in organization.cluster_agent_tokens.list(CLUSTER.id)}


def value(server, identifier):
    """Return the value of a token, which the API never returns again."""
    return server.backend.organizations["acme"].clusters[CLUSTER.id].agent_tokens[identifier].value


def test_the_value_goes_into_the_file_only(server, organization, tmp_path, capsys):
    path, before = tmp_path / "token", tokens(organization)
    path.write_text("the last one")
    path.chmod(0o644)
    mask = os.umask(0)
    try:
        rotate(organization, path)
    finally:
        os.umask(mask)
    [created] = tokens(organization).keys() - before.keys()
    assert path.read_text() == f"{value(server, created)}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"created {created} for agents at 203.0.113.0/24 198.51.100.7, value in {path}",
        f"kept {SEEDED}, {(datetime.now(UTC) - before[SEEDED].created_at).days} days old",
    ]
    assert err == ""


def test_old_tokens_are_revoked_with_delete(organization, tmp_path, capsys):
    before = tokens(organization)
    rotate(organization, tmp_path / "token")
    [first] = tokens(organization).keys() - before.keys()
    capsys.readouterr()
    rotate(organization, tmp_path / "token", delete=True)
    after = tokens(organization)
    assert before.keys() - after.keys() == {SEEDED}
    assert (first in after, len(after)) == (True, len(before) + 1)
    actions = [line.partition(",")[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert actions == [f"kept {first}", f"revoked {SEEDED}"]
