"""The session of the requests that the runner sends itself."""

from __future__ import annotations

from time import monotonic
from typing import Any, Final

import requests

#: Seconds after which a connection is not used again. Servers close idle ones, some after five seconds.
_IDLE: Final = 2.0


class HTTPSession(requests.Session):
    """A session that does not reuse connections after a pause, because the server may be about to close them."""

    _used: float = 0.0

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request."""
        if monotonic() - self._used > _IDLE:
            self.close()
        try:
            return super().send(request, **options)
        finally:
            self._used = monotonic()
