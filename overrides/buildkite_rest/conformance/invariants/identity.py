"""Rules for ids: the response is about the object that was asked for, and the ids of an object agree."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..._base.json_values import as_object, is_object
from ..identities import is_uuid
from ..spec import parameters_of
from .nodes import IDENTIFIERS, Node, is_identifier, stem_of
from .requests import Request

_GLOBAL_ID: Final = re.compile(r"([A-Za-z]+)---(.+)", re.DOTALL)
#: Properties that identify an item of a list, or its bearer. Names and keys may be used twice.
_UNIQUE: Final = ("id", "uuid", "url", "slug", "execution_id", "api_token")
#: Types in global ids, by the last path parameter of `url`. From the examples of the API's documentation.
_TYPES: Final[Mapping[str, str]] = {
    "org": "Organization",
    "pipeline": "Pipeline",
    "number": "Build",
    "agent_id": "Agent",
    "cluster_id": "Cluster",
    "schedule_id": "PipelineSchedule",
    "template_uuid": "PipelineTemplate",
    "suite_slug": "Suite",
    "registry": "Registry",
    "invitation_uuid": "OrganizationInvitation",
    "event_uuid": "AuditEvent",
}
#: Types of users and teams, which have no `url`, by the property that contains them.
_TYPES_BY_NAME: Final[Mapping[str, str]] = {
    **dict.fromkeys(("creator", "created_by", "updated_by", "unblocked_by", "dispatch_paused_by", "paused_by"), "User"),
    "jobs": "Job",
    "teams": "Team",
}


#: Objects that an object refers to, and properties with the id of one: never of the object itself.
_OTHERS: Final = ("rebuilt_from", "retry_source", "triggered_build", "triggered_from")
_OTHER_IDS: Final = ("retried_in_job_id", "parent_id")
_OTHER_KEYS: Final = ("id", "job_id", "build_id")


#: Types of objects without a `url`, by the last fixed segment of the path.
_TYPES_BY_COLLECTION: Final[Mapping[str, str]] = {"teams": "Team", "user": "User"}


def identity_problems(node: Node, request: Request) -> Iterator[str]:
    """Check the ids of an object against each other, and those of the request."""
    yield from _global_id_problems(node, request)
    if node.is_own:
        yield from _request_problems(node, request)
    yield from _reference_problems(node)
    slug = node.value.get("slug")
    if is_uuid(slug) and slug in (node.value.get("id"), node.value.get("uuid")):
        yield f"{node.label('slug')} is the id of the object: {slug}"


def _reference_problems(node: Node) -> Iterator[str]:
    """Check that an object does not refer to itself in place of another one."""
    own = node.value.get("id")
    references = {f"{name}.{key}": as_object(node.value.get(name)).get(key) for name in _OTHERS for key in _OTHER_KEYS}
    for name, value in {**references, **{name: node.value.get(name) for name in _OTHER_IDS}}.items():
        if is_uuid(own) and value == own:
            yield f"{node.label(name)} is the id of the object itself: {own}"


def _global_id_problems(node: Node, request: Request) -> Iterator[str]:
    value, own = node.value.get("graphql_id"), node.value.get("id", node.value.get("uuid"))
    if not isinstance(value, str):
        return
    match = _GLOBAL_ID.fullmatch(_decoded(value))
    if match is None:
        yield f"{node.label('graphql_id')} is not the Base64 of a type and an id: {value}"
        return
    kind, identifier = match.groups()
    if is_uuid(own) and is_uuid(identifier) and str(own).lower() != identifier.lower():
        yield f"{node.label('graphql_id')} is that of {identifier} instead of {own}"
    url = request.find(node.value.get("url"))
    if url is None:
        collection = next((each for each in reversed(request.template.split("/")) if "{" not in each), "")
        expected = _TYPES_BY_COLLECTION.get(collection) if node.is_own else _TYPES_BY_NAME.get(node.name)
    else:
        expected = _TYPES.get(url.parameters[-1]) if url.is_object else None
    if expected is not None and kind != expected:
        yield f"{node.label('graphql_id')} is that of a {kind} instead of a {expected}"


def _decoded(value: str) -> str:
    try:
        return b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except ValueError:
        return ""


def _request_problems(node: Node, request: Request) -> Iterator[str]:
    """Check the object that was asked for, and the parents that an object names."""
    value = node.value
    if request.reads_object:
        last = parameters_of(request.template)[-1]
        expected = request.values.get(last)
        keys = [key for key in (last, f"{stem_of(last)}_id", *IDENTIFIERS) if is_identifier(value.get(key))]
        found = {str(value[key]).lower() for key in keys}
        if keys and expected is not None and expected.lower() not in found:
            yield f"{node.label(keys[0])} is {value[keys[0]]}, the request was for {expected}"
    if request.method != "GET":
        return
    for name, requested in request.values.items():
        if name == "number":
            continue
        stem, is_id = stem_of(name), name.endswith(("_id", "_uuid"))
        found_ids = [value.get(f"{stem}_id"), value.get(f"{stem}_uuid")] if is_id else []
        parent = as_object(value.get("organization" if name == "org" else stem))
        found_ids += [parent.get("id" if is_id else "slug")]
        for each in found_ids:
            if is_identifier(each) and str(each).lower() != requested.lower():
                yield f"{node.label(name)} is {each}, the request was for {requested}"


def list_problems(items: Sequence[Any], path: str = "") -> Iterator[str]:
    """Check that no object is in a list twice."""
    for key in _UNIQUE:
        values = [item[key] for item in items if is_object(item) and is_identifier(item.get(key))]
        if len(values) == len(items) and len(set(values)) < len(values):
            repeated = next(value for index, value in enumerate(values) if value in values[:index])
            yield f"{path or 'the list'} has two items with the {key} {repeated}"
            return
