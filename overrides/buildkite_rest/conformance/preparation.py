"""Objects that a run creates first, so that it has something of its own to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from .._base.json_values import as_object, is_array
from .exchange import NO_BODY, Request
from .executor import Executor
from .objects import (
    KnownObject,
    Objects,
    ObjectSelector,
    PathValues,
    id_names,
    identifier_of,
    names_in,
    noun_of,
    with_ids,
    with_unique_name,
)
from .permissions import filled
from .spec import Operation, object_path, parameters_of

#: Objects per kind that destructive operations may use.
_EXPENDABLE: Final = 2
#: Parents in which objects are created.
_PARENTS: Final = 2
#: Path template of the jobs of all builds.
_SHORT_PATHS: Final = ("/v2/organizations/{org}/jobs/{job_id}",)
_CHECK: Final = "write"
_USER: Final = "/v2/user"


def prepare(
    executor: Executor,
    selector: ObjectSelector,
    operations: Sequence[Operation],
    read_below: Callable[[Objects], object],
) -> Iterator[Operation]:
    """Create objects of each kind that the operations need, and read what is below them.

    Yields each operation before its requests are sent.
    """
    restricted = [each for each in operations if selector.changes_only_own(each)]
    for operation in restricted:
        if not selector.permissions.is_possible(operation):
            reason = selector.permissions.refusal_of(operation)
            executor.skip(_CHECK, executor.api.by_id[operation.id], f"{reason}; see --write-existing")
    if not restricted:
        return
    waiting = _needed(selector, restricted)
    own_ids: dict[str, str | list[str]] = _own_user(executor, selector)
    while waiting:
        ready = [each for each in waiting if not _missing(each, waiting, own_ids)] or waiting[:1]
        for operation in ready:
            yield operation
            failure = _create(executor, selector, operation, own_ids)
            if failure is not None and operation in restricted:
                executor.skip(_CHECK, executor.api.by_id[operation.id], failure)
        waiting = [each for each in waiting if each not in ready]
    selector.objects.known_ids.update(own_ids)
    read_below(selector.own)
    own = selector.permissions.own
    for template in _SHORT_PATHS:
        for each in selector.own.for_path(template, per_kind=1_000):
            short = filled(template, each.values)
            if own.contains(filled(each.path, each.values)) and not own.existed(short):
                own.add(short)


def _own_user(executor: Executor, selector: ObjectSelector) -> dict[str, str | list[str]]:
    """Return the ids in bodies that may be those of the user of the token, who may join own teams, for example."""
    operation = selector.spec.find("GET", _USER)
    body = as_object(None if operation is None else executor.read(executor.api.by_id[operation.id], {}).body)
    if not isinstance(identifier := body.get("id"), str):
        return {}
    selector.permissions.harmless.add(identifier.lower())
    return dict.fromkeys(("user_id", "user", "unblocker"), identifier)


def _needed(selector: ObjectSelector, restricted: Sequence[Operation]) -> list[Operation]:
    """Return the operations that create the objects in the paths of others, those with short paths first."""
    creating = [
        each
        for each in selector.spec.operations
        if selector.creates(each) and selector.changes_only_own(each) and selector.permissions.is_possible(each)
    ]
    paths = {object_path(each.path) for each in restricted} | {each.path for each in restricted}
    needed = [
        each for each in creating if any(f"{path}/".startswith(f"{selector.created_path(each)}/") for path in paths)
    ]
    # A rule needs pipelines, which need a cluster.
    for operation in (found := [*needed, *(each for each in restricted if each.has_body)]):
        names = {name for body in operation.body_examples for name in names_in(body)}
        more = [
            each
            for each in creating
            if each not in needed
            and (any(each.path == other.path for other in found) or not names.isdisjoint(_names_of(each)))
        ]
        needed += more
        found += more
    return sorted(needed, key=lambda each: len(each.parameters))


def _missing(operation: Operation, waiting: Sequence[Operation], ids: Mapping[str, object]) -> set[str]:
    """Return the references in a body that another operation will provide."""
    provided = {name for other in waiting if other is not operation for name in _names_of(other)}
    parents = {other.path for other in waiting if operation.path.startswith(f"{other.path}/{{")}
    references = {name for body in operation.body_examples for name in names_in(body)}
    return parents | {name for name in references if name in provided and name not in ids}


def _create(
    executor: Executor, selector: ObjectSelector, operation: Operation, ids: dict[str, str | list[str]]
) -> str | None:
    """Create objects, and return why that was not possible."""
    reason = "there is no own object to create it in"
    parents = selector.usable(operation)[:_PARENTS]
    examples: Sequence[Mapping[str, Any] | None] = operation.body_examples or (None,)
    is_created = False
    for parent in parents:
        for number, example in enumerate((*examples, *[examples[0]] * _EXPENDABLE)):
            # An example may refer to an object of an earlier one: a pipeline triggers another.
            body = with_unique_name(with_ids(example, {**selector.objects.known_ids, **ids}), operation)
            request = Request(
                executor.api.by_id[operation.id], parent, body=NO_BODY if body is None else body, why="as an example"
            )
            if not executor.permits(request):
                reason = "its example refers to objects that the run did not create"
                continue
            reason = "its example is rejected"
            response = executor.send(request)
            if not response.ok:
                continue
            is_created = True
            if number < len(examples):
                _keep(selector, operation, parent, response.body, ids)
            else:
                selector.record_success(operation, parent, response.body)
    return None if is_created else reason


def _keep(
    selector: ObjectSelector,
    operation: Operation,
    parent: PathValues,
    body: object,
    ids: dict[str, str | list[str]],
) -> None:
    path = selector.created_path(operation)
    for item in body if is_array(body) else [body]:
        if (key := identifier_of(parameters_of(path)[-1], item)) is None:
            continue
        values = {**parent, parameters_of(path)[-1]: key}
        if not selector.permissions.own.contains(filled(path, values)):
            continue
        selector.own.add(path, [KnownObject(path, values, (len(selector.own.for_path(path, 1_000)),))])
        if isinstance(identifier := as_object(item).get("id"), str):
            for name in _names_of(operation):
                ids.setdefault(name, [identifier] if name.endswith("s") else identifier)
        if isinstance(slug := as_object(item).get("slug"), str):
            noun = noun_of(operation.path)
            ids.setdefault(f"source_{noun}", slug)
            ids[f"target_{noun}"] = slug


def _names_of(operation: Operation) -> list[str]:
    """Return the properties of bodies that refer to an object that the operation creates."""
    if {*operation.parameters} != {"org"}:
        return []
    noun = noun_of(operation.path)
    return [noun, *id_names(noun), f"source_{noun}", f"target_{noun}"]
