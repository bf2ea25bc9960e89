"""Forged tokens."""

import pytest

from buildkite_rest import Buildkite
from buildkite_rest._base.errors import AuthenticationError
from buildkite_rest.conformance.forged_tokens import unsigned_tokens
from buildkite_rest.mock import MockServer


def test_forged_tokens_are_rejected() -> None:
    with MockServer(builds=10) as server:
        forged = dict(unsigned_tokens(server.jwt_token_uuid))
        for token in forged.values():
            with Buildkite(token, base_url=server.url) as client, pytest.raises(AuthenticationError, match="401"):
                client.user.get()

    assert len(forged) == 3
