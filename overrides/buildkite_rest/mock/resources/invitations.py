"""Invitations to organizations."""

from __future__ import annotations

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso, iso_or_none
from ..http.call import Call, Reply, json, no_content
from ..http.collection import Collection
from ..http.errors import ForbiddenError, UnprocessableError
from ..http.pagination import cursor_page
from ..http.routing import Routes
from ..ids import Kind, graphql_id
from ..rendering import RenderContext
from ..undo import stored
from ..values import Json, is_email
from .organizations import Organization
from .teams import Team, team_reference_json
from .users import User, brief_user_json, brief_user_json_or_none

#: Seconds after which a pending invitation expires.
LIFETIME = 7 * 86_400.0


@stored
class Invitation:
    """An invitation to an email address."""

    id: str
    email: str
    role: str
    sso_mode: str
    #: Teams of the new member, with the role in each.
    teams: tuple[tuple[Team, str], ...] = ()
    created_at: float
    created_by: User
    #: Expiry time. None for some of the seeded ones.
    expires_at: float | None
    accepted_at: float | None = None
    accepted_by: User | None = None
    revoked_at: float | None = None
    revoked_by: User | None = None

    def expired_at(self, now: float) -> float | None:
        """Return when the invitation expired, or None if it has not."""
        is_over = self.expires_at is not None and self.expires_at <= now
        return self.expires_at if is_over and self.accepted_at is None and self.revoked_at is None else None

    def state(self, now: float) -> str:
        """Return `pending`, `accepted`, `revoked` or `expired`."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "pending" if self.expired_at(now) is None else "expired"


def invitation_json(context: RenderContext, organization: Organization, invitation: Invitation, now: float) -> Json:
    return {
        "id": invitation.id,
        "graphql_id": graphql_id("OrganizationInvitation", invitation.id),
        "url": f"{context.organization_url(organization)}/invitations/{invitation.id}",
        "email": invitation.email,
        "state": invitation.state(now),
        "role": invitation.role,
        "sso_mode": invitation.sso_mode,
        "teams": [team_reference_json(team) for team, _ in invitation.teams if team.id in organization.teams],
        "created_at": iso(invitation.created_at),
        "created_by": brief_user_json(invitation.created_by),
        "accepted_at": iso_or_none(invitation.accepted_at),
        "accepted_by": brief_user_json_or_none(invitation.accepted_by),
        "revoked_at": iso_or_none(invitation.revoked_at),
        "revoked_by": brief_user_json_or_none(invitation.revoked_by),
        "expired_at": iso_or_none(invitation.expired_at(now)),
    }


routes = Routes()
INVITATIONS = "/v2/organizations/{org}/invitations"


def _inviting(call: Call) -> Organization:
    """Return the organization in the path, or raise 403 if the user may not invite."""
    organization = lookup.organization(call)
    if not organization.administered_by(call.token.user):
        raise ForbiddenError("You are not permitted to invite members")
    return organization


_invitations = Collection(
    noun="invitation",
    path=INVITATIONS,
    key="invitation_uuid",
    objects=lambda call: _inviting(call).invitations,
    render=lambda call, item: invitation_json(lookup.render_context(call), lookup.organization(call), item, call.now),
)
_invitations.add_read_route(routes, scope="read_organization_invitations")


@routes.route("GET", INVITATIONS, scope="read_organization_invitations")
def list_organization_invitations(call: Call) -> Reply:
    """List pending invitations, newest first."""
    everything = list(_inviting(call).invitations.values())[::-1]
    return cursor_page(
        call,
        [item for item in everything if item.state(call.now) == "pending"],
        lambda item: item.id,
        lambda item: _invitations.render(call, item),
        all_items=everything,
        link_header=True,
        bounded=True,
    )


@routes.route("POST", INVITATIONS, scope="write_organization_invitations")
def create_organization_invitations(call: Call) -> Reply:
    """Create invitations for all emails, or for none if one is invalid."""
    organization = _inviting(call)
    emails = _emails(call, organization)
    teams = _teams(call, organization)
    if "sso_mode" not in call.body and organization.sso_enabled:
        raise UnprocessableError("sso_mode is required when single sign-on is enabled")
    created = [
        Invitation(
            id=call.backend.new_id(Kind.INVITATION),
            email=email,
            role=call.body.get("role", "member"),
            sso_mode=call.body.get("sso_mode", "required"),
            teams=teams,
            created_at=call.now,
            created_by=call.token.user,
            expires_at=call.now + LIFETIME,
        )
        for email in emails
    ]
    organization.invitations |= {item.id: item for item in created}
    return json([_invitations.render(call, item) for item in created], 201)


@routes.route("DELETE", _invitations.item_path, scope="write_organization_invitations")
def revoke_organization_invitation(call: Call) -> Reply:
    item = _invitations.find(call)
    state = item.state(call.now)
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
    pending = sum(item.state(call.now) == "pending" for item in organization.invitations.values())
    if pending + len(emails) > organization.invitation_quota:
        raise UnprocessableError("The organization has no more invitations left")
    if len(members) + pending + len(emails) > organization.user_limit:
        raise UnprocessableError("The organization has reached its user limit")
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


_SEEDED_INVITATIONS = (("alan", "member"), ("katherine", "admin"), ("donald", "member"))


def add_invitations(backend: Backend) -> None:
    """Add an accepted, a revoked, an expired and some pending invitations to each organization."""
    for organization in backend.organizations.values():
        inviter, invited = organization.members[:2]
        sent_at = backend.epoch - 100 * DAY
        accepted = _add_invitation(backend, organization, invited.email, "admin", sent_at)
        accepted.accepted_at, accepted.accepted_by = sent_at + DAY, invited
        revoked = _add_invitation(backend, organization, "charles@elsewhere.example", "member", sent_at + 2 * DAY)
        revoked.revoked_at, revoked.revoked_by = sent_at + 3 * DAY, inviter
        _add_invitation(backend, organization, "late@elsewhere.example", "member", sent_at + 4 * DAY)
        for number, (name, role) in enumerate(_SEEDED_INVITATIONS):
            invitation = _add_invitation(
                backend, organization, f"{name}@elsewhere.example", role, backend.epoch - (3 - number) * DAY
            )
            invitation.expires_at = None
            invitation.teams = tuple((team, "member") for team in list(organization.teams.values())[:number])


def _add_invitation(backend: Backend, organization: Organization, email: str, role: str, sent_at: float) -> Invitation:
    invitation = Invitation(
        id=backend.new_id(Kind.INVITATION),
        email=email,
        role=role,
        sso_mode="required" if role == "admin" else "optional",
        created_at=sent_at,
        created_by=organization.members[0],
        expires_at=sent_at + LIFETIME,
    )
    organization.invitations[invitation.id] = invitation
    return invitation
