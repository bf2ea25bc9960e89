"""Annotations as JSON, and the little Markdown that the mock renders."""

from __future__ import annotations

import re

from ..clock import iso
from ..world.builds import Annotation
from .view import Json

_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_INLINE = ((re.compile(r"\*\*([^*\n]+)\*\*"), r"<strong>\1</strong>"), (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"))


def annotation(note: Annotation, *, with_body: bool = True) -> Json:
    """Write an annotation."""
    body: Json = {
        "id": note.id,
        "context": note.context,
        "style": note.style,
        "scope": "build" if note.job is None else "job",
        "job_id": None if note.job is None else note.job.id,
        "priority": note.priority,
        "created_at": iso(note.created_at),
        "updated_at": iso(note.updated_at),
    }
    return {**body, "body_html": to_html(note.body)} if with_body else body


def to_html(markdown: str) -> str:
    """Render headings, paragraphs, bold text and code. What begins with a tag is HTML already."""
    return "".join(_block(block.strip()) for block in re.split(r"\n{2,}", markdown) if block.strip())


def _block(block: str) -> str:
    if block.startswith("<"):
        return f"{block}\n"
    heading = _HEADING.fullmatch(block)
    if heading is not None:
        level = len(heading[1])
        return f"<h{level}>{_inline(heading[2])}</h{level}>\n"
    return f"<p>{_inline(block)}</p>\n"


def _inline(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text
