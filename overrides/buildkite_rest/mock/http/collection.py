"""Ordinary collections: things that are listed, created, read, changed and deleted, each declared in a few lines."""

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
    """Things of one kind that have one owner.

    `shelf` finds the owner in the path, or answers 404, and returns its things by key; `key` is the parameter of the
    path that holds the key of one. `render` writes one as JSON. The methods declare operations; those whose answer
    takes more than that decorate a function.
    """

    noun: str
    path: str
    key: str
    shelf: Callable[[Call], MutableMapping[str, T]]
    render: Callable[[Call, T], object]
    #: What is said of a thing that is not there, if that is not `No … found`.
    missing: str | None = None

    @property
    def item_path(self) -> str:
        """Path of one thing."""
        return f"{self.path}/{{{self.key}}}"

    def find(self, call: Call) -> T:
        """Find the thing in the path."""
        found = self.shelf(call).get(call.params[self.key].lower())
        if found is None:
            raise NotFoundError(self.missing or f"No {self.noun} found")
        return found

    def answer(self, call: Call, item: T, status: int = 200) -> Reply:
        """Answer with one thing."""
        return json(self.render(call, item), status)

    def lists(
        self,
        routes: Routes,
        *,
        scope: str,
        paging: Paging = "link",
        select: Callable[[Call, Sequence[T]], Sequence[T]] = lambda _, items: items,
    ) -> None:
        """Declare that the things are listed, those that `select` returns and in its order."""

        def answer(call: Call) -> Reply:
            keys = {id(item): key for key, item in self.shelf(call).items()}
            items = select(call, list(self.shelf(call).values()))
            match paging:
                case "link":
                    return page(call, items, lambda item: self.render(call, item))
                case "cursor":
                    return cursor_page(call, items, lambda item: keys[id(item)], lambda item: self.render(call, item))
                case "none":
                    return json([self.render(call, item) for item in items])

        routes.route("GET", self.path, scope=scope)(answer)

    def reads(self, routes: Routes, *, scope: str) -> None:
        """Declare that one thing is read."""
        routes.route("GET", self.item_path, scope=scope)(lambda call: self.answer(call, self.find(call)))

    def creates(
        self, routes: Routes, *, scope: str, status: int = 201, render: Callable[[Call, T], object] | None = None
    ) -> Callable[[Callable[[Call], tuple[str, T]]], None]:
        """Declare that a thing is created by the function, which returns it with its key, or refuses.

        `render` writes the new thing if its answer holds what no other one does, such as a secret.
        """

        def declare(create: Callable[[Call], tuple[str, T]]) -> None:
            def answer(call: Call) -> Reply:
                shelf = self.shelf(call)
                key, item = create(call)
                shelf[key] = item
                return json((render or self.render)(call, item), status)

            routes.route("POST", self.path, scope=scope)(answer)

        return declare

    def updates(
        self,
        routes: Routes,
        method: Literal["PUT", "PATCH", "POST"],
        *,
        scope: str,
        checks: str | None = None,
        alias_methods: tuple[str, ...] = (),
    ) -> Callable[[Callable[[Call, T], None]], None]:
        """Declare that one thing is changed in place by the function, or refused.

        `checks` is a field that the function checks itself, `alias_methods` are methods that do the same.
        """

        def declare(update: Callable[[Call, T], None]) -> None:
            def answer(call: Call) -> Reply:
                item = self.find(call)
                update(call, item)
                return self.answer(call, item)

            declared = routes.route(method, self.item_path, scope=scope, checks=checks, alias_methods=alias_methods)
            declared(answer)

        return declare

    def deletes(
        self,
        routes: Routes,
        *,
        scope: str,
        status: int = 204,
        before: Callable[[Call, T], object] = lambda _, __: None,
    ) -> None:
        """Declare that one thing is deleted, after `before` has refused or has tidied up. The answer is empty."""

        def answer(call: Call) -> Reply:
            item = self.find(call)
            before(call, item)
            del self.shelf(call)[call.params[self.key].lower()]
            return Reply(status)

        routes.route("DELETE", self.item_path, scope=scope)(answer)
