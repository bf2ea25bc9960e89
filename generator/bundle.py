"""The bundled spec: the root and the fragments of `spec/`, merged into one OpenAPI document."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from msgspec import to_builtins

from .behaviour import Behaviour, annotated, read_behaviour
from .buildkite import ERROR_RESPONSES, WITHOUT_RATE_LIMITS
from .document import METHODS, OperationNode, exists, operations, parameter_names, references, requirements_with, walk
from .errors import GenerationError, Location, Problem
from .fragment import Finding, Fragment, Pointer, read_fragment
from .openapi_schema import schema_errors

_SHARED_HEADERS = "x-response-headers"
_OWN_KEYS = ("x-python-", "x-sdk-")
"""Prefixes of keys that only the generator of the Python client reads."""
_SUFFIXES = {".json", ".yaml", ".yml"}
_FRAGMENT_TEXT = re.compile(rb'^\s*"?(?:paths|webhooks|components)"?\s*:', re.MULTILINE)
_FRAGMENT_KEYS = {"paths", "webhooks", "components"}


@frozen
class Bundle:
    """The spec as one document, and the files that it was merged from."""

    document: dict[str, Any]
    fragments: Sequence[Fragment]
    behaviour: Behaviour

    def locate(self, pointer: Pointer) -> Location:
        """Return the file and line that `pointer` of the merged document comes from."""
        return _locate(pointer, self.fragments)

    def annotated(self) -> dict[str, Any]:
        """Copy the document, with the words of the behaviour at the nodes that they are about."""
        return annotated(self.document, self.behaviour)


def _locate(pointer: Pointer, fragments: Sequence[Fragment]) -> Location:
    for fragment in fragments:
        value: Any = fragment.data
        depth = 3 if pointer[:1] == ("components",) else 2
        for key in pointer[:depth]:
            if not isinstance(value, dict) or key not in value:
                break
            value = value[key]
        else:
            return fragment.locate(pointer)
    return fragments[0].locate(pointer)


def read_bundle(spec: Path) -> Bundle:
    """Read `openapi.yaml`, `webhooks.yaml` and `resources/*.yaml` of the folder `spec` and merge them.

    Raises:
        GenerationError: A file cannot be read, a path, webhook or component is in two files, or the result is not an
            OpenAPI document or has a broken reference.
    """
    if os.path.lexists(resources := spec / "resources") and not resources.is_dir():
        raise GenerationError([Problem(resources, "file", "is not a folder")])
    webhooks = spec / "webhooks.yaml"
    paths = sorted(resources.glob("*.yaml"))
    if os.path.lexists(webhooks):  # a link to a file that does not exist is not left out
        paths.append(webhooks)
    root, *others = fragments = [read_fragment(path) for path in (spec / "openapi.yaml", *paths)]
    problems = [problem for fragment in fragments for problem in _not_mappings(fragment)]
    if problems := [*problems, *_unread({spec / "openapi.yaml", *paths}, spec)]:
        raise GenerationError(problems)
    # Makes a copy for each use of a YAML alias, so that they can be changed separately.
    document = to_builtins({key: value for key, value in root.data.items() if key != _SHARED_HEADERS})
    merged = {"paths": document.pop("paths", None) or {}, "webhooks": document.pop("webhooks", None) or {}}
    components = {kind: items or {} for kind, items in (document.pop("components", None) or {}).items()}
    for fragment in others:
        problems += [
            Problem(fragment.locate((key,)), "fragment", f"a fragment has paths, webhooks and components, not {key!r}")
            for key in sorted(fragment.data.keys() - _FRAGMENT_KEYS)
        ]
        for section, items in merged.items():
            problems += _merge(items, fragment, (section,), fragments)
        for kind in fragment.data.get("components") or {}:
            problems += _merge(components.setdefault(kind, {}), fragment, ("components", kind), fragments)
    if problems:
        raise GenerationError(problems)
    _add_tags(others, merged["paths"])
    document |= {section: items for section, items in merged.items() if items}
    document["components"] = {kind: dict(sorted(items.items())) for kind, items in components.items()}
    bundle = Bundle(document, fragments, read_behaviour(spec / "behaviour"))
    if problems := [
        Problem(bundle.locate(pointer), "openapi", ": ".join(filter(None, (" ".join(pointer), message))))
        for pointer, message in (*_shared_header_errors(document, root), *schema_errors(document))
    ]:
        raise GenerationError(problems)
    if problems := [
        Problem(bundle.locate(pointer), "reference", f"{' '.join(pointer[1:])}: {reference!r} does not exist")
        for pointer, reference in references(document)
        if not exists(document, reference)
    ]:
        raise GenerationError(problems)
    _complete_operations(document)
    _spread_scopes(document)
    _spread_headers(document, root.data.get(_SHARED_HEADERS) or {})
    _strip_texts(document)
    return bundle


def _shared_header_errors(document: dict[str, Any], root: Fragment) -> Iterator[Finding]:
    """Validate the shared headers where they are, before they are in every response."""
    frame: dict[str, Any] = {"openapi": document.get("openapi"), "info": document.get("info"), "paths": {}, "tags": []}
    components = {"schemas": {}, "headers": root.data.get(_SHARED_HEADERS) or {}}
    for pointer, message in schema_errors({**frame, "components": components}):
        if pointer[:2] == ("components", "headers"):
            yield (_SHARED_HEADERS, *pointer[2:]), message


def _unread(paths: set[Path], spec: Path) -> Iterator[Problem]:
    """Yield a problem for each file that looks like a fragment, but is not one."""
    nearby = {*spec.glob("*"), *(spec / "resources").rglob("*")}
    for path in sorted({*nearby, *spec.glob("*/**/*")} - paths):
        is_read_by_others = path not in nearby and not _FRAGMENT_TEXT.search(
            path.read_bytes() if path.is_file() else b""
        )
        if path.suffix.lower() in _SUFFIXES and path.is_file() and not is_read_by_others:
            yield Problem(path, "fragment", "is not read; a fragment is webhooks.yaml or resources/<tag>.yaml")


def _not_mappings(fragment: Fragment) -> Iterator[Problem]:
    """Yield a problem for each section that is not a mapping. It may be empty."""
    for section in sorted({*_FRAGMENT_KEYS, _SHARED_HEADERS} & fragment.data.keys()):
        items = fragment.data[section] or {}
        values: dict[Pointer, Any] = {(section,): items}
        if section == "components" and isinstance(items, dict):
            values |= {(section, kind): value or {} for kind, value in items.items()}
        for pointer, value in values.items():
            if not isinstance(value, dict):
                yield Problem(fragment.locate(pointer), "fragment", f"{' '.join(pointer)} must be a mapping")


def _merge(
    target: dict[str, Any], fragment: Fragment, pointer: Pointer, fragments: Sequence[Fragment]
) -> Iterator[Problem]:
    items: Any = fragment.data
    for key in pointer:
        items = items.get(key) or {}
    for name, value in items.items():
        if name in target:
            first = _locate((*pointer, name), fragments)
            yield Problem(fragment.locate((*pointer, name)), "duplicate", f"{name!r} is already in {first}")
        else:
            target[name] = to_builtins(value)


def _add_tags(fragments: Sequence[Fragment], paths: dict[str, Any]) -> None:
    """Add the tag of each operation: the name of its file."""
    for fragment in fragments:
        for path in fragment.data.get("paths") or {}:
            for method, node in paths[path].items() if isinstance(paths[path], dict) else ():
                if method in METHODS and isinstance(node, dict) and "tags" not in node:
                    paths[path][method] = _inserted(node, "tags", [fragment.path.stem], before="x-sdk-method")


def _complete_operations(document: dict[str, Any]) -> None:
    """Add what follows from the rest of an operation: path parameters, the pagination `none`, and shared errors."""
    for operation in operations(document):
        node = operation.node
        if references := _path_parameters(operation):
            following = "requestBody" if "requestBody" in node else "responses"
            node = _inserted(node, "parameters", [*references, *node.get("parameters", ())], before=following)
        if "x-pagination" not in node:
            node = _inserted(node, "x-pagination", "none", before="summary")
        if "responses" in node:
            shared = {
                status: {"$ref": f"#/components/responses/{ERROR_RESPONSES[status]}"}
                for status in expected_errors(operation)
            }
            node["responses"] = dict(sorted({**shared, **node["responses"]}.items()))
        document["paths"][operation.path][operation.method] = node


def _path_parameters(operation: OperationNode) -> list[dict[str, str]]:
    """Return references to the shared parameters in the path that the operation does not list."""
    shared = operation.document["components"].get("parameters", {})
    listed = {each["name"] for each in operation.parameters if each.get("in") == "path"}
    names = [name for name in parameter_names(operation.path) if name in shared and name not in listed]
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def expected_errors(operation: OperationNode) -> list[str]:
    """Return the statuses of the shared errors that any operation of its kind may return."""
    if not operation.needs_token:
        return []
    has_input = "requestBody" in operation.node or any(each.get("in") == "query" for each in operation.parameters)
    return [*(["400"] if has_input else []), "401", "403", *(["404"] if "{" in operation.path else []), "429"]


def _inserted(node: dict[str, Any], key: str, value: Any, before: str) -> dict[str, Any]:
    """Copy a mapping with a value before the key `before`, or at the end. A key that it has keeps its position."""
    if key in node or before not in node:
        return {**node, key: value}
    return {each: node.get(each, value) for name in node for each in ((key, name) if name == before else (name,))}


def _spread_scopes(document: dict[str, Any]) -> None:
    """Add `x-scopes` to the security requirements of operations, as the roles that other tools read."""
    for operation in operations(document):
        scopes = operation.node.get("x-scopes")
        if isinstance(scopes, list) and scopes and (requirements := requirements_with(scopes, document)):
            operation.node.setdefault("security", requirements)


def _spread_headers(document: dict[str, Any], headers: dict[str, Any]) -> None:
    """Add the headers that every response has, so that operations need not repeat them."""
    shared = document["components"].get("responses", {})
    responses = [response for name, response in shared.items() if name != ERROR_RESPONSES[WITHOUT_RATE_LIMITS]]
    for operation in operations(document):
        if operation.needs_token:
            responses += operation.node.get("responses", {}).values()
    for response in responses:
        if isinstance(response, dict) and "$ref" not in response:
            response["headers"] = {**response.get("headers", {}), **headers}


def _strip_texts(document: dict[str, Any]) -> None:
    """Remove the line break at the end of texts, which YAML blocks leave."""
    for _, node in walk(document):
        if isinstance(node, dict):
            texts = {key: node[key].strip() for key in ("summary", "description") if isinstance(node.get(key), str)}
            node.update(texts)


def without_own_keys(node: Any) -> Any:
    """Copy a document without the keys that only this project reads."""
    if isinstance(node, dict):
        return {key: without_own_keys(value) for key, value in node.items() if not key.startswith(_OWN_KEYS)}
    if isinstance(node, list):
        return [without_own_keys(value) for value in node]
    return node
