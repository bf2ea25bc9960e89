"""The second origin: where artifacts and packages are downloaded from, and packages uploaded to.

The address of a file is valid for a minute and is all it takes. An upload takes a signed form.

As object stores do, it refuses a request that brings a credential of its own besides the signature in the address. So a
client that leaks its access token to another origin is found out.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ..http.bodies import parse_form_body, read_body
from ..http.content import ACCEPT_RANGES, parse_range, unsatisfied_range
from ..http.errors import ApiError, BadRequestError
from ..http.signed_urls import _signature
from ..resources.artifacts import artifact_content, sha1sum
from ..resources.packages import UPLOAD_PATH, find_package, store_upload

if TYPE_CHECKING:
    from ..backend import Backend


def create_storage_app(backend: Backend) -> Starlette:
    """Return the ASGI application of the storage origin."""

    async def download(request: Request) -> Response:
        file_id = request.path_params["file_id"]
        expires = request.query_params.get("Expires", "")
        signature = request.query_params.get("Signature", "")
        if "authorization" in request.headers:
            return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if not hmac.compare_digest(signature.encode(), _signature(backend, file_id, expires).encode()):
            return _error(403, "SignatureDoesNotMatch", "The signature does not match")
        if backend.clock() >= int(expires):
            return _error(403, "AccessDenied", "Request has expired")
        if (artifact := backend.find_artifact(file_id)) is not None:
            return _file(request, artifact_content(artifact), artifact.mime_type, sha1sum(artifact))
        if (package := find_package(backend, file_id)) is not None:
            return _file(request, package.content, "application/octet-stream", package.sha256)
        return _error(404, "NoSuchKey", "The key does not exist")

    async def upload(request: Request) -> Response:
        if "content-length" not in request.headers:
            return _error(411, "MissingContentLength", "You must provide the Content-Length HTTP header")
        try:
            raw = await read_body(request)
            if "authorization" in request.headers:
                raise BadRequestError("Only one auth mechanism allowed")
            store_upload(backend, parse_form_body(request.headers, raw))
        except ClientDisconnect:
            return Response(status_code=400)
        except ApiError as error:
            return _error(error.status, "AccessDenied" if error.status == 403 else "InvalidArgument", error.message)
        return Response(status_code=204, headers=_CORS)

    return Starlette(routes=[Route("/{file_id}/{path:path}", download), Route(UPLOAD_PATH, upload, methods=["POST"])])


_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Range, ETag",
}


def _file(request: Request, content: bytes, media_type: str, digest: str) -> Response:
    """Answer with a file, or with the part of it that is asked for. A `Range` that makes no sense is ignored."""
    headers = {**_CORS, **ACCEPT_RANGES, "ETag": f'"{digest}"'}
    asked = request.headers
    if headers["ETag"] in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    span = parse_range(asked.get("range", ""))
    if span is None or asked.get("if-range", headers["ETag"]) != headers["ETag"]:
        return Response(content, headers=headers, media_type=media_type)
    part = span.part(content)
    if part is None:
        headers = {**headers, **unsatisfied_range(len(content))}
        return _error(416, "InvalidRange", "The requested range is not satisfiable", headers)
    return Response(part[0], 206, {**headers, **part[1]}, media_type)


def _error(status: int, code: str, message: str, headers: Mapping[str, str] = _CORS) -> Response:
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{error}', status, headers, media_type="application/xml")
