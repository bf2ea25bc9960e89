"""Routing: routes are declared next to their handlers and found by path segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from .call import Call, Reply
from .errors import UnprocessableError, validation_failed

Handler = Callable[[Call], Reply]


@attrs.frozen(kw_only=True)
class Route:
    """An operation: method, path, scopes and handler.

    `checks` are fields that the handler validates itself, with documented messages. `operation` is the path in the
    OpenAPI document, where it differs: `/log.txt` is another path of `/log`. `alias_methods` are synonyms of the
    method. `event` has the types of the audit event of a successful request and of its subject.
    """

    method: str
    path: str
    handler: Handler
    scopes: frozenset[str]
    public: bool
    checks: frozenset[str]
    operation: str
    alias_methods: tuple[str, ...] = ()
    event: tuple[str, str] | None = None
    #: Whether the operation documents `errors` in its 422.
    lists_fields: bool = False


@attrs.define
class Routes:
    """Registry of the routes of one resource."""

    routes: list[Route] = attrs.field(factory=list[Route])

    def route(
        self,
        method: str,
        *paths: str,
        scope: str | tuple[str, ...] = (),
        public: bool = False,
        checks: str | tuple[str, ...] = (),
        alias_suffix: str = "",
        alias_methods: tuple[str, ...] = (),
        event: tuple[str, str] | None = None,
        lists_fields: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare a handler for a method and some paths, which requires one scope or several.

        `alias_suffix` is a suffix of the paths that the OpenAPI document does not have, `alias_methods` are synonyms of
        the method.
        """

        def declare(handler: Handler) -> Handler:
            self.routes += [
                Route(
                    method=method,
                    path=path,
                    handler=handler,
                    scopes=frozenset({scope} if isinstance(scope, str) else scope),
                    public=public,
                    checks=frozenset({checks} if isinstance(checks, str) else checks),
                    operation=path.removesuffix(alias_suffix),
                    alias_methods=alias_methods,
                    event=event,
                    lists_fields=lists_fields,
                )
                for path in paths
            ]
            return handler

        return declare


@attrs.define
class _Node:
    children: dict[str, _Node] = attrs.field(factory=dict[str, "_Node"])
    parameter: str | None = None
    child: _Node | None = None
    routes: dict[str, Route] = attrs.field(factory=dict[str, Route])


@attrs.define
class RouteTable:
    """Lookup of routes by path. Fixed segments take precedence over parameters: `teams/enable` is not a team."""

    _root: _Node = attrs.field(factory=_Node, init=False)

    @classmethod
    def from_routes(cls, routes: Iterable[Route]) -> RouteTable:
        """Build a table of routes."""
        table = cls()
        for route in routes:
            table._add(route)
        return table

    def find(self, segments: tuple[str, ...]) -> tuple[dict[str, Route], dict[str, str]] | None:
        """Return the routes of a path by method, and its path parameters."""
        return _find_routes(self._root, segments)

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.path.split("/")[1:]:
            if segment.startswith("{") and segment.endswith("}"):
                node.parameter = segment[1:-1]
                node.child = node.child or _Node()
                node = node.child
            else:
                node = node.children.setdefault(segment, _Node())
        node.routes |= dict.fromkeys((route.method, *route.alias_methods), route)


def with_head(methods: Iterable[str]) -> list[str]:
    """Return methods with `HEAD` added after `GET`."""
    return list(
        dict.fromkeys(each for method in methods for each in (("GET", "HEAD") if method == "GET" else (method,)))
    )


def _find_routes(node: _Node, segments: tuple[str, ...]) -> tuple[dict[str, Route], dict[str, str]] | None:
    if not segments:
        return (node.routes, {}) if node.routes else None
    head, rest = segments[0], segments[1:]
    fixed = node.children.get(head)
    found = None if fixed is None else _find_routes(fixed, rest)
    if found is None and head and node.child is not None and node.parameter is not None:
        found = _find_routes(node.child, rest)
        if found is not None:
            found = found[0], {node.parameter: head, **found[1]}
    return found


def documented_error(route: Route, error: UnprocessableError) -> UnprocessableError:
    """Return an error in the format that an operation documents."""
    if not error.errors or route.lists_fields:
        return error
    return validation_failed(", ".join(str(field) for field in error.errors))
