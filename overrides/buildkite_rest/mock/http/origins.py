"""Origins: URLs of the API and of the storage, and protection of `/_mock/` from other origins."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from starlette.datastructures import Headers

_HOST = re.compile(
    r"(?:(?P<name>[a-z0-9._-]+)|\[(?P<ipv6>[0-9a-f.]*:[0-9a-f:.]*)\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE
)
#: Returns the origin of the storage, given the API's host name in a request and the IP address that received it.
StorageUrl: TypeAlias = Callable[[str, str], str]


def base_url(scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Return the origin that the client used, for URLs in responses."""
    host = headers.get("host", "")
    if not _HOST.fullmatch(host):
        server = scope.get("server") or ("localhost", None)
        host = origin(server[0], server[1]).removeprefix("http://")
    return f"{scope.get('scheme', 'http')}://{host}"


def storage_url(storage: str | StorageUrl, base_url: str, scope: Mapping[str, Any]) -> str:
    """Return the origin of the storage for a request."""
    if isinstance(storage, str):
        return storage
    host = urlsplit(base_url).hostname or "localhost"
    server = scope.get("server")
    return storage(host, server[0] if server is not None and is_ip(server[0]) else host)


def storage_on(port: int) -> StorageUrl:
    """Return the storage origin as a function of the request, for a storage on real sockets.

    It is `localhost` if the client uses the IP address of this machine for the API, the IP address that received the
    request if it uses a name, and the same IP address otherwise. Go's `net/http` and curl before 7.83 send
    `Authorization` again after a redirect to another port of the same host name, which the real storage never has.
    """

    def choose(host: str, address: str) -> str:
        if not is_ip(host):
            return origin(address, port)
        return origin("localhost" if is_localhost(host) else host, port)

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


def is_localhost(host: str) -> bool:
    """Return whether an IP address may be that of `localhost`, or includes it."""
    return host in {"127.0.0.1", "::1", "0.0.0.0", "::"}  # noqa: S104 - compared, not bound


#: Top-level domains that do not exist in public DNS, so that no web page is served from them.
_PRIVATE_DOMAINS = ("localhost", "test", "internal")
_SAME_SITES = frozenset({"", "none", "same-origin"})


def cross_origin_error(headers: Headers, base_url: str) -> str | None:
    """Return why a request is forbidden, or None.

    A browser sends `Origin` with all unsafe requests, and `Sec-Fetch-Site` with all requests. With DNS rebinding,
    `Host` is a name of the attacker: only IP addresses and names outside public DNS are accepted.
    """
    # Repeated headers are joined, and so are invalid.
    origin, site, host = (", ".join(headers.getlist(name)).lower() for name in ("origin", "sec-fetch-site", "host"))
    if "origin" in headers and origin != base_url.lower():
        return "The Origin is not that of the mock. Web pages of other origins cannot control it."
    if site not in _SAME_SITES:
        return "The request is from a web page of another origin, which cannot control the mock."
    if "host" in headers and not _is_private(host):
        return "The Host may be a name in public DNS. Use an IP address, or a name without a dot."
    return None


def _is_private(host: str) -> bool:
    """Return whether a `Host` is an IP address or a name outside public DNS."""
    match = _HOST.fullmatch(host)
    if match is None or match["ipv6"]:
        return match is not None and is_ip(match["ipv6"])
    name = match["name"].removesuffix(".")
    return is_ip(name) or "." not in match["name"] or name.rpartition(".")[2] in _PRIVATE_DOMAINS
