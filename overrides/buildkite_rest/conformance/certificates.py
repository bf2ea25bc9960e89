"""Certificates that a run trusts, as the environment says."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Final

from .._base.safe_text import safe_repr
from .api import CannotRunError

#: Variables with a file or a folder of certificates, the first of which is used: those of httpx, then of requests.
_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def trusted_certificates() -> str | None:
    """Return the file or folder of certificates that the environment names, or None for those of the library.

    Raises:
        CannotRunError: It cannot be read.
    """
    name = next((name for name in _VARIABLES if os.environ.get(name)), None)
    if name is None:
        return None
    path = os.environ[name]
    is_folder = Path(path).is_dir()
    try:
        ssl.create_default_context(cafile=None if is_folder else path, capath=path if is_folder else None)
    except OSError as error:  # also an SSLError
        problem = error.strerror or "it has no certificate"
        shown = f"${name} ({safe_repr(path)})"
        raise CannotRunError(f"the certificates in {shown} cannot be read: {problem}. Check ${name}.") from None
    return path
