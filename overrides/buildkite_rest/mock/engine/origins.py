"""Origins: that of the API as the client addresses it, and that of the storage, which has another host name.

Go's `net/http` and curl before 7.83 send `Authorization` again after a redirect to another port of the same host name.
The real storage has a host name of its own, so that never happens there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)

#: Returns the origin of the storage, given the host name of the API in a request and the address that received it.
StorageUrl: TypeAlias = Callable[[str, str], str]


def base_url(scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Return the origin that the client used, so that URLs in responses lead back here."""
    host = headers.get("host", "")
    if not _HOST.fullmatch(host):
        server = scope.get("server") or ("localhost", None)
        host = origin(server[0], server[1]).removeprefix("http://")
    return f"{scope.get('scheme', 'http')}://{host}"


def storage_url(storage: StorageUrl, base_url: str, scope: Mapping[str, Any]) -> str:
    """Return the origin of the storage for a request."""
    host = urlsplit(base_url).hostname or "localhost"
    server = scope.get("server")
    return storage(host, server[0] if server is not None and is_ip(server[0]) else host)


def storage_on(port: int, *, has_localhost: bool) -> StorageUrl:
    """Return the rule for a storage on real sockets.

    It is at `localhost` for clients that use a loopback address for the API, and at the address that received the
    request for those that use a name. An API with another address has no other name that is known.
    """

    def choose(host: str, address: str) -> str:
        if not is_ip(host):
            return origin(address, port)
        return origin("localhost" if has_localhost and is_loopback(host) else host, port)

    return choose


def origin(host: str, port: int | None) -> str:
    """Return the origin of a host and a port."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}" if port is None else f"http://{name}:{port}"


def is_ip(host: str) -> bool:
    """Return whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return whether a host is an address that leads back to this machine, such as one that stands for all of them."""
    address = ipaddress.ip_address(host)
    return address.is_loopback or address.is_unspecified
