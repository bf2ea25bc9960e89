"""Hooks of schemathesis that replace generated ids with those of existing objects.

- The spec gets objects as examples, for the phases *examples* and *coverage*.
- Three in four requests of *fuzzing* use the path of an object instead of a random one.
- In *stateful*, a link names the object of the next request. Requests without a link get an object too.
- *examples* tries changes on many objects, because a change may need a certain kind or state.

Paths that are invalid on purpose are left unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode
from zlib import crc32

from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import EnsureResourceAvailability

from .._base.json_values import as_object, copied, is_object, loads_or_none
from .names import made_up
from .objects import KnownIds, ObjectSelector, PathValues, with_ids, with_unique_name
from .options import Options
from .spec import ALL_PATHS, Operation, Spec
from .strict_spec import open_responses

#: Objects among the examples of a path. Each costs a request per parameter in the phase *coverage*.
_EXAMPLES: Final = 4
#: Objects on which *examples* tries a change.
_ATTEMPTS: Final = 80
#: Ends of the paths of actions that stop an object.
_STOP_ACTIONS: Final = ("/cancel", "/stop")
#: Existing objects to try to stop. Those that the run has started may have finished by then.
_STOP_ATTEMPTS: Final = 12
#: Items of a page if they are large.
_LARGE_ITEMS: Final = 3
#: One in this many requests keeps its random path.
_RANDOM_PATHS: Final = 4


class Hooks:
    """The hooks of a run.

    Args:
        options: The requests that may be sent.
        selector: The objects.
    """

    def __init__(self, options: Options, selector: ObjectSelector) -> None:
        self.options = options
        self.selector = selector
        self._all_paths = list(selector.spec.raw["paths"])
        self._large = {each.label for each in selector.spec.operations if _has_large_items(selector.spec, each)}

    def spec_with_objects(self, operations: Sequence[Operation]) -> dict[str, Any]:
        """Return the spec of the paths of `operations` with objects as examples, with destructive operations last.

        Links only connect `operations`.
        """
        paths = {operation.path for operation in operations}
        spec = self.selector.spec.raw
        used = {**spec, "paths": {path: item for path, item in spec["paths"].items() if path in paths}}
        raw = _with_known_ids(used, self.selector.objects.known_ids)
        destructive: set[str] = set()
        for operation in self.selector.spec.operations:
            if operation.path not in paths:
                continue
            if operation.parameters:
                objects = () if operation.is_destructive else self.selector.usable(operation)[:_EXAMPLES]
                _add_object_examples(raw, operation, objects)
            if operation.is_destructive:
                destructive.add(operation.path)
        _remove_other_links(raw, {operation.id for operation in operations})
        raw[ALL_PATHS] = self._all_paths
        raw["paths"] = dict(sorted(raw["paths"].items(), key=lambda item: item[0] in destructive))
        if not self.options.unknown_fields_fail:
            open_responses(raw)
        return raw

    def filter_case(self, context: HookContext, case: Case[Any]) -> bool:
        """Prepare a request, and return whether it may be sent, also one with an undocumented method."""
        if not self.options.allows(case.method, case.path) or self.selector.spec.is_alias(case.method, case.path):
            return False
        self._prepare(case)
        self._shorten_page(case)
        is_invalid = case.meta is not None and case.meta.is_negative_at(ParameterLocation.PATH)
        return not (is_invalid and self._is_in_other_organization(case)) and self._is_allowed(case)

    def filter_failure(self, context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
        """Return whether a failure is reported: not that of a new object if the request has got the path of another."""
        operation = self.selector.operation(case.operation.label)
        values = case.path_parameters or {}
        is_new = operation is None or not self.selector.existed_before(operation, values)
        return is_new or not isinstance(failure, EnsureResourceAvailability)

    def _is_allowed(self, case: Case[Any]) -> bool:
        """Return whether the permissions of the run allow a request."""
        if case.method in {"GET", "HEAD"}:
            return True
        path = case.path
        for name, value in as_object(case.path_parameters).items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=repr).encode()
        query = urlencode(as_object(case.query), doseq=True, errors="surrogatepass")
        return self.selector.permissions.refusal(case.method, path, query, body) is None

    def _prepare(self, case: Case[Any]) -> Case[Any]:
        """Give a generated request the path of an object, a media type, and a unique name for a new object."""
        meta = case.meta
        is_path_invalid = meta is not None and meta.is_negative_at(ParameterLocation.PATH)
        if self._is_in_other_organization(case) and not is_path_invalid:
            case.path_parameters = {**case.path_parameters, "org": self.selector.objects.organization}
        operation = self.selector.operation(case.operation.label)
        if operation is None or meta is None or is_path_invalid:
            return case
        number = _stable_number(case)
        is_stateful = meta.phase.name is TestPhase.STATEFUL
        is_generated = is_stateful or meta.phase.name is TestPhase.FUZZING
        keeps_path = is_generated and number % _RANDOM_PATHS == 0
        if operation.media_types and not meta.is_negative_at(ParameterLocation.HEADER):
            accept = operation.media_types[number % len(operation.media_types)]
            case.headers["Accept"] = accept  # pyright: ignore[reportUnknownMemberType]
        if operation.is_destructive:
            if not is_stateful or self.selector.existed_before(operation, case.path_parameters):
                case.path_parameters = self._expendable(operation, case.path_parameters, number, unknown=keeps_path)
        elif self.selector.changes_only_own(operation):
            case.path_parameters = self._own(operation, case.path_parameters, number, unknown=keeps_path)
        elif is_generated and not keeps_path and (objects := self.selector.usable(operation)):
            known = self.selector.find(operation, case.path_parameters) if is_stateful else None
            case.path_parameters = dict(known or objects[number // _RANDOM_PATHS % len(objects)])
        if self.selector.changes_only_own(operation):
            self._use_own(case, operation)
        if self.selector.creates(operation) and not meta.is_negative_at(ParameterLocation.BODY):
            if is_stateful and operation.body_examples:
                # A sequence ends without a new object, and a schema does not express all rules for one.
                body = operation.body_examples[number % len(operation.body_examples)]
                case.body = with_ids(body, self.selector.objects.known_ids)
            case.body = with_unique_name(case.body, operation)
        return case

    def _shorten_page(self, case: Case[Any]) -> None:
        """Limit the items of a list that are large."""
        query = case.query or {}
        if case.operation.label in self._large and is_object(query) and "per_page" not in query:
            case.query = {**query, "per_page": _LARGE_ITEMS}

    def _use_own(self, case: Case[Any], operation: Operation) -> None:
        """Let a request refer to objects that the run has created, with names that identify the run."""
        known = self.selector.objects.known_ids
        body, query = (with_ids(value, known, only_strings=True) for value in (case.body, case.query))
        if self.selector.creates(operation) or operation.is_destructive:
            body = with_unique_name(body, operation, everywhere=True)
        # schemathesis validates a request again whose parts are set, even to equal ones.
        if body != case.body:
            case.body = body
        if query != case.query:
            case.query = query

    def before_add_examples(self, context: HookContext, examples: list[Case[Any]]) -> None:
        """Add attempts of a change on further objects."""
        operation = self.selector.operation(examples[0].operation.label) if examples else None
        if operation is None or operation.is_read_only:
            return
        if self.selector.creates(operation):
            for case in examples:
                case.body = with_unique_name(case.body, operation)
        objects = [*self.selector.usable(operation)[_EXAMPLES:_ATTEMPTS]]
        if operation.is_destructive:
            objects = [*self.selector.expendable(operation)[:_EXAMPLES]]
            if operation.path.endswith(_STOP_ACTIONS):
                objects += self.selector.usable(operation)[:_STOP_ATTEMPTS]
            for index, case in enumerate(examples):
                case.path_parameters = self._expendable(operation, case.path_parameters, index, unknown=False)
        for index, values in enumerate(objects):
            example: Any = examples[index % min(_EXAMPLES, len(examples))]
            attempt = example.derive(keep_auth=True)
            attempt.path_parameters = dict(values)
            examples.append(attempt)
        if self.selector.changes_only_own(operation):
            for index, case in enumerate(examples):
                if not operation.is_destructive:
                    case.path_parameters = self._own(operation, case.path_parameters, index, unknown=False)
                self._use_own(case, operation)
            examples[:] = [case for case in examples if self._is_allowed(case)]

    def after_call(self, context: HookContext, case: Case[Any], response: Response) -> None:
        """Record the objects that a request has created or deleted."""
        operation = self.selector.operation(case.operation.label)
        if operation is None or case.method != operation.method or not 200 <= response.status_code < 300:
            return
        if operation.is_read_only:
            return  # decoding a body takes long
        self.selector.record_success(operation, case.path_parameters, loads_or_none(response.content))

    def _is_in_other_organization(self, case: Case[Any]) -> bool:
        """Return whether a request would change another organization than that of the run."""
        organization, values = self.selector.objects.organization, as_object(case.path_parameters)
        return (
            organization is not None
            and case.method not in {"GET", "HEAD"}
            and values.get("org", organization) != organization
        )

    def _own(self, operation: Operation, values: PathValues, number: int, *, unknown: bool) -> dict[str, Any]:
        """Return the path of an object that the run has created, or of an unknown one."""
        objects = self.selector.usable(operation)
        if self.selector.is_allowed(operation, values):
            return dict(values)
        if not unknown and (known := self.selector.find(operation, values)) is not None:
            return dict(known)
        if objects and not unknown:
            return dict(objects[number // _RANDOM_PATHS % len(objects)])
        *_, name = operation.parameters
        return {**(objects[0] if objects else values), name: made_up(name, number)}

    def _expendable(self, operation: Operation, values: PathValues, number: int, *, unknown: bool) -> dict[str, Any]:
        """Return the path of an expendable object, or of an unknown one."""
        expendable = self.selector.expendable(operation)
        if values in expendable:
            return dict(values)
        if expendable and not unknown:
            return dict(expendable[number % len(expendable)])
        objects = self.selector.usable(operation) or [values]
        *_, name = operation.parameters
        return {**objects[number % len(objects)], name: made_up(name, number)}


def _has_large_items(spec: Spec, operation: Operation) -> bool:
    """Return whether a parameter can leave out a part of each item of a list."""
    parameters = spec.query_parameters(operation)
    return "per_page" in parameters and any("x-excludes" in each for each in parameters.values())


def _stable_number(case: Case[Any]) -> int:
    """Return a number that is the same for equal requests."""
    body = case.body if isinstance(case.body, bytes | str | dict | list) else None
    return crc32(repr((case.path_parameters, case.query, body)).encode("utf-8", "surrogatepass"))


def _remove_other_links(raw: dict[str, Any], ids: set[str]) -> None:
    """Remove the links to operations other than `ids`."""
    for item in raw["paths"].values():
        for operation in item.values():
            for response in as_object(as_object(operation).get("responses")).values():
                if is_object(links := as_object(response).get("links")):
                    response["links"] = {
                        name: link for name, link in links.items() if as_object(link).get("operationId") in ids
                    }


def _with_known_ids(raw: Mapping[str, Any], ids: KnownIds) -> dict[str, Any]:
    """Return a copy of the spec with `ids` in request bodies. A pipeline needs an existing cluster, for example."""
    copy: dict[str, Any] = copied(dict(raw))
    for schema in copy.get("components", {}).get("schemas", {}).values():
        for name, property_schema in schema.get("properties", {}).items():
            if name in ids and property_schema.get("type") == ("string" if isinstance(ids[name], str) else "array"):
                property_schema["examples"] = [ids[name]]
    for item in copy["paths"].values():
        for operation in item.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for example in content.get("examples", {}).values():
                    example["value"] = with_ids(example["value"], ids)
    return copy


def _add_object_examples(raw: dict[str, Any], operation: Operation, objects: Sequence[PathValues]) -> None:
    """Replace the examples of path parameters with one per object.

    schemathesis combines examples of the same name in a request.
    """
    node = raw["paths"][operation.path][operation.method.lower()]
    parameters: list[Mapping[str, Any]] = []
    for parameter in node.get("parameters", []):
        reference = parameter.get("$ref", "").rpartition("/")[2]
        resolved = raw["components"]["parameters"][reference] if reference else parameter
        if resolved["in"] == "path":
            own = {key: value for key, value in resolved.items() if key not in {"example", "examples"}}
            named = {f"object {n}": {"value": values[resolved["name"]]} for n, values in enumerate(objects)}
            parameters.append({**own, "examples": named} if named else own)
        else:
            parameters.append(parameter)
    node["parameters"] = parameters
