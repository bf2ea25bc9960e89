"""The extension `x-refusals`: requests that get a documented error, and how to provoke it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from .._base.json_values import as_object

#: Responses that say nothing about the rule: the token may not do it, or the server is busy.
_UNDECIDED: Final = frozenset({401, 429, 503})


@frozen
class Refusal:
    """A request that is refused, one entry of `x-refusals`."""

    status: int
    when: Mapping[str, Any] = field(factory=dict[str, Any])
    """Values of the object of the path."""
    also: Mapping[str, Mapping[str, Any]] = field(factory=dict[str, "Mapping[str, Any]"])
    """Values of other objects, by the operation that reads them, such as the build of a job."""
    path: Mapping[str, Any] = field(factory=dict[str, Any])
    """Path parameters that replace those of an object."""
    query: Mapping[str, Any] = field(factory=dict[str, Any])
    headers: Mapping[str, str] = field(factory=dict[str, str])
    body: Mapping[str, Any] | None = None
    """Properties of the body that replace those of the first example."""
    only: Mapping[str, Any] | None = None
    """The whole body, instead of a changed example."""
    after: Sequence[Mapping[str, Any]] = ()
    """Requests that are sent before it; see `Prerequisites`."""
    message: str = ""
    """The documented message, or only its beginning before `…`. Empty if it is not documented.

    `{name}` is the value of that property in the request body.
    """

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Refusal:
        """Read an entry of `x-refusals`."""
        return cls(
            status=int(node["status"]),
            when=as_object(node.get("when")),
            also=as_object(node.get("also")),
            path=as_object(node.get("path")),
            query=as_object(node.get("query")),
            headers=as_object(node.get("headers")),
            body=node.get("body"),
            only=node.get("only"),
            after=tuple(node.get("after", ())),
            message=node.get("message", ""),
        )

    @property
    def is_about_state(self) -> bool:
        """Whether any valid request is refused in this state of the object."""
        return not (self.also or self.is_about_request)

    @property
    def is_about_request(self) -> bool:
        """Whether other requests are accepted in this state of the objects."""
        return bool(self.path or self.query or self.headers or self.body or self.only or self.after)

    @property
    def reason(self) -> str:
        """What is wrong with the request, for messages."""
        parts = [*_pairs({**self.path, **self.query, **self.headers, **(self.body or {}), **(self.only or {})})]
        if self.when or self.also:
            state = {name: value for values in (self.when, *self.also.values()) for name, value in values.items()}
            parts.append(f"an object with {', '.join(_pairs(state))}")
        if self.after:
            parts.append(f"after {', '.join(node['operation'] for node in self.after)}")
        return ", ".join(parts) or "such a request"

    def problems(self, status: int, body: object, sent: object = None) -> Iterator[str]:
        """Yield what is wrong with the response to a request with the body `sent`."""
        message = self.message
        for name, value in as_object(sent).items():
            message = message.replace(f"{{{name}}}", str(value))
        if status in _UNDECIDED:
            return
        if status != self.status:
            yield f"{self.reason}: {status} instead of the documented {self.status}"
        elif message and not _is_message(message, found := as_object(body).get("message")):
            yield f"{self.reason}: the message is {found!r} instead of the documented {message!r}"


def _is_message(documented: str, found: object) -> bool:
    beginning = documented.removesuffix("…")
    lacks_reason = beginning.endswith(": ") and str(found).strip() == beginning.strip()
    return found == documented or (beginning != documented and not lacks_reason and str(found).startswith(beginning))


def _pairs(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{name} {'null' if value is None else str(value).lower() if isinstance(value, bool) else value}"
