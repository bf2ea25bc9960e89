"""Recordings in files: HAR 1.2, as browsers and proxies write it, and cassettes of vcrpy, in YAML and in JSON."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator, Mapping
from gzip import GzipFile
from io import BytesIO
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from ..._base.json_values import DepthError, as_array, as_object, is_array, loads
from ..input_files import InputFileError, read_file
from ..parse_errors import json_problem, yaml_problem
from .cli import MAX_FILE
from .judge import Recorded, headers_of

MAX_BODY: Final = 1 << 26
"""Bytes of a decoded body."""
_MAX_DEPTH: Final = 30
MAX_NODES: Final = 1_000_000
"""Nodes of a YAML document. A node takes much more memory than a value of JSON."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_NO_TEXT: Final = "is not a text file in UTF-8"
_CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP: Final = b"\x1f\x8b"
Entry: TypeAlias = Recorded | str
"""An exchange, or the reason why there is none."""


class RecordingError(Exception):
    """A file cannot be used. The message is a predicate on one line: `is not JSON`."""


class UnreadableBodyError(Exception):
    """A body cannot be decoded. The message is a predicate: `is too large`."""


def read_entries(path: Path) -> Iterator[Entry]:
    """Return the entries of a HAR or a cassette.

    Raises:
        RecordingError: The file cannot be used.
    """
    try:
        content = read_file(path, limit=MAX_FILE).removeprefix(_BYTE_ORDER_MARK)
        document = _load_json(content) if content.lstrip().startswith(b"{") else _load_yaml(content.decode())
    except InputFileError as error:
        raise RecordingError(str(error)) from None
    except UnicodeDecodeError:
        raise RecordingError(_NO_TEXT) from None
    log, interactions = as_object(document).get("log"), as_object(document).get("interactions")
    entries = as_object(log).get("entries")
    if log is not None and not is_array(entries):
        raise RecordingError("is not a HAR: it has no log.entries")
    if log is None and not is_array(interactions):
        raise RecordingError("is neither a HAR nor a cassette of vcrpy")
    return map(_har_entry, as_array(entries)) if log is not None else map(_interaction, as_array(interactions))


def _load_json(content: bytes) -> object:
    try:
        return loads(content)
    except DepthError:
        raise RecordingError("is nested too deeply") from None
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        raise RecordingError(f"is not JSON: {json_problem(error)}. Record it again") from None


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Loader of strings, lists, mappings and `!!binary`."""


def _binary(loader: Any, node: Any) -> Mapping[str, str]:
    return {"base64_string": loader.construct_scalar(node)}


_Loader.add_constructor("tag:yaml.org,2002:binary", _binary)  # pyright: ignore[reportUnknownMemberType]


def _load_yaml(text: str) -> object:
    """Load YAML without much nesting, as it is loaded recursively, and with a limited number of nodes."""
    depth = nodes = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            nodes += isinstance(event, yaml.NodeEvent)
            if depth > _MAX_DEPTH:
                raise RecordingError("is nested too deeply")
            if nodes > MAX_NODES:
                raise RecordingError(f"has more than {MAX_NODES:,} values")
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it makes only strings, lists and mappings
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise RecordingError(f"is neither JSON nor YAML: {yaml_problem(error)}. Record it again") from None


def _har_entry(node: object) -> Entry:
    request, response = (as_object(as_object(node).get(name)) for name in ("request", "response"))
    content, data = as_object(response.get("content")), as_object(request.get("postData"))
    headers = headers_of(_har_headers(response, content))
    return _entry(
        request.get("method"),
        request.get("url"),
        headers_of(_har_headers(request, data)),
        data.get("text"),
        response.get("status"),
        headers,
        # Without a text, only its size tells whether the body was empty or not recorded.
        content.get("text", "" if content.get("size") == 0 else None),
        str(content.get("encoding") or ""),
    )


def _har_headers(message: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    pairs = [(as_object(each).get("name"), as_object(each).get("value")) for each in as_array(message.get("headers"))]
    known = [(name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str)]
    yield from known
    kind = content.get("mimeType")
    if known and isinstance(kind, str) and all(name.lower() != "content-type" for name, _ in known):
        yield "Content-Type", kind


def _interaction(node: object) -> Entry:
    request, response = (as_object(as_object(node).get(name)) for name in ("request", "response"))
    # Of httpx, old versions of vcrpy record `status_code` and `content`.
    status = as_object(response.get("status")).get("code", response.get("status_code"))
    return _entry(
        request.get("method"),
        request.get("uri"),
        headers_of(_pairs(request.get("headers"))),
        request.get("body"),
        int(status) if isinstance(status, str) and status.isdecimal() and len(status) == 3 else status,
        headers_of(_pairs(response.get("headers"))),
        response.get("body", response.get("content")),
    )


def _pairs(headers: object) -> Iterator[tuple[str, str]]:
    for name, values in as_object(headers).items():
        for value in [values] if isinstance(values, str) else as_array(values):
            if isinstance(value, str):
                yield name, value


def _entry(  # noqa: PLR0917
    method: object,
    url: object,
    headers: Mapping[str, str],
    body: object,
    status: object,
    response_headers: Mapping[str, str],
    content: object,
    encoding: str = "",
) -> Entry:
    if not isinstance(method, str) or not isinstance(url, str):
        return "the entry has no request"
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
        return "the entry has no response"  # for which browsers record 0
    decoded, problem = None, "the body was not recorded"
    try:
        decoded = _without_coding(_bytes(content, encoding), response_headers.get("Content-Encoding", ""))
    except UnreadableBodyError as error:
        problem = f"the body {error}"
    try:
        sent = _without_coding(_bytes(body), headers.get("Content-Encoding", ""))
    except UnreadableBodyError:  # The rules judge the response.
        sent = None
    return Recorded(method, url, headers, sent, status, response_headers, decoded, problem)


def _bytes(body: object, encoding: str = "") -> bytes | None:
    """Return a body: text, or a mapping with one, which may be in base64."""
    fields = as_object(body)
    if "base64_string" in fields:
        return _bytes(fields["base64_string"], "base64")
    if fields or body == {}:
        return _bytes(fields.get("string"))
    if body is None:
        return None
    if not isinstance(body, str):
        raise UnreadableBodyError("is not text in the recording")
    if encoding.lower() not in {"", "base64"}:
        raise UnreadableBodyError("has an encoding that is not supported")
    if not encoding:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableBodyError("is not valid base64") from None


def _without_coding(body: bytes | None, content_encoding: str) -> bytes | None:
    """Remove the content coding of a body. Many recorders have done so, and left the header."""
    coding = content_encoding.strip().lower()
    if not body or coding in {"", "identity"} or _is_text(body):
        return body
    if coding not in _CODINGS:
        raise UnreadableBodyError("has a content coding that is not supported")
    try:
        decoded = _inflate(body) if coding == "deflate" and not body.startswith(_GZIP) else _gunzip(body)
    except (EOFError, OSError, zlib.error):
        raise UnreadableBodyError("cannot be decompressed") from None
    if len(decoded) > MAX_BODY:
        raise UnreadableBodyError("is too large")
    return decoded


def _gunzip(body: bytes) -> bytes:
    """Decompress all members, up to one byte more than the limit."""
    with GzipFile(fileobj=BytesIO(body)) as file:
        return file.read(MAX_BODY + 1)


def _inflate(body: bytes) -> bytes:
    decoder = zlib.decompressobj()
    decoded = decoder.decompress(body, MAX_BODY + 1)
    if not decoder.eof and len(decoded) <= MAX_BODY:
        raise EOFError
    return decoded


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
