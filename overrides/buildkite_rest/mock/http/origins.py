"""Origins: URLs of the API and of the storage, and protection of `/_mock/` from other origins."""

from __future__ import annotations

import ipaddress

from starlette.requests import Request

#: IP addresses that `localhost` may have, or that include it.
_LOCALHOST = frozenset({"127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104 - compared, not bound
#: Top-level domains that do not exist in public DNS, so that no web page is served from them.
_PRIVATE_DOMAINS = ("localhost", "test", "internal")
_SAME_SITES = frozenset({"none", "same-origin"})


def base_url(request: Request) -> str:
    """Return the origin that the client used, for URLs in responses."""
    return str(request.base_url).rstrip("/")


def storage_origin(port: int, host: str, address: str) -> str:
    """Return the origin of the storage, a port of this machine, for a request to a host that an IP address received.

    It is `localhost` if the client uses the IP address of this machine for the API, the IP address that received the
    request if it uses a name, and the same IP address otherwise. Go's `net/http` and curl before 7.83 send
    `Authorization` again after a redirect to another port of the same host name, which the real storage never has.
    """
    return origin("localhost" if host in _LOCALHOST else host if _is_ip(host) else address, port)


def origin(host: str, port: int) -> str:
    """Return the origin of a host and a port."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def cross_origin_error(request: Request) -> str | None:
    """Return why a request is forbidden, or None.

    A browser sends `Origin` with all unsafe requests, and `Sec-Fetch-Site` with all requests. With DNS rebinding,
    `Host` is a name of the attacker: only IP addresses and names outside public DNS are accepted.
    """
    headers, host = request.headers, request.url.hostname or ""
    if any(origin.lower() != base_url(request).lower() for origin in headers.getlist("origin")):
        return "The Origin is not that of the mock. Web pages of other origins cannot control it."
    if not _SAME_SITES.issuperset(headers.getlist("sec-fetch-site")):
        return "The request is from a web page of another origin, which cannot control the mock."
    if "." in host and not _is_ip(host) and host.removesuffix(".").rpartition(".")[2] not in _PRIVATE_DOMAINS:
        return "The Host may be a name in public DNS. Use an IP address, or a name without a dot."
    return None


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
