"""Rules about parameters, statuses and media types that the client cannot send or read."""

import re
from collections.abc import Iterator
from typing import Any

from ..document import JSON, is_text, operations, resolve, walk
from ..fragment import Finding
from ..schema_messages import did_you_mean

_BINARY = re.compile(
    r"(?:audio|font|image|video)/(?!.*\+xml).+|application/(?:gzip|octet-stream|pdf|wasm|x-tar|zip|zstd|.+\+zip)"
)
_MEDIA_TYPE = re.compile(r"[a-z]+/[\w.+*-]+(?:\s*;.+)?", re.ASCII)
_TOP_LEVEL = ("application", "audio", "font", "image", "message", "model", "multipart", "text", "video")
_COMMON = (JSON, "application/octet-stream", "application/pdf", "multipart/form-data", "text/html", "text/plain")
_LOCATIONS = {"path", "query", "header"}


def parameter_location(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for index, parameter in enumerate(operation.parameters):
            if parameter["in"] not in _LOCATIONS:
                pointer = (*operation.pointer, "parameters", str(index))
                yield pointer, f"a parameter is in a path, a query or a header, not in a {parameter['in']}"


def array_parameter(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for index, parameter in enumerate(operation.parameters):
            if parameter["in"] != "query":
                continue
            pointer = (*operation.pointer, "parameters", str(index))
            schema, name = resolve(document, parameter["schema"]), parameter["name"]
            is_array = "array" in schema.get("type", ())
            if is_array != name.endswith("[]"):
                yield pointer, f"the name of an array ends in [], and no other name does; this is {name!r}"
            elif "object" in schema.get("type", ()) and parameter.get("style") != "deepObject":
                yield pointer, f"{name!r} is an object, which needs `style: deepObject`"


def response_status(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for status in operation.node.get("responses", {}):
            if not (len(status) == 3 and status.isascii() and status.isdigit()):
                pointer = (*operation.pointer, "responses", status)
                yield pointer, f"a response has one status, such as 200, not {status!r}"


def success_schema(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        found: list[Any] = []
        for status, response in operation.success_responses.items():
            content = response.get("content", {})
            if JSON in content and (schema := content[JSON].get("schema")) not in found:
                found.append(schema)
                if len(found) > 1:
                    pointer = (*operation.pointer, "responses", status)
                    yield pointer, "a method returns one type; all JSON success responses have the same schema"


def json_media_type(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for status, response in operation.success_responses.items():
            content = response.get("content", {})
            vendor = [media for media in content if media.endswith("+json") or media.startswith(f"{JSON};")]
            if vendor and JSON not in content:
                pointer = (*operation.pointer, "responses", status, "content", vendor[0])
                yield pointer, f"{vendor[0]} would be read as text; describe the response as {JSON}"


def media_type(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, node in walk(document):
        if pointer[-1:] == ("content",) and isinstance(node, dict) and "properties" not in pointer[-2:-1]:
            for name in node:
                kind = name.partition("/")[0]
                if not _MEDIA_TYPE.fullmatch(name) or kind not in _TOP_LEVEL:
                    message = f"{name!r} is not a media type{did_you_mean(name, _COMMON)}"
                    yield (*pointer, name), message


def binary_format(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        for status, response in operation.success_responses.items():
            for media_type, content in response.get("content", {}).items():
                if _BINARY.fullmatch(media_type.partition(";")[0].strip()) and is_text(document, media_type, content):
                    pointer = (*operation.pointer, "responses", status, "content", media_type)
                    yield pointer, f"{media_type} is not text; add `format: binary` to the schema"


def text_variant(document: dict[str, Any]) -> Iterator[Finding]:
    for operation in operations(document):
        binary = {
            media_type
            for response in operation.success_responses.values()
            for media_type, content in response.get("content", {}).items()
            if resolve(document, content["schema"]).get("format") == "binary"
        }
        for index, variant in enumerate(operation.node.get("x-sdk-variants", [])):
            if variant.get("returns") == "text" and variant.get("media-type") in binary:
                pointer = (*operation.pointer, "x-sdk-variants", str(index))
                yield pointer, f"{variant['media-type']} is binary; returns must be bytes or stream"


RULES = (
    parameter_location,
    array_parameter,
    response_status,
    success_schema,
    json_media_type,
    media_type,
    binary_format,
    text_variant,
)
