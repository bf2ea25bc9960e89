"""Origins: URLs of the API and of the storage, and protection of `/_mock/` from other origins."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from starlette.datastructures import Headers

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
#: Returns the origin of the storage, given the API's host name in a request and the IP address that received it.
StorageUrl: TypeAlias = Callable[[str, str], str]


def base_url(scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Return the origin that the client used, for URLs in responses."""
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
_HOST_HEADER = re.compile(r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?")
"""A name or an IP address, and a port. Programs differ in how they parse anything else."""
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_NAME = 253


def host_name(name: str) -> str:
    """Return a host name for `/_mock/` in the form of a `Host` header: lower case and ASCII.

    Raises:
        TypeError: It is not a str.
        ValueError: It is not a host name or an IP address, or has a scheme, a port or a path.
    """
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"hosts must be names, not {type(name).__name__}")
    address = name.removeprefix("[").removesuffix("]")
    if is_ip(address):
        return address.lower()
    try:
        ascii_name = name.lower().encode("idna").decode("ascii").removesuffix(".")
    except ValueError:
        ascii_name = ""
    if not _NAME.fullmatch(ascii_name) or len(ascii_name) > _LONGEST_NAME:
        excerpt = ascii(name[:60])
        raise ValueError(
            f"hosts must be host names such as mock.example.com, without scheme, port or path, not {excerpt}"
        )
    return ascii_name


def cross_origin_error(headers: Headers, base_url: str, hosts: Collection[str]) -> str | None:
    """Return why a request is forbidden, or None.

    A browser sends `Origin` with all unsafe requests, and `Sec-Fetch-Site` with all requests. With DNS rebinding,
    `Host` is a name of the attacker: only IP addresses, names outside public DNS and those in `hosts` are accepted.
    """
    values = {name: headers.getlist(name) for name in ("origin", "sec-fetch-site", "host")}
    if repeated := next((name for name, lines in values.items() if len(lines) > 1), None):
        return f"The request has more than one header {repeated.title()}."
    origin, site, host = (next(iter(lines), None) for lines in values.values())
    if origin is not None and origin.lower() != base_url.lower():
        return "The Origin is not that of the mock. Web pages of other origins cannot control it."
    if site is not None and site.lower() not in _SAME_SITES:
        return "The request is from a web page of another origin, which cannot control the mock."
    if host is not None and not _is_known_host(host, hosts):
        return "The Host is not a name of the mock. Start it with --allow-host, or MockServer(hosts=[...])."
    return None


def _is_known_host(host: str, hosts: Collection[str]) -> bool:
    """Return whether a `Host` is an IP address, a name outside public DNS, or one of `hosts`."""
    match = _HOST_HEADER.fullmatch(host)
    if match is None:
        return False
    if match["ipv6"] is not None:
        return is_ip(match["ipv6"]) and ":" in match["ipv6"]
    name = match["name"].lower().removesuffix(".")
    if is_ip(name):
        return True
    if not _NAME.fullmatch(name):
        return False
    labels = name.split(".")
    is_private = (len(labels) == 1 and not match["name"].endswith(".")) or labels[-1] in _PRIVATE_DOMAINS
    return is_private or name in hosts
