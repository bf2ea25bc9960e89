"""Objects that a run creates first, so that it has something of its own to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .._base.json_values import as_object, is_array
from .api import Operation, object_path, parameters_of
from .discovery import discover
from .exchange import NO_BODY, PathValues, Request
from .executor import Executor
from .names import with_unique_names
from .objects import KnownIds, KnownObject, id_names, identifier_of, names_in, noun_of, with_ids
from .ownership import filled

#: Parents in which objects are created.
_PARENTS: Final = 2
_CHECK: Final = "write"


def prepare(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Create objects of each kind that the operations need, and read what is below them.

    Yields each operation before its requests are sent.
    """
    world = executor.world
    ownership = world.ownership
    restricted = [each for each in operations if not ownership.may_change_existing(each)]
    for operation in restricted:
        if (reason := ownership.refusal_of(operation)) is not None:
            executor.skip(_CHECK, operation, f"{reason}; see --write-existing")
    if not restricted:
        return
    waiting = _needed(executor, restricted)
    ids = _own_user(executor)
    while waiting:
        ready = [each for each in waiting if not _missing(each, waiting, ids)] or waiting[:1]
        for operation in ready:
            yield operation
            failure = _create(executor, operation, ids)
            if failure is not None and operation in restricted:
                executor.skip(_CHECK, operation, failure)
        waiting = [each for each in waiting if each not in ready]
    world.ids.update(ids)
    discover(world, executor.read_objects, operations, world.own)


def _own_user(executor: Executor) -> KnownIds:
    """Return the ids in bodies that may be those of the user of the token, who may join own teams, for example."""
    identifier = executor.context.user.get("id")
    if not isinstance(identifier, str):
        return {}
    executor.world.ownership.harmless.add(identifier.lower())
    return dict.fromkeys(("user_id", "user", "unblocker"), identifier)


def _needed(executor: Executor, restricted: Sequence[Operation]) -> list[Operation]:
    """Return the operations that create the objects in the paths of others, those with short paths first."""
    templates, ownership = executor.api.created_templates, executor.world.ownership
    creating = [
        each
        for each in executor.api.operations
        if each.method == "POST"
        and each.path in templates
        and not ownership.may_change_existing(each)
        and ownership.refusal_of(each) is None
    ]
    paths = {object_path(each.path) for each in restricted} | {each.path for each in restricted}
    needed = [each for each in creating if any(f"{path}/".startswith(f"{templates[each.path]}/") for path in paths)]
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


def _create(executor: Executor, operation: Operation, ids: KnownIds) -> str | None:
    """Create objects as the examples do, and return why that was not possible."""
    reason = "there is no own object to create it in"
    schemas = executor.api.properties(operation.body_schema)
    is_created = False
    for parent in executor.world.objects(operation)[:_PARENTS]:
        examples: Sequence[Mapping[str, Any] | None] = operation.body_examples or (None,)
        for example in examples:
            # An example may refer to an object of an earlier one: a pipeline triggers another.
            body = with_ids(example, {**executor.world.ids, **ids})
            named = NO_BODY if body is None else with_unique_names(body, schemas, tuple(operation.body_examples))
            request = Request(operation, parent, body=named, why="as an example")
            if not executor.permits(request):
                reason = "its example refers to objects that the run did not create"
                continue
            reason = "its example is rejected"
            response = executor.send(request)
            if response.ok:
                is_created = True
                _keep(executor, operation, parent, response.body, ids)
    return None if is_created else reason


def _keep(executor: Executor, operation: Operation, parent: PathValues, body: Any, ids: KnownIds) -> None:
    """Add new objects to the own ones, with their ids for the bodies of other requests."""
    own, path = executor.world.own, executor.api.created_templates[operation.path]
    for item in body if is_array(body) else [body]:
        key = identifier_of(parameters_of(path)[-1], item)
        values = {**parent, parameters_of(path)[-1]: key}
        if key is None or not executor.world.ownership.contains(filled(path, values)):
            continue
        own.add(path, [KnownObject(path, values, (len(own.for_path(path, 1_000)),))])
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
