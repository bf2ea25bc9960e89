"""What may be said of a notification service, and what is refused. Refused bodies change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..errors import UnprocessableError
from ..ids import Kind, digest
from .notification_providers import LATEST_VERSION, MISSING, PROVIDERS
from .notification_services import BUILD_STATES, NotificationService, selectable

if TYPE_CHECKING:
    from .accounts import Organization, User
    from .world import World

_WRITABLE = frozenset(
    {"provider", "description", "branch_configuration", "scope", "scope_uuids", "build_states", "settings"}
)


def create_service(
    world: World, organization: Organization, body: Mapping[str, Any], by: User, now: float
) -> NotificationService:
    """Make a notification service from a body."""
    service = NotificationService(
        id=world.new_id(Kind.NOTIFICATION_SERVICE),
        provider=body["provider"],
        description=None,
        created_at=now,
        created_by=by,
    )
    provider = PROVIDERS[service.provider]
    if provider.enterprise and not organization.enterprise:
        raise UnprocessableError(f"provider {service.provider} is not available")
    if body.get("build_states"):
        service.build_states = dict.fromkeys(BUILD_STATES, False)
    edit_service(organization, service, body, {})
    for name, setting in provider.settings.items():
        if setting.required and name not in service.settings:
            raise UnprocessableError(f"settings.{name} is missing")
        if setting.generated:
            service.settings.setdefault(name, digest("token", service.id, length=20))
        elif setting.default is not MISSING and (organization.enterprise or not setting.enterprise):
            service.settings.setdefault(name, deepcopy(setting.default))
    return service


def edit_service(
    organization: Organization, service: NotificationService, body: Mapping[str, Any], shown: Mapping[str, Any]
) -> None:
    """Change what the body names. `shown` is what may be sent back as it is although it cannot be changed."""
    for name, value in body.items():
        if name not in _WRITABLE and (name not in shown or shown[name] != value):
            raise UnprocessableError(f"{name} cannot be set")
    if body.get("provider", service.provider) != service.provider:
        raise UnprocessableError("provider cannot be changed")
    scope, uuids = _scope(organization, service, body)
    states = _states(body.get("build_states", {}))
    settings = _settings(organization, service, body.get("settings", {}))
    service.scope, service.scope_uuids = scope, uuids
    service.build_states |= states
    service.settings |= settings
    if "description" in body:
        service.description = body["description"]
    if "branch_configuration" in body:
        service.branch_configuration = body["branch_configuration"] or ""


def _scope(
    organization: Organization, service: NotificationService, body: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    if "scope" not in body and "scope_uuids" not in body:
        return service.scope, service.scope_uuids
    scope: str = body.get("scope", service.scope)
    kept = service.scope_uuids if scope == service.scope else ()
    uuids = tuple(dict.fromkeys(uuid.lower() for uuid in body.get("scope_uuids", kept)))
    if scope == "all" and uuids:
        raise UnprocessableError("scope_uuids must be left out when scope is all")
    if scope != "all" and not uuids:
        raise UnprocessableError(f"scope_uuids is missing, but scope is {scope}")
    if not selectable(organization, scope).issuperset(uuids):
        raise UnprocessableError(f"scope_uuids has ids that {scope} knows nothing of")
    return scope, uuids


def _states(sent: Mapping[str, bool]) -> Mapping[str, bool]:
    unknown = sent.keys() - BUILD_STATES.keys()
    if unknown:
        raise UnprocessableError(f"build_states.{min(unknown)} is unknown")
    return sent


def _settings(organization: Organization, service: NotificationService, sent: Mapping[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    known = PROVIDERS[service.provider].settings
    for name, value in sent.items():
        setting = known.get(name)
        if setting is None:
            raise UnprocessableError(f"settings.{name} is unknown for {service.provider}")
        if setting.enterprise and not organization.enterprise:
            raise UnprocessableError(f"settings.{name} is not available")
        current = service.settings.get(name, MISSING)
        if current is not MISSING:
            if value in (current, setting.shown(current)):
                continue
            if setting.fixed or (name == "url" and service.connected_in_browser):
                raise UnprocessableError(f"settings.{name} cannot be changed")
            if name == "version" and value != LATEST_VERSION:
                raise UnprocessableError(f"settings.version can only be raised to {LATEST_VERSION}")
        if value is not None and not setting.valid(value):
            raise UnprocessableError(f"settings.{name} is invalid")
        changed[name] = int(value) if isinstance(value, float) else value
    return changed
