"""Signed download URLs of the storage."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from ..backend import Backend


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


def signed_url(backend: Backend, storage_url: str, file: Stored) -> str:
    """Return an address from which a file can be downloaded for a while."""
    expires = str(int(backend.clock()) + URL_LIFE_SECONDS)
    query = urlencode({"Expires": expires, "Signature": _signature(backend, file.id, expires)})
    return f"{storage_url}/{file.id}/{quote(file.path)}?{query}"


def _signature(backend: Backend, file_id: str, expires: str) -> str:
    return hmac.new(backend.signing_key, f"{file_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
