"""Audit events, which `engine.audit` records."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.pages import cursor_page
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import ForbiddenError, NotFoundError
from ..render.audit_events import audit_event
from ..world.accounts import Organization
from . import lookup

routes = Routes()
_EVENTS = "/v2/organizations/{org}/audit_events"


@routes.route("GET", _EVENTS, scope="read_audit_events")
def list_audit_events(call: Call) -> Reply:
    """List audit events, the newest first."""
    view, organization = lookup.view(call), _audited(call)
    events = list(reversed(organization.audit_log.events))
    return cursor_page(
        call,
        events,
        lambda event: event.uuid,
        lambda event: audit_event(view, organization, event),
        link_header=True,
        bounded=True,
    )


@routes.route("GET", f"{_EVENTS}/{{event_uuid}}", scope="read_audit_events")
def get_audit_event(call: Call) -> Reply:
    """Return one audit event."""
    organization = _audited(call)
    event = organization.audit_log.find(call.params["event_uuid"].lower())
    if event is None:
        raise NotFoundError("No audit event found")
    return json(audit_event(lookup.view(call), organization, event))


def _audited(call: Call) -> Organization:
    organization = lookup.administered(call)
    if not organization.enterprise:
        raise ForbiddenError("The plan of the organization has no audit log")
    return organization
