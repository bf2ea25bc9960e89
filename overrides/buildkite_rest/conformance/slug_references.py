"""References to other objects by slug, in request bodies and in the YAML that is a text in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml

from .._base.json_values import is_array, is_object

#: Properties with slugs of pipelines, also in lists and objects: of a trigger step, in JSON or YAML, and of a policy.
_PIPELINES: Final = frozenset({"trigger_project_slug", "trigger", "pipeline_slug"})
#: Properties with other slugs: those of a rule, and the query parameter that names a registry.
_OTHERS: Final = frozenset({"source_pipeline", "target_pipeline", "to"})


def slugs_in(value: Any) -> list[str]:
    """Return the slugs by which a request body refers to other objects."""
    return list(_slugs(value, set(), is_slug=False))


def _slugs(value: Any, seen: set[tuple[int, bool]], *, is_slug: bool) -> Iterator[str]:
    if isinstance(value, str):
        if is_slug:
            yield value
        else:
            yield from _slugs(_yaml(value), seen, is_slug=False)
    elif (id(value), is_slug) not in seen and (is_array(value) or is_object(value)):
        seen.add((id(value), is_slug))  # YAML may contain a value several times, or within itself
        for item in value if is_array(value) else ():
            yield from _slugs(item, seen, is_slug=is_slug)
        names = _OTHERS | _pipelines_of(value)
        for name, item in value.items() if is_object(value) else ():
            yield from _slugs(item, seen, is_slug=is_slug or name in names)


def _pipelines_of(value: Any) -> frozenset[str]:
    """Return the properties of an object that have slugs of pipelines. Responses have steps in another form."""
    is_trigger = is_object(value) and value.get("type") == "trigger"
    return _PIPELINES | {"pipeline"} if is_trigger else _PIPELINES


def _yaml(text: str) -> Any:
    """Return the value of YAML that may refer to an object, or None."""
    if not any(name in text for name in _PIPELINES | _OTHERS - {"to"}):
        return None
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None
    return value if is_array(value) or is_object(value) else None
