"""Arguments with which each method succeeds on a freshly started mock server.

The initial objects of the mock server have the same ids on every run, so a reader can use the arguments too.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final

from attrs import frozen

from _buildkite_rest.operations import all_operations
from buildkite_rest import UNSET, Buildkite, BuildkiteError
from buildkite_rest.conformance.api import Operation
from buildkite_rest.conformance.discovery import discover
from buildkite_rest.conformance.exchange import PathValues
from buildkite_rest.conformance.objects import KnownObjects, refers
from buildkite_rest.conformance.options import ALL
from buildkite_rest.conformance.ownership import Ownership
from buildkite_rest.conformance.values import is_uuid
from buildkite_rest.conformance.world import World

from .resources import API
from .servers import COUNT, Servers

_UPLOAD: Final = ("acme-core-2.4.1.gem", b"a gem")
#: Replacements for names in the examples that exist on the mock server already.
_UNUSED_NAMES: Final = {"Web": "Checkout", "Gems": "Shared gems"}
#: Largest number of objects that a method is tried on.
_ATTEMPTS: Final = 200


@frozen
class Trial:
    """Arguments with which a method succeeds."""

    tag: str
    method: str
    arguments: Mapping[str, Any]


class NothingWorksError(Exception):
    """A method does not succeed on any object of the mock server."""


@cache
def trials(tags: tuple[str, ...]) -> Mapping[tuple[str, str], Trial]:
    """Return working arguments for the methods of the resources, by tag and name."""
    with Servers() as servers, ThreadPoolExecutor(COUNT) as threads:
        with servers.lend() as client:
            world, ids = _world(client)

        def attempt(operation: Operation, name: str) -> Trial:
            with servers.lend() as client:
                return _first_that_works(operation, name, client, world, ids)

        started = [
            threads.submit(attempt, operation, name)
            for operation in API.operations
            if operation.tag in tags
            for name in _methods(operation)
        ]
        found = [future.result() for future in started]
    return {(trial.tag, trial.method): trial for trial in found}


def _world(client: Buildkite) -> tuple[World, Mapping[str, str]]:
    """Return the objects of a server, and an id of each kind by its path parameter."""
    ids: dict[str, str] = {}

    def read(operation: Operation, values: PathValues) -> Sequence[Any]:
        query = {"per_page": 100} if "per_page" in operation.query else {}
        found: Any = client.request("GET", operation.path_with(values), query=query)
        items: Sequence[Any] = found.get("items", []) if isinstance(found, dict) else found
        for kind in API.kinds:
            if items and kind.list is operation and isinstance(key := items[0].get("id", items[0].get("uuid")), str):
                ids.setdefault(kind.parameter, key)
        return items

    world = World(API, Ownership(API, existing=frozenset({ALL})), KnownObjects())
    discover(world, read, API.operations)
    return world, ids


def _methods(operation: Operation) -> Iterator[str]:
    """Yield the names of the methods for an operation, one for each media type."""
    for tag, name, record in all_operations():
        if (tag, record.id) == (operation.tag, operation.id):
            yield name


def _first_that_works(
    operation: Operation, name: str, client: Buildkite, world: World, ids: Mapping[str, str]
) -> Trial:
    call = getattr(getattr(client, operation.tag), name)
    refusal: Exception | None = None
    for values in _objects(operation, world):
        arguments = {**values, **_required(operation, call, ids, values)}
        try:
            _use(call(**arguments, **({"max_items": 3} if "max_items" in inspect.signature(call).parameters else {})))
        except BuildkiteError as error:
            refusal = error
            continue
        return Trial(operation.tag, name, arguments)
    raise NothingWorksError(f"{operation.tag}.{name}: {refusal}")


def _objects(operation: Operation, world: World) -> Iterator[PathValues]:
    if not operation.parameters:
        yield {}
        return
    yield from world.objects(operation)
    for found in world.known.for_path(operation.path, _ATTEMPTS)[:_ATTEMPTS]:
        yield {name: found.values[name] for name in operation.parameters}


def _required(operation: Operation, call: Any, ids: Mapping[str, str], values: PathValues) -> dict[str, Any]:
    """Return the example of the body, and all other required arguments."""
    parameters = inspect.signature(call).parameters
    node = operation.node
    if "file" in parameters:
        return {"file": _UPLOAD}
    body = (
        {name: _referring(name, value, ids) for name, value in operation.body_examples[0].items()}
        if operation.body_examples
        else {}
    )
    required = {name if name in parameters else f"{name}_": value for name, value in body.items()}
    if operation.method == "POST" and required.get("name") in _UNUSED_NAMES:
        required["name"] = _UNUSED_NAMES[required["name"]]
    for parameter in parameters.values():
        if parameter.default is parameter.empty and parameter.name not in required.keys() | values.keys():
            required[parameter.name] = _example(node, parameter.name)
    return required


def _referring(name: str, value: Any, ids: Mapping[str, str]) -> Any:
    """Return a part of a body with ids of existing objects."""
    if isinstance(value, dict):
        return {key: _referring(key, each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [_referring(name, each, ids) for each in value]
    return next((key for each, key in ids.items() if is_uuid(value) and refers(name, each)), value)


def _example(node: Mapping[str, Any], name: str) -> Any:
    for reference in node.get("parameters", ()):
        shared = reference.get("$ref", "").rpartition("/")[2]
        parameter = API.raw["components"]["parameters"][shared] if shared else reference
        if parameter["name"].removesuffix("[]") == name:
            return parameter.get("example", parameter["schema"].get("example", UNSET))
    return UNSET


def _use(returned: Any) -> None:
    """Consume a result, because a list sends no request before it is iterated."""
    if hasattr(returned, "__enter__"):
        with returned as stream:
            stream.read()
    elif hasattr(returned, "pages"):
        list(returned)
