"""The operations of a description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")


@frozen
class Link:
    """An operation that can be called on what an answer holds."""

    status: str
    """The status of the answer."""
    operation_id: str
    parameters: Mapping[str, str]
    """Runtime expressions of OpenAPI, by the name of the parameter."""


@frozen
class Operation:
    """An operation of the description."""

    id: str
    method: str
    path: str
    tag: str
    sdk_method: str | None
    """Name of the client's method, in the resource that the tag names."""
    scopes: tuple[str, ...]
    needs_token: bool
    statuses: frozenset[str]
    media_types: tuple[str, ...]
    """What a successful answer may be, if there is a choice."""
    bodies: tuple[Mapping[str, Any], ...] = field(eq=False)
    """Examples of the body."""
    has_body: bool = False
    pagination: str = "none"
    query: frozenset[str] = frozenset()
    """The names of the parameters in the query."""
    links: tuple[Link, ...] = field(default=(), eq=False)
    alias_methods: frozenset[str] = frozenset()
    """Further methods that do the same."""

    @property
    def label(self) -> str:
        """What schemathesis calls the operation."""
        return f"{self.method} {self.path}"

    @property
    def reads(self) -> bool:
        """Whether the operation changes nothing."""
        return self.method in {"GET", "HEAD"}

    @property
    def ends(self) -> bool:
        """Whether the operation puts an end to something, or may change the name by which it is found.

        A DELETE with a body ends what the body names, not what the path does.
        """
        return (
            (self.method == "DELETE" and not self.has_body)
            or self.method == "PATCH"
            or (self.method in {"PUT", "POST"} and self.path.endswith("}"))
            or (bool(self.parameters) and self.path.endswith(("/archive", "/cancel", "/stop")))
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return parameters_of(self.path)

    def takes(self, path: str) -> bool:
        """Return whether a path, as it is sent, is one of this operation."""
        mine, sent = self.path.split("/"), path.split("/")
        return len(mine) == len(sent) and all(a == b or "{" in a for a, b in zip(mine, sent, strict=True))

    def succeeds_with(self, status: int) -> bool:
        """Return whether a status is one that the description calls a success. A redirect is one."""
        return 200 <= status < 400 and str(status) in self.statuses


def parameters_of(path: str) -> tuple[str, ...]:
    """Return the names in a path template."""
    return tuple(_PARAMETER.findall(path))
