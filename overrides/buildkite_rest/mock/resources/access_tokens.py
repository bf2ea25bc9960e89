"""API access tokens: opaque ones, and one for JSON Web Tokens."""

# ruff: noqa: S105 - these tokens are public and not valid elsewhere

from __future__ import annotations

from itertools import combinations

import attrs
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..backend import DAY, Backend
from ..clock import format_utc
from ..http.call import Call, Reply, json, no_content
from ..http.graphql import GRAPHQL_SCOPE
from ..http.routing import routes
from ..ids import Kind
from ..undo import stored
from ..values import Json
from .organizations import Organization
from .users import User


@stored
class Token:
    """An API access token: an opaque secret, or a public key that verifies JSON Web Tokens."""

    uuid: str
    user: User
    organizations: tuple[Organization, ...]
    scopes: frozenset[str]
    description: str
    created_at: float
    expires_at: float | None = None
    secret: str | None = attrs.field(default=None, repr=False)
    public_key: RSAPublicKey | None = attrs.field(default=None, repr=False)
    revoked: bool = False

    def usable(self, now: float) -> bool:
        """Return whether the token is neither revoked nor expired."""
        return not self.revoked and (self.expires_at is None or now < self.expires_at)


def token_json(token: Token) -> Json:
    """Return an access token as JSON, without its secret."""
    return {
        "uuid": token.uuid,
        "scopes": sorted(token.scopes),
        "description": token.description,
        "created_at": format_utc(token.created_at),
        "expires_at": None if token.expires_at is None else format_utc(token.expires_at),
        "user": {"name": token.user.name, "email": token.user.email},
    }


@routes.route("GET", "/v2/access-token")
def get_access_token(call: Call) -> Reply:
    return json(token_json(call.token))


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
_READ_WRITE = (
    "agents", "artifacts", "build_logs", "builds", "clusters", "notification_services", "organization_invitations",
    "organization_settings", "organizations", "pipeline_templates", "pipelines", "portals", "rules", "suites", "teams",
    "test_plan",
)  # fmt: skip
_READ_ONLY = ("accounts", "audit_events", "job_env", "organization_repository_connections", "secrets_details", "user")
_READ_WRITE_DELETE = ("packages", "registries")
READ_SCOPES = frozenset(f"read_{name}" for name in (*_READ_WRITE, *_READ_ONLY, *_READ_WRITE_DELETE))
ALL_SCOPES = (
    READ_SCOPES
    | {f"write_{name}" for name in (*_READ_WRITE, *_READ_WRITE_DELETE, "secrets")}
    | {f"delete_{name}" for name in _READ_WRITE_DELETE}
    | {GRAPHQL_SCOPE}
)


def add_tokens(backend: Backend) -> None:
    acme, globex = backend.organizations.values()
    ada, grace, edsger, barbara, juergen = backend.users.values()
    new_token(backend, ALL_SCOPES_TOKEN, ada, ALL_SCOPES, acme)
    new_token(backend, READ_ONLY_TOKEN, grace, READ_SCOPES, acme)
    new_token(backend, NO_SCOPES_TOKEN, edsger, frozenset(), acme)
    new_token(backend, GLOBEX_TOKEN, barbara, ALL_SCOPES, acme, globex)
    new_token(backend, EXPIRED_TOKEN, ada, ALL_SCOPES, acme, expires_at=backend.epoch)
    new_token(backend, None, juergen, ALL_SCOPES, acme, uuid=JWT_TOKEN_UUID)
    for number, token in enumerate(LIMITED_TOKENS):
        new_token(backend, token, ada, _limited_scopes(number), acme)
    new_token(backend, REVOCABLE_TOKEN, ada, ALL_SCOPES, acme)


def _limited_scopes(number: int) -> frozenset[str]:
    """Return the scopes of a limited token.

    Each scope to read is in two or three tokens, any other in three or four, and no two scopes are in the same ones.
    """
    numbers = range(len(LIMITED_TOKENS))
    threes = list(combinations(numbers, 3))
    middle = len(threes) // 2
    reads = zip(sorted(READ_SCOPES), [*threes[:middle], *combinations(numbers, 2)], strict=False)
    others = zip(sorted(ALL_SCOPES - READ_SCOPES), [*threes[middle:], *combinations(numbers, 4)], strict=False)
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
    number = backend.new_number(Kind.TOKEN)
    token = Token(
        uuid=uuid or backend.ids.make(Kind.TOKEN, number),
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
