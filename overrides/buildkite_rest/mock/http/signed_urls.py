"""Signed download URLs of the storage."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from ..backend import Backend

if TYPE_CHECKING:
    from ..resources.artifacts import Artifact
    from ..resources.packages import Package

#: Seconds for which a download URL is valid.
URL_LIFE_SECONDS = 60


def signed_url(backend: Backend, storage_url: str, file: Artifact | Package) -> str:
    """Return a signed download URL, valid for `URL_LIFE_SECONDS`."""
    expires = str(int(backend.clock()) + URL_LIFE_SECONDS)
    query = urlencode({"Expires": expires, "Signature": url_signature(backend, file.id, expires)})
    return f"{storage_url}/{file.id}/{quote(file.path)}?{query}"


def url_signature(backend: Backend, file_id: str, expires: str) -> str:
    """Return the signature of a download URL."""
    return hmac.new(backend.signing_key, f"{file_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
