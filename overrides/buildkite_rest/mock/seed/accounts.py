"""Users, organizations, emojis and the access tokens that every mock server knows."""

# ruff: noqa: S105 - these tokens are public, and worth nothing elsewhere

from __future__ import annotations

from datetime import UTC, datetime

from ..ids import Kind
from ..world.accounts import Emoji, Organization, Token, User
from ..world.members import Membership
from ..world.world import World

#: The moment at which the seeded history ends.
EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp()
DAY = 86_400.0

#: May do everything in `acme`.
ALL_SCOPES_TOKEN = "bkua_mock_all_scopes"
#: May read everything in `acme`.
READ_ONLY_TOKEN = "bkua_mock_read_only"
#: Is valid and may do nothing that needs a scope.
NO_SCOPES_TOKEN = "bkua_mock_no_scopes"
#: May do everything in `acme` and in `globex`.
GLOBEX_TOKEN = "bkua_mock_globex"
#: Was valid once.
EXPIRED_TOKEN = "bkua_mock_expired"
#: Has no secret: whoever registers a public key for it signs JSON Web Tokens.
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
)

_NAMES = ("Ada Lovelace", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov", "Jürgen Schmidhuber")
_ROLES = {
    "Ada Lovelace": {"role": "admin", "sso_mode": "optional"},
    "Grace Hopper": {"role": "admin", "sso_mode": "required"},
    "Edsger Dijkstra": {"role": "member", "sso_mode": "required"},
    "Barbara Liskov": {"role": "admin", "sso_mode": "required"},
    "Jürgen Schmidhuber": {"role": "member", "sso_mode": "optional"},
}
_EMOJIS = (
    Emoji("tada", "https://buildkiteassets.com/emoji/unicode/1f389.png?v1", ("hooray",)),
    Emoji("rocket", "https://buildkiteassets.com/emoji/unicode/1f680.png?v1"),
    Emoji("+1", "https://buildkiteassets.com/emoji/unicode/1f44d.png?v1", ("thumbsup",)),
    Emoji("python", "https://buildkiteassets.com/emoji/python.png?v1"),
)


def add_accounts(world: World) -> None:
    """Add users, organizations and tokens to a world."""
    users = [_user(world, name) for name in _NAMES]
    acme = _organization(world, "acme", "Acme Inc", users)
    globex = _organization(world, "globex", "Globex Corporation", users[:2])
    globex.teams_enabled, globex.sso_enabled = False, True
    ada, grace, edsger, barbara, juergen = users
    _token(world, ALL_SCOPES_TOKEN, ada, ALL_SCOPES, acme)
    _token(world, READ_ONLY_TOKEN, grace, READ_SCOPES, acme)
    _token(world, NO_SCOPES_TOKEN, edsger, frozenset(), acme)
    _token(world, GLOBEX_TOKEN, barbara, ALL_SCOPES, acme, globex)
    _token(world, EXPIRED_TOKEN, ada, ALL_SCOPES, acme, expires_at=EPOCH)
    _token(world, None, juergen, ALL_SCOPES, acme, uuid=JWT_TOKEN_UUID)


def _user(world: World, name: str) -> User:
    number = world.new_number(Kind.USER)
    user = User(
        id=world.ids.make(Kind.USER, number),
        name=name,
        email=f"{name.partition(' ')[0].lower().replace('ü', 'ue')}@acme.example",
        created_at=EPOCH - 700 * DAY + number,
    )
    world.users[user.id] = user
    return user


def _organization(world: World, slug: str, name: str, members: list[User]) -> Organization:
    number = world.new_number(Kind.ORGANIZATION)
    organization = Organization(
        id=world.ids.make(Kind.ORGANIZATION, number),
        slug=slug,
        name=name,
        created_at=EPOCH - 600 * DAY + number,
        memberships={user.id: Membership(user=user, **_ROLES[user.name]) for user in members},
        emojis=(*_EMOJIS, Emoji(slug, f"https://buildkiteassets.com/emoji/{slug}.png?v1")),
    )
    world.organizations[slug] = organization
    return organization


def _token(
    world: World,
    secret: str | None,
    user: User,
    scopes: frozenset[str],
    *organizations: Organization,
    expires_at: float | None = None,
    uuid: str | None = None,
) -> None:
    number = world.new_number(Kind.TOKEN)
    token = Token(
        uuid=uuid or world.ids.make(Kind.TOKEN, number),
        user=user,
        organizations=organizations,
        scopes=scopes,
        description=f"Token of {user.name}",
        created_at=EPOCH - 90 * DAY,
        expires_at=expires_at,
        secret=secret,
    )
    world.tokens[token.uuid] = token
