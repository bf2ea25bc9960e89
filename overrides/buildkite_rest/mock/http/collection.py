"""Collections with the usual operations: list, read, create, update, delete."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from typing import Generic, Literal, TypeAlias, TypeVar

import attrs

from .call import Call, Reply, json
from .errors import NotFoundError
from .pagination import cursor_page, page
from .routing import Routes

T = TypeVar("T")
Paging: TypeAlias = Literal["link", "cursor", "none"]


@attrs.frozen(kw_only=True)
class Collection(Generic[T]):
    """Objects of one kind and one owner.

    `objects` returns the objects of the owner in the path by key, or raises 404; `key` is the path parameter with the
    key of one object. `render` returns one as JSON. The methods add routes; some decorate a function.
    """

    noun: str
    path: str
    key: str
    objects: Callable[[Call], MutableMapping[str, T]]
    render: Callable[[Call, T], object]
    #: Message of the 404, by default `No … found`.
    not_found_message: str | None = None

    @property
    def item_path(self) -> str:
        """Path of one object."""
        return f"{self.path}/{{{self.key}}}"

    def find(self, call: Call) -> T:
        """Return the object in the path, or raise 404."""
        item = self.objects(call).get(call.params[self.key].lower())
        if item is None:
            raise NotFoundError(self.not_found_message or f"No {self.noun} found")
        return item

    def respond(self, call: Call, item: T, status: int = 200) -> Reply:
        """Return a reply with one object."""
        return json(self.render(call, item), status)

    def add_list_route(
        self,
        routes: Routes,
        *,
        scope: str,
        paging: Paging = "link",
        select: Callable[[Call, Sequence[T]], Sequence[T]] = lambda _, items: items,
    ) -> None:
        """Add the route of the list operation. `select` filters and sorts."""

        def handle(call: Call) -> Reply:
            keys = {id(item): key for key, item in self.objects(call).items()}
            items = select(call, list(self.objects(call).values()))
            match paging:
                case "link":
                    return page(call, items, lambda item: self.render(call, item))
                case "cursor":
                    return cursor_page(call, items, lambda item: keys[id(item)], lambda item: self.render(call, item))
                case "none":
                    return json([self.render(call, item) for item in items])

        routes.route("GET", self.path, scope=scope)(handle)

    def add_read_route(self, routes: Routes, *, scope: str) -> None:
        """Add the route of the read operation."""
        routes.route("GET", self.item_path, scope=scope)(lambda call: self.respond(call, self.find(call)))

    def add_create_route(
        self, routes: Routes, *, scope: str, status: int = 201, render: Callable[[Call, T], object] | None = None
    ) -> Callable[[Callable[[Call], tuple[str, T]]], None]:
        """Add the route of the create operation, with a function that returns the new object with its key, or raises.

        `render` is for responses with fields that only this operation returns, such as a secret.
        """

        def declare(create: Callable[[Call], tuple[str, T]]) -> None:
            def handle(call: Call) -> Reply:
                objects = self.objects(call)
                key, item = create(call)
                objects[key] = item
                return json((render or self.render)(call, item), status)

            routes.route("POST", self.path, scope=scope)(handle)

        return declare

    def add_update_route(
        self,
        routes: Routes,
        method: Literal["PUT", "PATCH", "POST"],
        *,
        scope: str,
        checks: str | tuple[str, ...] = (),
        alias_methods: tuple[str, ...] = (),
    ) -> Callable[[Callable[[Call, T], None]], None]:
        """Add the route of the update operation, with a function that changes the object in place, or raises.

        `checks` are fields that the function validates itself, `alias_methods` are synonyms of the method.
        """

        def declare(update: Callable[[Call, T], None]) -> None:
            def handle(call: Call) -> Reply:
                item = self.find(call)
                update(call, item)
                return self.respond(call, item)

            declared = routes.route(method, self.item_path, scope=scope, checks=checks, alias_methods=alias_methods)
            declared(handle)

        return declare

    def add_delete_route(
        self, routes: Routes, *, scope: str, status: int = 204, before: Callable[[Call, T], object] = lambda _, __: None
    ) -> None:
        """Add the route of the delete operation, with an empty response. `before` may raise, or clean up."""

        def handle(call: Call) -> Reply:
            item = self.find(call)
            before(call, item)
            del self.objects(call)[call.params[self.key].lower()]
            return Reply(status)

        routes.route("DELETE", self.item_path, scope=scope)(handle)
