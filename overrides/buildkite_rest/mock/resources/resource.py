"""Declarations of resources: the fields of a class give its JSON, a `Resource` its routes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from ipaddress import ip_network
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar

import attrs

from ..backend import Backend
from ..clock import iso
from ..http.call import Call, Reply, json
from ..http.errors import ApiError, NotFoundError, validation_failed
from ..http.pagination import cursor_page, page
from ..http.routing import Handler, routes
from ..ids import Kind, graphql_id
from ..lookup import WEB
from ..values import Json, derived_slug, replace_key
from .users import user_json

T = TypeVar("T")
Values = dict[str, Any]
_Operation = Literal["list", "get", "create", "update", "delete"]


def field(
    *,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    settable: bool = False,
    hidden: bool = False,
    body: str | None = None,
    convert: Callable[[Any], Any] | None = None,
    render: Callable[[Any], object] | None = None,
) -> Any:
    """Declare a field that requests may set, that is not shown, or that is shown in a form of its own.

    A field without a declaration is shown and not settable. `body` is its name in requests, if that differs, and
    `convert` returns what is stored of a value in a request.
    """
    metadata = {"settable": settable, "hidden": hidden, "body": body, "convert": convert, "render": render}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata, repr=not hidden)
    return attrs.field(default=default, metadata=metadata, repr=not hidden)


def fields_of(kind: Any) -> Mapping[str, attrs.Attribute[Any]]:
    """Return the fields of a class by name."""
    return attrs.fields_dict(kind)


@cache
def _shown_fields(kind: type[Any]) -> Mapping[str, Callable[[Any], object] | None]:
    """Return what renders the values of the shown fields of a class."""
    fields = [attribute for attribute in fields_of(kind).values() if not attribute.metadata.get("hidden")]
    return {attribute.name: attribute.metadata.get("render") or _render_of(attribute) for attribute in fields}


def _render_of(attribute: attrs.Attribute[Any]) -> Callable[[Any], object] | None:
    if str(attribute.type).startswith("User"):
        return user_json
    return iso if attribute.name.endswith("_at") else None


def fields_json(item: Any) -> Json:
    """Return the shown fields of an object."""
    body: Json = {}
    for name, render in _shown_fields(item.__class__).items():
        value = getattr(item, name)
        body[name] = value if render is None or value is None else render(value)
    return body


def settable_values(kind: type, body: Mapping[str, Any]) -> Values:
    """Return the values of a body that requests may set, by the names of the fields."""
    settable = [attribute for attribute in fields_of(kind).values() if attribute.metadata.get("settable")]
    names = {attribute.name: attribute.metadata["body"] or attribute.name for attribute in settable}
    converts = {attribute.name: attribute.metadata["convert"] or _same for attribute in settable}
    return {name: converts[name](body[key]) for name, key in names.items() if key in body}


def _same(value: T) -> T:
    return value


def derive_slug(
    values: Values, siblings: Iterable[Any], item: Any, error: Callable[[str], ApiError] = validation_failed
) -> None:
    """Set the slug of an object whose name is set, or raise an error if it is empty or another object has it."""
    if "name" in values:
        values["slug"] = derived_slug(values["name"])
        if not values["slug"]:
            raise error("Name must have a letter or a digit")
        if any(other.slug == values["slug"] for other in siblings if other is not item):
            raise error("Name has already been taken")


def checked_ip_ranges(text: str | None, kind: Callable[..., object] = ip_network) -> list[str]:
    """Return the IP ranges in a text, which are separated by whitespace, or raise 422 for an invalid one."""
    ranges = (text or "").split()
    try:
        for item in ranges:
            kind(item, strict=False)
    except ValueError as error:
        raise validation_failed("Allowed IP addresses must be in CIDR notation") from error
    return ranges


def _nothing(*_: object) -> None:
    """Permit, change and check nothing."""


def no_values(*_: object) -> Mapping[str, object]:
    """Add no values."""
    return {}


def _default(value: Callable[[Any], str]) -> Any:
    """Declare a field whose default depends on others."""
    return attrs.field(default=attrs.Factory(value, takes_self=True))


def _words(name: str) -> str:
    """Return the words of the name of a class."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


