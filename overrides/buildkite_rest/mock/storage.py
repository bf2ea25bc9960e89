"""The second origin: where artifacts and packages are downloaded from, and packages uploaded to.

The address of a file is valid for a minute and is all it takes. An upload takes a signed form.

As object stores do, it refuses a request that brings a credential of its own besides the signature in the address. So a
client that leaks its access token to another origin is found out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from html import escape
from typing import Protocol
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from .engine import body as bodies
from .engine import ranges
from .errors import ApiError, BadRequestError
from .upload_forms import UPLOAD_PATH, take_upload
from .world.artifacts import content, sha1sum
from .world.packages import find_package
from .world.world import World

#: Seconds for which a download address is valid.
URL_LIFE_SECONDS = 60


class Stored(Protocol):
    """A file in storage: an artifact, or a package."""

    @property
    def id(self) -> str:
        """Return what names the file."""
        ...

    @property
    def path(self) -> str:
        """Return what it is saved as."""
        ...


def signed_url(world: World, storage_url: str, file: Stored) -> str:
    """Return an address from which a file can be downloaded for a while."""
    expires = str(int(world.clock()) + URL_LIFE_SECONDS)
    query = urlencode({"Expires": expires, "Signature": _signature(world, file.id, expires)})
    return f"{storage_url}/{file.id}/{quote(file.path)}?{query}"


def create_storage_app(world: World) -> Starlette:
    """Return the ASGI application of the storage origin."""

    async def download(request: Request) -> Response:
        file_id = request.path_params["file_id"]
        expires = request.query_params.get("Expires", "")
        signature = request.query_params.get("Signature", "")
        if "authorization" in request.headers:
            return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if not hmac.compare_digest(signature.encode(), _signature(world, file_id, expires).encode()):
            return _error(403, "SignatureDoesNotMatch", "The signature does not match")
        if world.clock() >= int(expires):
            return _error(403, "AccessDenied", "Request has expired")
        if (artifact := world.find_artifact(file_id)) is not None:
            return _file(request, content(artifact), artifact.mime_type, sha1sum(artifact))
        if (package := find_package(world, file_id)) is not None:
            return _file(request, package.content, "application/octet-stream", package.sha256)
        return _error(404, "NoSuchKey", "The key does not exist")

    async def upload(request: Request) -> Response:
        if "content-length" not in request.headers:
            return _error(411, "MissingContentLength", "You must provide the Content-Length HTTP header")
        try:
            raw = await bodies.read(request)
            if "authorization" in request.headers:
                raise BadRequestError("Only one auth mechanism allowed")
            take_upload(world, bodies.form(request.headers, raw))
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
    headers = {**_CORS, **ranges.ACCEPTED, "ETag": f'"{digest}"'}
    asked = request.headers
    if headers["ETag"] in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    span = ranges.parse(asked.get("range", ""))
    if span is None or asked.get("if-range", headers["ETag"]) != headers["ETag"]:
        return Response(content, headers=headers, media_type=media_type)
    part = span.part(content)
    if part is None:
        headers = {**headers, **ranges.nothing(len(content))}
        return _error(416, "InvalidRange", "The requested range is not satisfiable", headers)
    return Response(part[0], 206, {**headers, **part[1]}, media_type)


def _signature(world: World, file_id: str, expires: str) -> str:
    return hmac.new(world.signing_key, f"{file_id}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _error(status: int, code: str, message: str, headers: Mapping[str, str] = _CORS) -> Response:
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{error}', status, headers, media_type="application/xml")
