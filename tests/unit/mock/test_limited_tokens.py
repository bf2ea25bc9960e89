"""Tokens with half of the scopes each."""

from itertools import combinations

from buildkite_rest.mock import LIMITED_TOKENS, seeded_backend
from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES


def test_any_two_scopes_differ_in_a_token() -> None:
    backend = seeded_backend(1, builds=1)
    tokens = [token for secret in LIMITED_TOKENS if (token := backend.token_with_secret(secret)) is not None]

    assert len(tokens) == len(LIMITED_TOKENS)
    for one, other in combinations(sorted(ALL_SCOPES), 2):
        assert any((one in token.scopes) != (other in token.scopes) for token in tokens), (one, other)
    assert all(any(scope in token.scopes for token in tokens) for scope in ALL_SCOPES)
