"""Invitations to an organization."""

from __future__ import annotations

from .. import lookup
from ..clock import iso_or_none
from ..http.call import Call, Reply, json
from ..http.errors import UnprocessableError
from ..http.routing import routes
from ..undo import stored
from ..values import Json, is_email
from .resource import Resource, field, settable_values
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
    #: Teams of the new member.
    assigned: tuple[Team, ...] = field(default=(), hidden=True)
    created_at: float
    created_by: User = field(render=brief_user_json)
    #: Expiry time. None for some of the seeded ones.
    expires_at: float | None = field(default=None, hidden=True)
    accepted_at: float | None = None
    accepted_by: User | None = field(default=None, render=brief_user_json)
    revoked_at: float | None = None
    revoked_by: User | None = field(default=None, render=brief_user_json)

    def state(self, call: Call) -> str:
        """`pending`, `accepted`, `revoked` or `expired`."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "pending" if self.expires_at is None or self.expires_at > call.now else "expired"


def _teams_json(call: Call, invitation: Invitation) -> list[Json]:
    """Return the teams of the new member that still exist."""
    present = lookup.organization(call).teams
    return [team_reference_json(team) for team in invitation.assigned if team.id in present]


invitations = Resource(
    type=Invitation,
    computed={
        "teams": _teams_json,
        "state": lambda call, item: item.state(call),
        "expired_at": lambda call, item: iso_or_none(item.expires_at if item.state(call) == "expired" else None),
    },
    noun="invitation",
    path="/v2/organizations/{org}/invitations",
    key="invitation_uuid",
    name="OrganizationInvitation",
    objects=lambda call: dict(reversed(lookup.administered_organization(call).invitations.items())),
    scope="organization_invitations",
    operations=("list", "get"),
    paging="bounded cursor",
    select=lambda call, items: [item for item in items if item.state(call) == "pending"],
)


@routes.route("POST", invitations.path, scope=invitations.write, event=invitations.event("create"))
def create_organization_invitations(call: Call) -> Reply:
    """Create invitations for all emails, or for none if one is invalid."""
    organization = lookup.administered_organization(call)
    emails: dict[str, str] = {}
    for email in call.body["emails"]:
        emails.setdefault(email.lower(), email)
    members = {user.email.lower() for user in organization.members.values()}
    for lowered, email in emails.items():
        if not is_email(email):
            raise UnprocessableError(f"{email} is not a valid email address")
        if lowered in members:
            raise UnprocessableError(f"{email} is already a member of the organization")
    team_ids = [team["id"].lower() for team in call.body.get("teams", ())]
    if len({*team_ids}) < len(team_ids):
        raise UnprocessableError("Each team may be assigned only once")
    if not organization.teams.keys() >= {*team_ids}:
        raise UnprocessableError("A team does not exist")
    if "sso_mode" not in call.body and organization.sso_enabled:
        raise UnprocessableError("sso_mode is required when single sign-on is enabled")
    assigned = tuple(organization.teams[team_id] for team_id in team_ids)
    values = {**settable_values(Invitation, call.body), "assigned": assigned, "expires_at": call.now + LIFETIME}
    created = [invitations.new(call, {**values, "email": email}) for email in emails.values()]
    organization.invitations |= {item.id: item for item in created}
    return json([invitations.json(call, item) for item in created], 201)


_REVOKED = ("OrganizationInvitationRevokedEvent", "OrganizationInvitation")


@routes.route("DELETE", invitations.item_path, scope=invitations.write, event=_REVOKED)
def revoke_organization_invitation(call: Call) -> Reply:
    item = invitations.find(call)
    if (state := item.state(call)) != "pending":
        raise UnprocessableError(f"The invitation is already {state}")
    item.revoked_at, item.revoked_by = call.now, call.token.user
    return Reply(204, value=invitations.json(call, item))
