"""Invitations to join an organization."""

from __future__ import annotations

import re

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.pages import cursor_page
from ..engine.reply import Reply, json, no_content
from ..engine.routes import Routes
from ..errors import ForbiddenError, UnprocessableError
from ..ids import Kind
from ..render.members import invitation as render
from ..world.accounts import Organization
from ..world.invitations import LIFETIME, Invitation
from ..world.teams import Team
from . import lookup

routes = Routes()
INVITATIONS = "/v2/organizations/{org}/invitations"
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


def _inviting(call: Call) -> Organization:
    """Find the organization in the path, and refuse those who may not invite."""
    organization = lookup.organization(call)
    if not organization.administered_by(call.token.user):
        raise ForbiddenError("You are not permitted to invite members")
    return organization


_invitations = Collection(
    noun="invitation",
    path=INVITATIONS,
    key="invitation_uuid",
    shelf=lambda call: _inviting(call).invitations,
    render=lambda call, item: render(lookup.view(call), lookup.organization(call), item, call.now),
)
_invitations.reads(routes, scope="read_organization_invitations")


@routes.route("GET", INVITATIONS, scope="read_organization_invitations")
def list_organization_invitations(call: Call) -> Reply:
    """List the invitations that are pending, newest first."""
    everything = list(_inviting(call).invitations.values())[::-1]
    return cursor_page(
        call,
        [item for item in everything if item.state(call.now) == "pending"],
        lambda item: item.id,
        lambda item: _invitations.render(call, item),
        among=everything,
        link_header=True,
        bounded=True,
    )


@routes.route("POST", INVITATIONS, scope="write_organization_invitations")
def create_organization_invitations(call: Call) -> Reply:
    """Invite everybody, or nobody if there is something wrong with one."""
    organization = _inviting(call)
    emails = _emails(call, organization)
    teams = _teams(call, organization)
    if "sso_mode" not in call.body and organization.sso_enabled:
        raise UnprocessableError("sso_mode is required when single sign-on is enabled")
    created = [
        Invitation(
            id=call.world.new_id(Kind.INVITATION),
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
    """Revoke an invitation that is pending."""
    item = _invitations.find(call)
    state = item.state(call.now)
    if state != "pending":
        raise UnprocessableError(f"The invitation is already {state}")
    item.revoked_at, item.revoked_by = call.now, call.token.user
    return no_content()


def _emails(call: Call, organization: Organization) -> list[str]:
    """Return the addresses of the body, each once, or refuse them."""
    emails: dict[str, str] = {}
    for email in call.body["emails"]:
        emails.setdefault(email.lower(), email)
    members = {user.email.lower() for user in organization.members}
    for lowered, email in emails.items():
        if not _EMAIL.fullmatch(email):
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
    """Return the teams of the body, or refuse those that do not exist or stand there twice."""
    assigned = call.body.get("teams", [])
    ids = [one["id"].lower() for one in assigned]
    if len(ids) != len(set(ids)):
        raise UnprocessableError("Each team may be assigned only once")
    if not organization.teams.keys() >= set(ids):
        raise UnprocessableError("A team does not exist")
    return tuple((organization.teams[one["id"].lower()], one["role"]) for one in assigned)