#: Declarations by the name of their type.
declared: dict[str, Resource[Any]] = {}


@attrs.frozen(kw_only=True)
class Resource(Generic[T]):
    """Objects of one kind and one owner, with their routes.

    `objects` returns the objects of the owner in the path by key, or raises 404; `key` is the path parameter with the
    key of one object. `may_write` raises 403. `prepare` checks and completes the values of a request, given the object
    that is updated or None; it raises 422.
    """

    type: type[T]
    path: str
    key: str
    objects: Callable[[Call], dict[str, T]]
    #: What the scopes permit to read and write.
    scope: str
    read: str = _default(lambda self: f"read_{self.scope}")
    write: str = _default(lambda self: f"write_{self.scope}")
    delete_scope: str = _default(lambda self: self.write)
    #: Attribute with the key of an object, or its path.
    key_name: str = _default(lambda self: self.id_name)
    id_kind: Kind = Kind.OTHER
    #: Makes an id of one in the format of UUIDs.
    identify: Callable[[str], str] = str
    #: Type in the GraphQL API and in audit events.
    name: str = _default(lambda self: self.type.__name__)
    #: Name in error messages.
    noun: str = _default(lambda self: _words(self.name).lower())
    has_graphql_id: bool = True
    #: Whether changes are in the audit log.
    audited: bool = True
    has_url: bool = True
    #: Path of the page of an object.
    web_path: str | None = None
    may_write: Callable[[Call], object] = _nothing
    prepare: Callable[[Call, Values, T | None], object] = _nothing
    before_delete: Callable[[Call, T], object] = _nothing
    changed: Callable[[Call, T], object] = _nothing
    #: Values that are not stored, from the call and the object.
    computed: Mapping[str, Callable[[Call, T], object]] = attrs.field(factory=dict[str, Callable[[Call, T], object]])
    #: Values of responses that not all requests or not all objects have.
    extra: Callable[[Call, T], Mapping[str, object]] = no_values
    #: Those of the response that creates an object, such as a token. By default `extra`.
    extra_of_new: Callable[[Call, T], Mapping[str, object]] | None = None
    #: Those of items of lists. By default `extra`.
    extra_of_item: Callable[[Call, T], Mapping[str, object]] | None = None
    operations: tuple[_Operation, ...] = ("list", "get", "create", "update", "delete")
    #: Method of the update operation, and its synonyms.
    update_methods: tuple[str, ...] = ("PATCH",)
    #: Statuses of successful create and delete operations.
    statuses: tuple[int, int] = (201, 204)
    checks: tuple[str, ...] = ()
    paging: Literal["link", "cursor", "bounded cursor", "none"] = "link"
    #: Items of lists, by default all objects.
    select: Callable[[Call, Sequence[T]], Sequence[T]] | None = None
    not_found_message: str | None = None

    def __attrs_post_init__(self) -> None:
        declared[self.type.__name__] = self
        operations: dict[_Operation, tuple[str, str, str, Handler]] = {
            "list": ("GET", self.path, self.read, self._list),
            "get": ("GET", self.item_path, self.read, self._get),
            "create": ("POST", self.path, self.write, self._create),
            "update": (self.update_methods[0], self.item_path, self.write, self._update),
            "delete": ("DELETE", self.item_path, self.delete_scope, self._delete),
        }
        for name in self.operations:
            method, path, scope, handler = operations[name]
            is_update = name == "update"
            routes.route(
                method,
                path,
                scope=scope,
                checks=self.checks if is_update else (),
                alias_methods=self.update_methods[1:] if is_update else (),
                event=self.event(name),
            )(handler)

    def event(self, operation: _Operation) -> tuple[str, str] | None:
        """Return the types of the audit event of an operation and of its subject, or None for those that read."""
        verb = {"create": "Created", "update": "Updated", "delete": "Deleted"}.get(operation)
        return None if verb is None or not self.audited else (f"{self.name}{verb}Event", self.name)

    @property
    def item_path(self) -> str:
        """Path of one object."""
        return f"{self.path}/{{{self.key}}}"

    def key_of(self, item: T) -> str:
        """Return the key of an object."""
        key: str = attrgetter(self.key_name)(item)
        return key

    @cached_property
    def id_name(self) -> str:
        """Name of the attribute with the id."""
        return "uuid" if "uuid" in fields_of(self.type) else "id"

    def new_id(self, backend: Backend) -> str:
        """Return the id of a new object."""
        return self.identify(backend.new_id(self.id_kind))

    def find(self, call: Call) -> T:
        """Return the object in the path, or raise 404."""
        item = self.objects(call).get(call.params[self.key])
        if item is None:
            raise NotFoundError(self.not_found_message or f"No {self.noun} found")
        return item

    def url(self, call: Call, item: T) -> str:
        """Return the URL of an object in the API."""
        return call.base_url + self._path_of(call, item, self.item_path)

    def json(self, call: Call, item: T, extra: Callable[[Call, T], Mapping[str, object]] | None = None) -> Json:
        """Return an object as JSON, with `extra` in place of those of the declaration."""
        body = fields_json(item)
        if self.has_graphql_id:
            body["graphql_id"] = graphql_id(self.name, body[self.id_name])
        if self.has_url:
            body["url"] = self.url(call, item)
        if self.web_path is not None:
            body["web_url"] = WEB + self._path_of(call, item, self.web_path)
        for name, compute in self.computed.items():
            body[name] = compute(call, item)
        return {**body, **(extra or self.extra)(call, item)}

    def respond(self, call: Call, item: T, status: int = 200) -> Reply:
        """Return a reply with one object."""
        return json(self.json(call, item), status)

    def new(self, call: Call, values: Mapping[str, Any]) -> T:
        """Return a new object with these values, those of its fields that the call determines, and defaults."""
        moment, user, backend = call.now, call.token.user, call.backend
        known: Values = {"created_at": moment, "created_by": user, "updated_at": moment, "updated_by": user}
        known |= {self.id_name: self.new_id(backend), "ids": backend.ids, "organization": call.find_organization()}
        names = fields_of(self.type)
        return self.type(**{**{name: value for name, value in known.items() if name in names}, **values})

    def _path_of(self, call: Call, item: T, path: str) -> str:
        return path.format_map({**call.params, self.key: self.key_of(item)})

    def _list(self, call: Call) -> Reply:
        every = list(self.objects(call).values())
        items = every if self.select is None else self.select(call, every)

        def render(item: T) -> Json:
            return self.json(call, item, self.extra_of_item)

        match self.paging:
            case "link":
                return page(call, items, render)
            case "cursor":
                return cursor_page(call, items, self.key_of, render)
            case "bounded cursor":
                return cursor_page(call, items, self.key_of, render, all_items=every, bounded=True)
            case "none":
                return json([render(item) for item in items])

    def _get(self, call: Call) -> Reply:
        return self.respond(call, self.find(call))

    def _create(self, call: Call) -> Reply:
        objects = self.objects(call)
        self.may_write(call)
        values = settable_values(self.type, call.body)
        self.prepare(call, values, None)
        item = self.new(call, values)
        objects[self.key_of(item)] = item
        self.changed(call, item)
        return json(self.json(call, item, self.extra_of_new), self.statuses[0])

    def _update(self, call: Call) -> Reply:
        item = self.find(call)
        self.may_write(call)
        values, before = settable_values(self.type, call.body), self.key_of(item)
        self.prepare(call, values, item)
        names = fields_of(self.type)
        stamps = {"updated_at": call.now, "updated_by": call.token.user}
        for name, value in {**values, **{name: stamps[name] for name in stamps if name in names}}.items():
            setattr(item, name, value)
        replace_key(self.objects(call), before, self.key_of(item))
        self.changed(call, item)
        return self.respond(call, item)

    def _delete(self, call: Call) -> Reply:
        item = self.find(call)
        self.may_write(call)
        body = self.json(call, item, no_values)
        self.before_delete(call, item)
        del self.objects(call)[self.key_of(item)]
        return Reply(self.statuses[1], value=body)
