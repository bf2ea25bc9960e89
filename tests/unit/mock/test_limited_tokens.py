"""Tokens with about half of the scopes each."""

from itertools import combinations, permutations

from buildkite_rest.mock import LIMITED_TOKENS, READ_ONLY_TOKEN, seeded_backend
from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES

#: Words of scopes that stand for no kind of objects.
_OTHER_WORDS = {"read", "write", "delete", "organization"}


def scopes_of(*secrets: str) -> list[frozenset[str]]:
    backend = seeded_backend(1, builds=1)
    return [token.scopes for secret in secrets if (token := backend.token_with_secret(secret)) is not None]


def kinds(scope: str) -> set[str]:
    return {word.removesuffix("s") for word in scope.split("_")} - _OTHER_WORDS


def test_any_two_scopes_differ_in_a_token() -> None:
    found = scopes_of(*LIMITED_TOKENS)

    assert len(found) == len(LIMITED_TOKENS)
    for one, other in combinations(sorted(ALL_SCOPES), 2):
        assert any((one in scopes) != (other in scopes) for scopes in found), (one, other)
    assert all(any(scope in scopes for scopes in found) for scope in ALL_SCOPES)


def test_no_scope_for_a_kind_of_objects_is_always_beside_another() -> None:
    found = scopes_of(READ_ONLY_TOKEN, *LIMITED_TOKENS)

    for one, other in permutations(sorted(ALL_SCOPES), 2):
        if kinds(one) & kinds(other):
            assert any(one in scopes and other not in scopes for scopes in found), (one, other)
