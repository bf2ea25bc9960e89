"""Puts what exists on the server into the examples of the description."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final
from zlib import crc32

from schemathesis import Case, HookContext, Response
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

from .._base.json_values import as_object, is_object
from .objects import Choice, KnownIds, Values, unique, with_ids
from .spec import Operation


def with_known_ids(raw: Mapping[str, Any], ids: KnownIds) -> dict[str, Any]:
    """Return a copy of the description where bodies of requests have `ids`, by the name of the property.

    A pipeline is not created in a cluster that nobody has.
    """
    copy: dict[str, Any] = deepcopy(dict(raw))
    for schema in copy.get("components", {}).get("schemas", {}).values():
        for name, described in schema.get("properties", {}).items():
            if name in ids and described.get("type") == ("string" if isinstance(ids[name], str) else "array"):
                described["examples"] = [ids[name]]
    for item in copy["paths"].values():
        for operation in item.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for example in content.get("examples", {}).values():
                    example["value"] = with_ids(example["value"], ids)
    return copy


def with_objects(raw: dict[str, Any], operation: Operation, objects: Sequence[Values]) -> None:
    """Give each path parameter of an operation one example per object, in place of its own.

    Examples of the same name go together in a request.
    """
    node = raw["paths"][operation.path][operation.method.lower()]
    described: list[Mapping[str, Any]] = []
    for parameter in node.get("parameters", []):
        reference = parameter.get("$ref", "").rpartition("/")[2]
        resolved = raw["components"]["parameters"][reference] if reference else parameter
        if resolved["in"] == "path":
            own = {key: value for key, value in resolved.items() if key not in {"example", "examples"}}
            named = {f"object {n}": {"value": values[resolved["name"]]} for n, values in enumerate(objects)}
            described.append({**own, "examples": named} if named else own)
        else:
            described.append(parameter)
    node["parameters"] = described


#: Objects among the examples of a path. Each costs a request for every parameter in the phase *coverage*.
_EXAMPLES: Final = 4


#: Objects that the phase *examples* tries a change on.
_ATTEMPTS: Final = 80


#: What stops something that goes on. What the run has started has ended by then, so a few others are tried too.
_STOPS: Final = ("/cancel", "/stop")


_STOPPED: Final = 12


#: Of this many requests one keeps its random path.
_MISS: Final = 4


class Aim:
    """The hooks.

    Args:
        choice: Knows the objects.
    """

    def __init__(self, choice: Choice) -> None:
        self.choice = choice

    def described(self, chosen: Sequence[Operation]) -> dict[str, Any]:
        """Return the description with what exists as examples, and with what puts an end to something last.

        Links lead only from one of the chosen operations to another.
        """
        raw = with_known_ids(self.choice.description.raw, self.choice.targets.known_ids)
        last: set[str] = set()
        for operation in self.choice.description.operations:
            if operation.parameters:
                with_objects(raw, operation, () if operation.ends else self.choice.objects(operation)[:_EXAMPLES])
            if operation.ends:
                last.add(operation.path)
        _keep_links(raw, {operation.id for operation in chosen})
        raw["paths"] = dict(sorted(raw["paths"].items(), key=lambda item: item[0] in last))
        return raw

    def map_case(self, context: HookContext, case: Case[Any]) -> Case[Any]:
        """Give a made-up request the path of an object, a media type to ask for, and a new object a name of its own."""
        meta = case.meta
        if self.is_elsewhere(case) and not (meta is not None and meta.is_negative_at(ParameterLocation.PATH)):
            case.path_parameters = {**case.path_parameters, "org": self.choice.targets.organization}
        operation = self.choice.operation(case.operation.label)
        if operation is None or meta is None or meta.is_negative_at(ParameterLocation.PATH):
            return case
        draw = _draw(case)
        is_stateful = meta.phase.name is TestPhase.STATEFUL
        is_made_up = is_stateful or meta.phase.name is TestPhase.FUZZING
        miss = is_made_up and draw % _MISS == 0
        if operation.media_types and not meta.is_negative_at(ParameterLocation.HEADER):
            accept = operation.media_types[draw % len(operation.media_types)]
            case.headers["Accept"] = accept  # pyright: ignore[reportUnknownMemberType]
        if operation.ends:
            if not is_stateful or self.choice.was_there(operation, case.path_parameters):
                case.path_parameters = self._end(operation, case.path_parameters, draw, miss=miss)
        elif is_made_up and not miss and (objects := self.choice.objects(operation)):
            known = self.choice.find(operation, case.path_parameters) if is_stateful else None
            case.path_parameters = dict(known or objects[draw // _MISS % len(objects)])
        if self.choice.creates(operation) and not meta.is_negative_at(ParameterLocation.BODY):
            if is_stateful and operation.bodies:
                # Without a new object there is nothing to go on with, and not everything can be said in a schema.
                body = operation.bodies[draw % len(operation.bodies)]
                case.body = with_ids(body, self.choice.targets.known_ids)
            case.body = unique(case.body, operation)
        return case

    def is_elsewhere(self, case: Case[Any]) -> bool:
        """Return whether a request would change something in another organization than the only one of interest."""
        organization, values = self.choice.targets.organization, as_object(case.path_parameters)
        return (
            organization is not None
            and case.method not in {"GET", "HEAD"}
            and values.get("org", organization) != organization
        )

    def before_add_examples(self, context: HookContext, examples: list[Case[Any]]) -> None:
        """Add attempts to change something."""
        operation = self.choice.operation(examples[0].operation.label) if examples else None
        if operation is None or operation.reads:
            return
        if self.choice.creates(operation):
            for case in examples:
                case.body = unique(case.body, operation)
        objects = [*self.choice.objects(operation)[_EXAMPLES:_ATTEMPTS]]
        if operation.ends:
            objects = [*self.choice.may_end(operation)[:_EXAMPLES]]
            if operation.path.endswith(_STOPS):
                objects += self.choice.objects(operation)[:_STOPPED]
            for index, case in enumerate(examples):
                case.path_parameters = self._end(operation, case.path_parameters, index, miss=False)
        for index, values in enumerate(objects):
            example: Any = examples[index % min(_EXAMPLES, len(examples))]
            attempt = example.derive(keep_auth=True)
            attempt.path_parameters = dict(values)
            examples.append(attempt)

    def after_call(self, context: HookContext, case: Case[Any], response: Response) -> None:
        """Keep account of what the run creates and removes."""
        operation = self.choice.operation(case.operation.label)
        if operation is None or case.method != operation.method or not 200 <= response.status_code < 300:
            return
        try:
            body = response.json()
        except ValueError:
            body = None
        self.choice.note_success(operation, case.path_parameters, body)

    def _end(self, operation: Operation, values: Values, draw: int, *, miss: bool) -> dict[str, Any]:
        """Return the path of something that may end, or of nothing."""
        allowed = self.choice.may_end(operation)
        if values in allowed:
            return dict(values)
        if allowed and not miss:
            return dict(allowed[draw % len(allowed)])
        objects = self.choice.objects(operation) or [values]
        *_, name = operation.parameters
        return {**objects[draw % len(objects)], name: _nothing(name, draw)}


def _draw(case: Case[Any]) -> int:
    """Return a number that is always the same for the same request."""
    body = case.body if isinstance(case.body, bytes | str | dict | list) else None
    return crc32(repr((case.path_parameters, case.query, body)).encode("utf-8", "surrogatepass"))


def _nothing(name: str, draw: int) -> str | int:
    """Return a value that names no object."""
    if name == "number":
        return 2**31 - 1 - draw % 1000
    return str(uuid.UUID(int=draw, version=4)) if name.endswith(("_id", "_uuid")) else f"no-such-{name}-{draw}"


def _keep_links(raw: dict[str, Any], chosen: set[str]) -> None:
    """Drop the links that lead to an operation which is not chosen."""
    for item in raw["paths"].values():
        for operation in item.values():
            for response in as_object(as_object(operation).get("responses")).values():
                if is_object(links := as_object(response).get("links")):
                    response["links"] = {
                        name: link for name, link in links.items() if as_object(link).get("operationId") in chosen
                    }
