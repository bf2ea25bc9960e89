"""Notification services."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.reply import Reply
from ..engine.routes import Routes
from ..errors import UnprocessableError
from ..render.notification_services import notification_service
from ..render.view import Json
from ..world.notification_edits import create_service, edit_service
from ..world.notification_services import NotificationService
from . import lookup


def _render(call: Call, service: NotificationService) -> Json:
    return notification_service(lookup.view(call), lookup.administered(call), service)


def _let_go(_: Call, service: NotificationService) -> None:
    if service.provider == "aws_event_bridge" and service.state == "broken":
        raise UnprocessableError("The partner event source could not be removed from the AWS account")


routes = Routes()
_services = Collection(
    noun="notification service",
    path="/v2/organizations/{org}/services",
    key="service_uuid",
    shelf=lambda call: lookup.administered(call).notification_services,
    render=_render,
)
_services.lists(routes, scope="read_notification_services", paging="cursor")
_services.reads(routes, scope="read_notification_services")
_services.deletes(routes, scope="write_notification_services", before=_let_go)


@_services.creates(routes, scope="write_notification_services")
def create_notification_service(call: Call) -> tuple[str, NotificationService]:
    """Create a notification service, which sends notifications from now on."""
    created = create_service(call.world, lookup.administered(call), call.body, call.token.user, call.now)
    return created.id, created


@_services.updates(routes, "PATCH", scope="write_notification_services")
def update_notification_service(call: Call, service: NotificationService) -> None:
    """Change what the body names."""
    edit_service(lookup.administered(call), service, call.body, _render(call, service))


@routes.route("PUT", f"{_services.item_path}/enable", scope="write_notification_services")
def enable_notification_service(call: Call) -> Reply:
    """Let a service send notifications, whether it was disabled or has broken."""
    service = _services.find(call)
    service.state = "enabled"
    return _services.answer(call, service)


@routes.route("PUT", f"{_services.item_path}/disable", scope="write_notification_services")
def disable_notification_service(call: Call) -> Reply:
    """Let a service send nothing."""
    service = _services.find(call)
    service.state = "disabled"
    return _services.answer(call, service)
