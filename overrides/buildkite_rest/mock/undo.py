"""Undo of the changes that a failed request has made to the state."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar, cast, dataclass_transform

import attrs

T = TypeVar("T")
#: How to restore what the current request has changed, by container, or by object and attribute.
_log: ContextVar[dict[object, Callable[[], object]] | None] = ContextVar("buildkite_rest_mock_undo_log", default=None)


@contextmanager
def undone_on_error() -> Generator[None]:
    """Undo all changes to the state that the block has made if it raises an exception."""
    token = _log.set({})
    try:
        yield
    except BaseException:
        undo()
        raise
    finally:
        _log.reset(token)


def undo() -> None:
    """Undo all changes since the beginning of the surrounding `undone_on_error`."""
    log = _log.get() or {}
    for restore in reversed(log.values()):
        restore()
    log.clear()


def _watched(base: type, *methods: str) -> type:
    """Return a subclass of a container whose content is recorded before these methods change it."""

    def restore(container: Any, content: Any) -> None:
        base.clear(container)  # type: ignore[attr-defined]
        base.__init__(container, content)  # type: ignore[misc]

    def watched(name: str) -> Callable[..., Any]:
        change = getattr(base, name)

        def method(self: Any, *arguments: Any, **options: Any) -> Any:
            log = _log.get()
            if log is not None and id(self) not in log:
                log[id(self)] = partial(restore, self, self.copy())
            return change(self, *arguments, **options)

        return method

    return type(f"Watched{base.__name__.title()}", (base,), {name: watched(name) for name in methods})


_WATCHED: dict[type, type] = {
    dict: _watched(dict, "__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"),
    list: _watched(
        list, "__setitem__", "__delitem__", "__iadd__", "append", "clear", "extend", "insert", "pop", "remove"
    ),
}


def _convert(value: object) -> Any:
    kind = type(value)
    if kind is tuple:
        return tuple(map(_convert, cast("tuple[object, ...]", value)))
    return _WATCHED[kind](value) if kind in _WATCHED else value


def _with_watched_containers(_: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    containers = [field for field in fields if "dict[" in str(field.type) or "list[" in str(field.type)]
    return [field.evolve(converter=_convert) if field in containers else field for field in fields]


def _record(instance: object, field: attrs.Attribute[Any], value: Any) -> Any:
    log = _log.get()
    if log is not None and (id(instance), field.name) not in log:
        before = getattr(instance, field.name, None)
        log[id(instance), field.name] = partial(object.__setattr__, instance, field.name, before)
    return value


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(attrs.field,))
def stored(cls: type[T]) -> type[T]:
    """Define an attrs class for objects that requests change, whose changes can be undone.

    Its lists and dicts are watched too, but not those in them.
    """
    return attrs.define(
        cls,
        kw_only=True,
        eq=False,
        field_transformer=_with_watched_containers,
        on_setattr=[attrs.setters.convert, _record],
    )
