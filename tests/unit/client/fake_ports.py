"""Ports that send nothing: what generated resources need to be tried without a network."""

import asyncio
import inspect
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from attrs import frozen

from _buildkite_rest.ports import Arguments, Operation
from _buildkite_rest.resources import AsyncResources, Resources


@frozen
class Asked:
    """What a method made of its arguments."""

    way: str
    operation: Operation[Any]
    arguments: Arguments
    returned: Any
    max_items: int | None = None


class Port:
    """Keeps what it is asked and returns the name of what it was asked to do."""

    def __init__(self):
        self.asked = []

    def keep(self, way, *asked):
        self.asked.append((way, *asked))
        return way

    def send(self, operation, arguments):
        return self.keep("send", operation, arguments)

    def paginate(self, operation, arguments, max_items):
        return self.keep("paginate", operation, arguments, max_items)

    @contextmanager
    def stream(self, operation, arguments):
        yield self.keep("stream", operation, arguments)


class AsyncPort(Port):
    """The same without blocking."""

    async def send(self, operation, arguments):
        return super().send(operation, arguments)

    @asynccontextmanager
    async def stream(self, operation, arguments):
        with super().stream(operation, arguments) as stream:
            yield stream


def resource(kind: type, port: Port, tag: str) -> Any:
    """Return a resource that asks `port`."""
    resources = kind()
    resources._port = port
    return getattr(resources, tag)


def ask(tag: str, name: str, arguments: dict[str, Any]) -> Asked:
    """Call a method of the synchronous resource."""
    port = Port()
    returned = getattr(resource(Resources, port, tag), name)(**arguments)
    if hasattr(returned, "__enter__"):
        with returned as stream:
            returned = stream
    return _asked(port, returned)


def ask_async(tag: str, name: str, arguments: dict[str, Any]) -> Asked:
    """Call a method of the asynchronous resource."""

    async def run():
        port = AsyncPort()
        returned = getattr(resource(AsyncResources, port, tag), name)(**arguments)
        if inspect.isawaitable(returned):
            returned = await returned
        elif hasattr(returned, "__aenter__"):
            async with returned as stream:
                returned = stream
        return _asked(port, returned)

    return asyncio.run(run())


def _asked(port: Port, returned: Any) -> Asked:
    [(way, operation, arguments, *rest)] = port.asked
    return Asked(way, operation, arguments, returned, *rest)
