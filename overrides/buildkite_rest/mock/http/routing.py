"""Routing: routes are declared next to their handlers and found by paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import unquote

import attrs

from .call import Call, Reply
from .errors import NotFoundError, UnprocessableError, validation_failed

Handler = Callable[[Call], Reply]


def _names(names: str | tuple[str, ...]) -> frozenset[str]:
    return frozenset({names} if isinstance(names, str) else names)


@attrs.frozen(kw_only=True)
class Route:
    """An operation: method, path, scopes and handler.

    `checks` are fields that the handler validates itself, with documented messages. `alias_suffix` is a suffix of the
    path that the OpenAPI document does not have: `/log.txt` is another path of `/log`. `alias_methods` are synonyms of
    the method. `event` has the types of the audit event of a successful request and of its subject.
    """

    method: str
    path: str
    handler: Handler
    scopes: frozenset[str] = attrs.field(factory=frozenset[str], converter=_names, alias="scope")
    public: bool = False
    checks: frozenset[str] = attrs.field(factory=frozenset[str], converter=_names)
    alias_suffix: str = ""
    alias_methods: tuple[str, ...] = ()
    event: tuple[str, str] | None = None
    #: Whether the operation documents `errors` in its 422.
    lists_fields: bool = False

    @property
    def operation(self) -> str:
        """Path in the OpenAPI document."""
        return self.path.removesuffix(self.alias_suffix)


@attrs.define
class Routes:
    """A registry of routes."""

    routes: list[Route] = attrs.field(factory=list[Route])

    def route(self, method: str, *paths: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a handler for a method and some paths. The options are attributes of `Route`."""

        def declare(handler: Handler) -> Handler:
            self.routes += [Route(method=method, path=path, handler=handler, **options) for path in paths]
            return handler

        return declare


#: The routes of the API. The modules of `resources` declare them when they are imported.
routes: Final = Routes()
_PARAMETER: Final = re.compile(r"\{(\w+)\}")


@attrs.frozen
class RouteTable:
    """Lookup of routes by path. Fixed segments take precedence over parameters: `teams/enable` is not a team."""

    #: Routes by method of each path, and the pattern of the path.
    _paths: list[tuple[re.Pattern[str], dict[str, Route]]]

    @classmethod
    def from_routes(cls, routes: Iterable[Route]) -> RouteTable:
        """Build a table of routes."""
        paths: dict[str, dict[str, Route]] = {}
        for route in routes:
            paths.setdefault(route.path, {}).update(dict.fromkeys((route.method, *route.alias_methods), route))
        # A brace sorts after letters.
        return cls([(re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path)), paths[path]) for path in sorted(paths)])

    def find(self, path: str) -> tuple[dict[str, Route], dict[str, str]]:
        """Return the routes of a path by method, and its path parameters, or raise 404."""
        for pattern, routes in self._paths:
            if match := pattern.fullmatch(path):
                return routes, {name: unquote(value) for name, value in match.groupdict().items()}
        raise NotFoundError("Not Found")


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
