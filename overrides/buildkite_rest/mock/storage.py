"""The second origin: where artifacts are downloaded from. An address is valid for a minute and is all it takes.

As object stores do, it refuses a request that brings a credential of its own besides the signature in the address. So a
client that leaks its access token to another origin is found out.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .world.artifacts import content
from .world.builds import Artifact
from .world.world import World

#: Seconds for which a download address is valid.
URL_LIFE_SECONDS = 60


def signed_url(world: World, storage_url: str, artifact: Artifact) -> str:
    """Return an address from which an artifact can be downloaded for a while."""
    expires = str(int(world.clock()) + URL_LIFE_SECONDS)
    query = urlencode({"Expires": expires, "Signature": _signature(world, artifact.id, expires)})
    return f"{storage_url}/{artifact.id}/{quote(artifact.path)}?{query}"


def create_storage_app(world: World) -> Starlette:
    """Return the ASGI application of the storage origin."""

    async def download(request: Request) -> Response:
        artifact_id = request.path_params["artifact_id"]
        expires = request.query_params.get("Expires", "")
        signature = request.query_params.get("Signature", "")
        if "authorization" in request.headers:
            return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if not hmac.compare_digest(signature.encode(), _signature(world, artifact_id, expires).encode()):
            return _error(403, "SignatureDoesNotMatch", "The signature does not match")
        if world.clock() >= int(expires):
            return _error(403, "AccessDenied", "Request has expired")
        artifact = world.find_artifact(artifact_id)
        if artifact is None:
            return _error(404, "NoSuchKey", "The key does not exist")
        return Response(content(artifact), media_type=artifact.mime_type, headers=_CORS)

    return Starlette(routes=[Route("/{artifact_id}/{path:path}", download)])


_CORS = {"Access-Control-Allow-Origin": "*"}


def _signature(world: World, artifact_id: str, expires: str) -> str:
    return hmac.new(world.signing_key, f"{artifact_id}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _error(status: int, code: str, message: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(body, status, _CORS, media_type="application/xml")
