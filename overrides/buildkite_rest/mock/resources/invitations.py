"""Invitations to organizations."""

from __future__ import annotations

from .. import lookup
from ..clock import iso_or_none
from ..http.call import Call, Reply, json, no_content
from ..http.errors import UnprocessableError
from ..http.routing import routes
from ..ids import Kind
from ..undo import stored
from ..values import Json, is_email
from .organizations import Organization
from .resource import Resource, field, shown
from .teams import Team, team_reference_json
from .users import User, brief_user_json

#: Seconds after which a pending invitation expires.
LIFETIME = 7 * 86_400.0


@stored
class Invitation:
    """An invitation to an email address."""

    id: str
    email: str
    role: str = field(default="member", settable=True)
    sso_mode: str = field(default="required", settable=True)
    #: Teams of the new member, with the role in each.
    assigned: tuple[tuple[Team, str], ...] = field(default=(), hidden=True)
    created_at: float
    created_by: User = field(render=brief_user_json)
    #: Expiry time. None for some of the seeded ones.
    expires_at: float | None = field(default=None, hidden=True)
    accepted_at: float | None = None
    accepted_by: User | None = field(default=None, render=brief_user_json)
    revoked_at: float | None = None
    revoked_by: User | None = field(default=None, render=brief_user_json)

    @shown
    def teams(self, call: Call) -> list[Json]:
        """Teams of the new member that still exist."""
        present = lookup.organization(call).teams
        return [team_reference_json(team) for team, _ in self.assigned if team.id in present]

    @shown
    def state(self, call: Call) -> str:
        """`pending`, `accepted`, `revoked` or `expired`."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "pending" if self.expired_at(call) is None else "expired"

    @shown
    def expired_at(self, call: Call) -> str | None:
        """When the invitation expired, or None if it has not."""
        is_over = self.expires_at is not None and self.expires_at <= call.now
        return iso_or_none(self.expires_at if is_over and not self.accepted_at and not self.revoked_at else None)


def _newest_first(call: Call) -> dict[str, Invitation]:
    return dict(reversed(lookup.administered_organization(call).invitations.items()))


invitations = Resource(
    type=Invitation,
    noun="invitation",
    path="/v2/organizations/{org}/invitations",
    key="invitation_uuid",
    id_kind=Kind.INVITATION,
    graphql_type="OrganizationInvitation",
    objects=_newest_first,
    read="read_organization_invitations",
    write="write_organization_invitations",
    operations=("list", "get"),
    paging="bounded cursor",
    select=lambda call, items: [item for item in items if item.state(call) == "pending"],
)


@routes.route("POST", invitations.path, scope="write_organization_invitations", event=invitations.event("create"))
def create_organization_invitations(call: Call) -> Reply:
    """Create invitations for all emails, or for none if one is invalid."""
    organization = lookup.administered_organization(call)
    emails = _emails(call, organization)
    teams = _teams(call, organization)
    if "sso_mode" not in call.body and organization.sso_enabled:
        raise UnprocessableError("sso_mode is required when single sign-on is enabled")
    fields = {"sso_mode": call.body.get("sso_mode", "required"), "role": call.body.get("role", "member")}
    created = [
        invitations.new(call, {**fields, "email": email, "assigned": teams, "expires_at": call.now + LIFETIME})
        for email in emails
    ]
    organization.invitations |= {item.id: item for item in created}
    return json([invitations.json(call, item) for item in created], 201)


_REVOKED = ("OrganizationInvitationRevokedEvent", "OrganizationInvitation")


@routes.route("DELETE", invitations.item_path, scope="write_organization_invitations", event=_REVOKED)
def revoke_organization_invitation(call: Call) -> Reply:
    item = invitations.find(call)
    state = item.state(call)
    if state != "pending":
        raise UnprocessableError(f"The invitation is already {state}")
    item.revoked_at, item.revoked_by = call.now, call.token.user
    return no_content()


def _emails(call: Call, organization: Organization) -> list[str]:
    """Return the distinct emails of the body, or raise 422."""
    emails: dict[str, str] = {}
    for email in call.body["emails"]:
        emails.setdefault(email.lower(), email)
    members = {user.email.lower() for user in organization.members}
    for lowered, email in emails.items():
        if not is_email(email):
            raise UnprocessableError(f"{email} is not a valid email address")
        if lowered in members:
            raise UnprocessableError(f"{email} is already a member of the organization")
    return list(emails.values())


def _teams(call: Call, organization: Organization) -> tuple[tuple[Team, str], ...]:
    """Return the teams of the body, or raise 422 for unknown and repeated ones."""
    assigned = call.body.get("teams", [])
    ids = [one["id"].lower() for one in assigned]
    if len(ids) != len(set(ids)):
        raise UnprocessableError("Each team may be assigned only once")
    if not organization.teams.keys() >= set(ids):
        raise UnprocessableError("A team does not exist")
    return tuple((organization.teams[one["id"].lower()], one["role"]) for one in assigned)
