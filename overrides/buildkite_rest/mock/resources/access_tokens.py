"""API access tokens: opaque ones, and one for JSON Web Tokens."""

# ruff: noqa: S105 - these tokens are public and not valid elsewhere

from __future__ import annotations

from functools import cache
from itertools import combinations

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..backend import DAY, Backend
from ..clock import format_utc
from ..http.call import Call, Reply, json, no_content
from ..http.graphql import GRAPHQL_SCOPE
from ..http.routing import routes
from ..undo import stored
from .organizations import Organization
from .resource import field, fields_json
from .users import User


@stored
class Token:
    """An API access token: an opaque secret, or a public key that verifies JSON Web Tokens."""

    uuid: str
    scopes: frozenset[str] = field(render=sorted)
    description: str
    created_at: float = field(render=format_utc)
    expires_at: float | None = field(default=None, render=format_utc)
    user: User = field(render=lambda user: {"name": user.name, "email": user.email})
    organizations: tuple[Organization, ...] = field(hidden=True)
    secret: str | None = field(default=None, hidden=True)
    public_key: RSAPublicKey | None = field(default=None, hidden=True)
    revoked: bool = field(default=False, hidden=True)


@routes.route("GET", "/v2/access-token")
def get_access_token(call: Call) -> Reply:
    return json(fields_json(call.token))


@routes.route("DELETE", "/v2/access-token")
def revoke_access_token(call: Call) -> Reply:
    call.token.revoked = True
    return no_content()


#: All scopes in `acme`.
ALL_SCOPES_TOKEN = "bkua_mock_all_scopes"
#: All read scopes in `acme`.
READ_ONLY_TOKEN = "bkua_mock_read_only"
#: Valid, without scopes.
NO_SCOPES_TOKEN = "bkua_mock_no_scopes"
#: All scopes in `acme` and `globex`.
GLOBEX_TOKEN = "bkua_mock_globex"
#: All scopes in `acme`, for tests that revoke a token.
REVOCABLE_TOKEN = "bkua_mock_revocable"
#: Expired.
EXPIRED_TOKEN = "bkua_mock_expired"
#: About half of the scopes in `acme` each. Of two scopes for the same kind of objects, a token has only the first, and
#: another one only the second, also with the token that reads.
LIMITED_TOKENS = tuple(f"bkua_mock_limited_{number}" for number in range(1, 7))
#: UUID of the token for JSON Web Tokens. It has no secret; register a public key for it.
JWT_TOKEN_UUID = "01920000-feed-7003-8000-000000000006"


@cache
def all_scopes() -> frozenset[str]:
    """Return the scopes that the routes of the API require, and that of GraphQL."""
    return frozenset(scope for route in routes.routes for scope in route.scopes) | {GRAPHQL_SCOPE}


def _read_scopes() -> frozenset[str]:
    return frozenset(scope for scope in all_scopes() if scope.startswith("read_"))


def add_tokens(backend: Backend) -> None:
    acme, globex = backend.organizations.values()
    ada, grace, edsger, barbara, juergen = backend.users.values()
    new_token(backend, ALL_SCOPES_TOKEN, ada, all_scopes(), acme)
    new_token(backend, READ_ONLY_TOKEN, grace, _read_scopes(), acme)
    new_token(backend, NO_SCOPES_TOKEN, edsger, frozenset(), acme)
    new_token(backend, GLOBEX_TOKEN, barbara, all_scopes(), acme, globex)
    new_token(backend, EXPIRED_TOKEN, ada, all_scopes(), acme, expires_at=backend.epoch)
    new_token(backend, None, juergen, all_scopes(), acme, uuid=JWT_TOKEN_UUID)
    for number, token in enumerate(LIMITED_TOKENS):
        new_token(backend, token, ada, _limited_scopes(number), acme)
    new_token(backend, REVOCABLE_TOKEN, ada, all_scopes(), acme)


def _limited_scopes(number: int) -> frozenset[str]:
    """Return the scopes of a limited token.

    Each scope to read is in two or three tokens, any other in three or four, and no two scopes are in the same ones.
    """
    numbers = range(len(LIMITED_TOKENS))
    threes = list(combinations(numbers, 3))
    middle = len(threes) // 2
    reads = zip(sorted(_read_scopes()), [*threes[:middle], *combinations(numbers, 2)], strict=False)
    others = zip(sorted(all_scopes() - _read_scopes()), [*threes[middle:], *combinations(numbers, 4)], strict=False)
    return frozenset(scope for scope, tokens in (*reads, *others) if number in tokens)


def new_token(
    backend: Backend,
    secret: str | None,
    user: User,
    scopes: frozenset[str],
    *organizations: Organization,
    expires_at: float | None = None,
    uuid: str | None = None,
) -> Token:
    """Add a token."""
    token = Token(
        uuid=uuid or backend.new_id(),
        user=user,
        organizations=organizations,
        scopes=scopes,
        description=f"Token of {user.name}",
        created_at=backend.epoch - 90 * DAY,
        expires_at=expires_at,
        secret=secret,
    )
    backend.tokens[token.uuid] = token
    return token
