"""Requests that return the same objects, derived from the paths of a spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from ..._base.json_values import as_array, as_object, is_object
from ..invariants.nodes import stem_of
from ..invariants.requests import Request, Templates
from ..objects import PathValues, object_from_item
from ..spec import Operation, Spec


@frozen
class Get:
    """A GET request."""

    operation: Operation
    values: PathValues
    """Path parameters, and possibly others."""
    query: Mapping[str, Any] = field(factory=dict[str, Any])
    headers: Mapping[str, str] = field(factory=dict[str, str])
    accept: str | None = None
    """Media type, if it is not JSON."""
    again: bool = False
    """Whether to send it even if the response is known."""


class Relations:
    """The relations of a spec's GET operations.

    Args:
        spec: The spec.
        base_url: URL of the server.
    """

    def __init__(self, spec: Spec, base_url: str) -> None:
        self._spec = spec
        self._reads = {each.path: each for each in spec.operations if each.method == "GET"}
        templates = Templates([each.path for each in spec.operations])
        self._request = Request.of("GET", f"{base_url}/v2", "/v2", templates)

    def item(self, listing: Get, item: Any) -> Get | None:
        """Return the request that reads an item of a list, below the path of the list or at the URL of the item."""
        collection = f"{listing.operation.path}/{{"
        for path, operation in self._reads.items():
            if path.startswith(collection) and "/" not in path.removeprefix(collection):
                known = object_from_item(path, listing.values, item)
                return None if known is None else Get(operation, known.values)
        found = self.target(as_object(item).get("url"))
        return found if found is not None and found.operation.path.endswith("}") else None

    def target(self, url: object) -> Get | None:
        """Return the request that a URL of the API leads to. Extensions, as in `log.txt`, are other media types."""
        found = self._request.find(url)
        if found is None or not isinstance(url, str) or not self._request.is_same_origin(url):
            return None
        operation = self._reads.get(found.template)
        fixed = found.template.rpartition("/")[2]
        if operation is None or ("{" not in fixed and url.partition("?")[0].rpartition("/")[2] != fixed):
            return None
        return Get(operation, {name: _number(name, value) for name, value in found.values.items()})

    def parents(self, item: Any, listing: Get) -> PathValues:
        """Return the path parameters of a list and of the URL of an item, and the properties of the item."""
        found = self.target(as_object(item).get("url"))
        return {**as_object(item), **({} if found is None else found.values), **listing.values}

    def equals(self, get: Get, item: Any) -> Iterator[tuple[str, Get, str]]:
        """Yield properties that equal one of another object, with the request for it and the pointer."""
        schema = self._spec.response_schema(get.operation)
        known = self.parents(item, get)
        for name, node in self._properties(self._spec.resolve(schema.get("items", schema))):
            related = as_object(node.get("x-equals"))
            for operation in self._reads.values():
                if operation.id == related.get("operation") and set(operation.parameters) <= known.keys():
                    yield name, Get(operation, known), str(related.get("pointer"))

    def _properties(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield from as_object(schema.get("properties")).items()
        for part in schema.get("allOf", ()):
            yield from self._properties(self._spec.resolve(part))

    def shorter(self, get: Get) -> Iterator[Get]:
        """Yield the requests with a shorter path to the same thing, such as a job without its build."""
        path, schema = get.operation.path, self._spec.response_schema(get.operation)
        for other in self._reads.values():
            # What both paths end with begins with an object, as in `jobs/{job_id}/log`.
            _, _, end = other.path.partition("}/")
            is_end = "{" in end and path.endswith(f"/{end}") and len(other.path) < len(path)
            if is_end and set(other.parameters) <= get.values.keys() and self._spec.response_schema(other) == schema:
                yield Get(other, get.values)

    def narrower(self, operation: Operation) -> Iterator[Operation]:
        """Yield the operations that list the same kind of objects for a smaller parent."""
        collection, names = operation.path.rpartition("/")[2], set(operation.parameters)
        schema = self._spec.response_schema(operation)
        for other in self._reads.values():
            is_list = "{" not in collection and other.path.endswith(f"/{collection}")
            if is_list and names < set(other.parameters) and self._spec.response_schema(other) == schema:
                yield other

    def nested(self, get: Get, body: Mapping[str, Any]) -> Iterator[Get]:
        """Yield the requests for the lists inside an object."""
        for name, value in body.items():
            other = self._reads.get(f"{get.operation.path}/{name}")
            if other is not None and (items := items_inside(value)) and all("id" in as_object(item) for item in items):
                yield Get(other, get.values)

    def referred(self, name: str, value: str | int, known: PathValues) -> Get | None:
        """Return the request for the object of a property such as `cluster_id`, if its parents are known.

        The object of `default_cluster_id` is a cluster too, unless there are objects of that name.
        """
        stem = stem_of(name)
        while stem:
            for path, operation in self._reads.items():
                if path.endswith("}"):
                    *parents, last = operation.parameters
                    is_same = stem_of(last) == stem != last
                    if is_same and all(parent in known for parent in parents):
                        return Get(operation, {**known, last: value})
            stem = stem.partition("_")[2]
        return None

    def listing(self, kind: str, known: PathValues) -> Get | None:
        """Return the request that lists the objects of a kind in the organization, such as `pipeline`."""
        found = (operation for path, operation in self._reads.items() if path.endswith(f"/{kind}s"))
        usable = (each for each in found if set(each.parameters) <= known.keys() & {"org"})
        operation = next(usable, None)
        return (
            None
            if operation is None
            else Get(operation, known, {"per_page": 100} if "per_page" in operation.query else {})
        )

    def listings(self, known: PathValues) -> Iterator[Get]:
        """Yield the requests that may list the objects of a kind in the organization."""
        for path, operation in self._reads.items():
            if operation.parameters == ("org",) and path.endswith("s"):
                yield Get(operation, known, {"per_page": 100} if "per_page" in operation.query else {})


def items_inside(value: Any) -> list[Any]:
    """Return the items of a list inside an object, which may be divided, as in `{"users": […], "teams": […]}`."""
    parts = list(value.values()) if is_object(value) else [value]
    return [item for part in parts for item in as_array(part)]


def _number(name: str, value: str) -> str | int:
    return int(value) if name == "number" and value.isascii() and value.isdecimal() and len(value) < 19 else value
