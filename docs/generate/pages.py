"""A page for each resource: its methods, and the types of their arguments and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .examples import examples
from .methods import Method, methods, resource_text
from .resources import is_undocumented, node_of, record_of, tags, title
from .shapes import EVENTS, SHARED, cell, code, named, types_on, wire

_PAGINATION: Final = {
    "link": "by the `Link` header",
    "cursor": "by a cursor in the response body",
}


def pages() -> Mapping[str, str]:
    """Return the Markdown of all pages by the names of their files."""
    found = {f"{tag}.md": _resource_page(tag) for tag in tags()}
    found[f"{SHARED}.md"] = _types_page(
        SHARED, "Shared types", "Types that several resources use. Import them from `buildkite_rest.models`."
    )
    found[f"{EVENTS}.md"] = _types_page(
        EVENTS,
        "Webhook events",
        "Payloads that Buildkite sends to a webhook. [Webhooks](../webhooks.md) shows how to receive them.",
    )
    return found


def _resource_page(tag: str) -> str:
    parts = [f"# {title(tag)}", "", resource_text(tag), "", *_overview(tag), ""]
    for method in methods(tag):
        parts += [*_method(tag, method), ""]
    parts += types_on(tag, 2)
    return "\n".join(parts) + "\n"


def _types_page(page: str, heading: str, text: str) -> str:
    return "\n".join([f"# {heading}", "", text, "", *types_on(page, 1)]) + "\n"


def _overview(tag: str) -> Iterator[str]:
    yield "| Method | Summary |"
    yield "|---|---|"
    for method in methods(tag):
        yield f"| [`bk.{tag}.{method.name}`](#{method.name}) | {cell(method.summary)} |"


def _method(tag: str, method: Method) -> Iterator[str]:
    record = record_of(tag, method)
    node = node_of(record)
    yield f"## {method.name} {{ #{method.name} }}"
    yield ""
    yield f"**{method.summary}**"
    yield ""
    yield f'<p class="wire">{wire(method.wire)}</p>'
    yield ""
    if node.get("deprecated"):
        yield '!!! warning "Deprecated by Buildkite"'
        yield ""
        yield "    Use it only in programs that depend on it already."
        yield ""
    if is_undocumented(tag, method):
        yield '!!! note "Not documented by Buildkite"'
        yield ""
        yield "    Official tools use this operation. Buildkite may change it without notice."
        yield ""
    yield "``` { .python .signature }"
    yield method.signature.removesuffix(":")
    yield "```"
    yield ""
    yield method.text
    yield ""
    yield "```python"
    yield examples(tags())[tag, method.name]
    yield "```"
    yield ""
    yield from _arguments(method, tag)
    yield from _facts(tag, method, record)


def _arguments(method: Method, page: str) -> Iterator[str]:
    if not method.fields:
        return
    yield "| Argument | Description |"
    yield "|---|---|"
    for field in method.fields:
        yield f"| {named(field, page, 'params', required=not field.optional)} | {cell(field.text)} |"
    yield ""


def _facts(tag: str, method: Method, record: Any) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    yield f"| Returns | {code(method.returns, tag, 'models')} |"
    if record is not None:
        if record.pagination != "none":
            yield f"| Pagination | {_PAGINATION[record.pagination]}, see [Lists](../pagination.md) |"
        if not record.needs_token:
            yield "| Scopes | no token required |"
        else:
            yield f"| Scopes | {', '.join(f'`{scope}`' for scope in record.scopes) or 'any token'} |"
        retried = "yes" if record.idempotent else "only after a 429, or if the request was not sent"
        yield f"| Retried after a failure | {retried} |"
    if method.raises:
        yield f"| Raises | {cell(method.raises)} |"
    if method.source is not None:
        page = cell(method.source.rpartition("/")[2])  # or a sentence, where Buildkite documents nothing
        yield f"| Source | {f'[{page}]({method.source})' if method.source.startswith('https:') else page} |"
    if record is not None:
        yield f"| Operation | `{record.id}` |"
