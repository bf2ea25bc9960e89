"""Routing: routes are declared next to their handlers and found by path segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

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
    """A registry of routes."""

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


#: The routes of the API. The modules of `resources` declare them when they are imported.
routes: Final = Routes()


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


@attrs.frozen
class RouteTable:
    """Lookup of routes by path. Fixed segments take precedence over parameters: `teams/enable` is not a team."""

    #: Routes by method of each path, and its segments, by their number.
    _paths: dict[int, list[tuple[list[str], dict[str, Route]]]]

    @classmethod
    def from_routes(cls, routes: Iterable[Route]) -> RouteTable:
        """Build a table of routes."""
        paths: dict[str, dict[str, Route]] = {}
        for route in routes:
            paths.setdefault(route.path, {}).update(dict.fromkeys((route.method, *route.alias_methods), route))
        table: dict[int, list[tuple[list[str], dict[str, Route]]]] = {}
        for path, methods in paths.items():
            segments = path.split("/")[1:]
            table.setdefault(len(segments), []).append((segments, methods))
        for candidates in table.values():
            candidates.sort(key=lambda candidate: [_is_parameter(segment) for segment in candidate[0]])
        return cls(table)

    def find(self, segments: Sequence[str]) -> tuple[dict[str, Route], dict[str, str]] | None:
        """Return the routes of a path by method, and its path parameters."""
        for template, routes in self._paths.get(len(segments), ()):
            pairs = list(zip(template, segments, strict=True))
            if all(value if _is_parameter(name) else name == value for name, value in pairs):
                return routes, {name[1:-1]: value for name, value in pairs if _is_parameter(name)}
        return None


def with_head(methods: Iterable[str]) -> list[str]:
    """Return methods with `HEAD` added after `GET`."""
    return list(
        dict.fromkeys(each for method in methods for each in (("GET", "HEAD") if method == "GET" else (method,)))
    )


def documented_error(route: Route, error: UnprocessableError) -> UnprocessableError:
    """Return an error in the format that an operation documents."""
    if not error.errors or route.lists_fields:
        return error
    return validation_failed(", ".join(str(field) for field in error.errors))
