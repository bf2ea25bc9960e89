"""The storage origin: downloads of artifacts and packages by signed URLs, and uploads of packages by signed forms.

Like an object store it rejects requests with `Authorization` besides a signature, so that a client is caught that leaks
its access token to another origin.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from html import escape

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ..backend import Backend
from ..http.bodies import parse_form, read_body
from ..http.content import ACCEPT_RANGES, STORAGE_HEADERS, parse_range, unsatisfied_range
from ..http.errors import ApiError, BadRequestError
from ..resources.artifacts import artifact_content, sha1sum, url_signature
from ..resources.packages import UPLOAD_PATH, find_package, store_upload


def create_storage_app(backend: Backend) -> Starlette:
    """Return the ASGI application of the storage origin."""

    async def download(request: Request) -> Response:
        file_id = request.path_params["file_id"]
        expires = request.query_params.get("Expires", "")
        signature = request.query_params.get("Signature", "")
        if "authorization" in request.headers:
            return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if not hmac.compare_digest(signature.encode(), url_signature(backend, file_id, expires).encode()):
            return _error(403, "SignatureDoesNotMatch", "The signature does not match")
        if backend.clock() >= int(expires):
            return _error(403, "AccessDenied", "Request has expired")
        if (artifact := backend.find_artifact(file_id)) is not None:
            return _file(request, artifact_content(artifact), artifact.mime_type, sha1sum(artifact))
        if (package := find_package(backend, file_id)) is not None:
            return _file(request, package.content, "application/octet-stream", package.digests["sha256"])
        return _error(404, "NoSuchKey", "The key does not exist")

    async def upload(request: Request) -> Response:
        if "content-length" not in request.headers:
            return _error(411, "MissingContentLength", "You must provide the Content-Length HTTP header")
        try:
            raw = await read_body(request)
            if "authorization" in request.headers:
                raise BadRequestError("Only one auth mechanism allowed")
            store_upload(backend, parse_form(request.headers, raw))
        except ClientDisconnect:
            return Response(status_code=400)
        except ApiError as error:
            return _error(error.status, "AccessDenied" if error.status == 403 else "InvalidArgument", error.message)
        return Response(status_code=204, headers=STORAGE_HEADERS)

    return Starlette(routes=[Route("/{file_id}/{path:path}", download), Route(UPLOAD_PATH, upload, methods=["POST"])])


def _file(request: Request, content: bytes, media_type: str, digest: str) -> Response:
    """Return a file or the requested range of it. An invalid `Range` is ignored."""
    headers = {**STORAGE_HEADERS, **ACCEPT_RANGES, "ETag": f'"{digest}"'}
    request_headers = request.headers
    if headers["ETag"] in request_headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    span = parse_range(request_headers.get("range", ""))
    if span is None or request_headers.get("if-range", headers["ETag"]) != headers["ETag"]:
        return Response(content, headers=headers, media_type=media_type)
    part = span.part(content)
    if part is None:
        headers = {**headers, **unsatisfied_range(len(content))}
        return _error(416, "InvalidRange", "The requested range is not satisfiable", headers)
    return Response(part[0], 206, {**headers, **part[1]}, media_type)


def _error(status: int, code: str, message: str, headers: Mapping[str, str] = STORAGE_HEADERS) -> Response:
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{error}', status, headers, media_type="application/xml")
