"""Records in the audit log what requests have done. Handlers know nothing of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from ..errors import ApiError
from ..loose import is_list, is_mapping
from ..world.audit import Party, record
from .audited import EVENTS
from .call import Call
from .query import Query
from .reply import Reply
from .routes import Route

_PARAMETER = re.compile(r"\{[^{}]*\}")
#: Where an object has its id, and where it has a name, the best first.
_IDS = ("uuid", "id", "user_id", "pipeline_id", "suite_id")
_NAMES = ("name", "key", "label", "slug", "email", "user_name", "description", "type")
#: Longer texts are cut off.
_LONGEST = 255
_NOTHING: Mapping[str, Any] = {}


def answer(route: Route, routes: Mapping[str, Route], call: Call) -> Reply:
    """Answer a request, and record what it has done if it has done something that belongs in the log."""
    event = EVENTS.get((route.method, _PARAMETER.sub("{}", route.operation)))
    if event is None:
        return route.handler(call)
    before = _NOTHING if event[0].endswith("CreatedEvent") else _before(routes.get("GET"), call)
    reply = route.handler(call)
    if reply.status < 300:
        for subject in _objects(reply) or [_NOTHING]:
            _record(call, *event, before, subject)
    return reply


def _before(reader: Route | None, call: Call) -> Mapping[str, Any]:
    """Return what is there before it is changed or deleted, if it can be read."""
    if reader is None:
        return _NOTHING
    try:
        found = _objects(reader.handler(attrs.evolve(call, query=Query.parse(b""), body=_NOTHING)))
    except ApiError:
        return _NOTHING
    return found[0] if len(found) == 1 else _NOTHING


def _objects(reply: Reply) -> list[Mapping[str, Any]]:
    body: object = msgspec.json.decode(reply.body) if reply.body else None
    if is_mapping(body):
        return [body]
    return [item for item in body if is_mapping(item)] if is_list(body) else []


def _record(
    call: Call, event_type: str, subject_type: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    organization = call.find_organization()
    if organization is None:
        return
    if subject_type == "Organization":
        subject = Party(type=subject_type, uuid=organization.id, name=organization.slug)
    else:
        # What the path names goes for an id where neither the answer nor the object has one.
        named = {} if event_type.endswith("CreatedEvent") else {"id": [*call.params.values()][-1]}
        known = {**named, **before, **after}
        subject = Party(type=subject_type, uuid=_first(known, _IDS), name=_first(known, _NAMES))
    user = call.token.user
    record(
        call.world,
        organization,
        event_type,
        subject,
        actor=Party(type="User", uuid=user.id, name=user.name),
        now=call.now,
        context={
            "type": "APIContext",
            "request_ip": call.client,
            "request_user_agent": call.headers.get("user-agent", "")[:_LONGEST] or None,
            "request_api_access_token_uuid": call.token.uuid,
        },
        data=_changes(call.body, before, after),
    )


def _first(item: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    texts = (item.get(key) for key in keys)
    return next((text[:_LONGEST] for text in texts if isinstance(text, str) and text), None)


def _changes(body: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new values of what the body has changed, as far as the answer shows them and they are simple."""
    return {
        key: after[key][:_LONGEST] if isinstance(after[key], str) else after[key]
        for key in body
        if key in after and key in before and before[key] != after[key] and not isinstance(after[key], list | dict)
    }
