"""Types on the pages: the page of each type, and annotations as text with links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from .code import ROOT, Field, Kind, fields_of, types

#: Pages of types that do not belong to a resource.
SHARED: Final = "shared"
EVENTS: Final = "webhook_events"

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME: Final = re.compile(r"(?:\b(models|params)\.)?\b([A-Z]\w+)\b")


def types_on(page: str, level: int) -> Iterator[str]:
    """Yield the types that a page documents."""
    at_home = [a_type for key, a_type in types().items() if homes().get(key) == page]
    if level > 1 and at_home:
        yield "## Types { #types }"
        yield ""
    for a_type in sorted(at_home, key=lambda each: (each.kind, each.name)):
        yield f"{'#' * (level + 1)} {a_type.kind}.{a_type.name} {{ #{anchor(a_type.kind, a_type.name)} }}"
        yield ""
        yield a_type.text
        yield ""
        if a_type.alias is not None:
            yield f'<p class="wire">{code(a_type.alias, page, a_type.kind)}</p>'
            yield ""
        elif fields_of(a_type):
            yield "| Field | Description |"
            yield "|---|---|"
            for field in fields_of(a_type):
                required = a_type.kind == "params" and not field.optional
                text = cell(field.text or _of(field, a_type.kind))
                yield f"| {named(field, page, a_type.kind, required=required)} | {text} |"
            yield ""


def _of(field: Field, kind: Kind) -> str:
    """Return the text of the type of a field, for a field without a text of its own."""
    found = _NAME.search(field.annotation)
    a_type = types().get((kind, found[2])) if found is not None else None
    return a_type.text if a_type is not None else ""


def anchor(kind: Kind, name: str) -> str:
    """Return the anchor of a type on its page."""
    return f"{kind}-{name}"


@cache
def homes() -> Mapping[tuple[Kind, str], str]:
    """Return the page of each type: that of the fragment of the spec that defines it."""
    spec = ROOT / "spec"
    fragments = {path.stem: path for path in sorted((spec / "resources").glob("*.yaml"))}
    fragments |= {SHARED: spec / "openapi.yaml", EVENTS: spec / "webhooks.yaml"}
    of_schema = {name: page for page, path in fragments.items() for name in _schemas(path)}
    return {key: of_schema.get(key[1], SHARED) for key in types()}


def _schemas(path: Path) -> Iterable[str]:
    loaded: dict[str, dict[str, dict[str, object]]] = yaml.load(
        path.read_text(encoding="utf-8"),
        Loader=_LOADER,  # noqa: S506 - a safe loader
    )
    return loaded.get("components", {}).get("schemas", {})


def named(field: Field, page: str, kind: Kind, *, required: bool) -> str:
    """Return the name of a field, with a star if it is required, and its type."""
    star = ' <abbr title="required">*</abbr>' if required else ""
    annotation = field.annotation.removesuffix(" | Unset").removesuffix(" | None" if kind == "models" else "\0")
    return f"`{field.name}`{star}<br>{code(annotation, page, kind)}"


def code(annotation: str, page: str, kind: Kind) -> str:
    """Return a type as HTML, with links from its names to their definitions."""

    def link(found: re.Match[str]) -> str:
        key: tuple[Kind, str] = ("params" if found[1] == "params" else "models" if found[1] else kind, found[2])
        if key not in homes():
            return found[0]
        home = homes()[key]
        path = "" if home == page else f"{home}.md"
        return f'<a href="{path}#{anchor(*key)}">{found[2]}</a>'

    text = annotation.replace("builtins.", "").replace("|", "&#124;")
    return f"<code>{_NAME.sub(link, text)}</code>"


def wire(text: str) -> str:
    """Return a request line as HTML, with the rest of its sentence."""
    return re.sub(r"`([^`]*)`", lambda found: f"<code>{found[1].replace('{', '&#123;')}</code>", text)


def cell(text: str) -> str:
    """Return a text as the cell of a table."""
    return " ".join(text.split()).replace("|", "&#124;" if "`" not in text else "\\|")
