"""Protection of `/_mock/` from web pages: from requests across origins, and from DNS rebinding."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

from .origins import is_ip

#: Top-level domains that public DNS does not have, so that no web page comes from there.
_PRIVATE = ("localhost", "test", "internal")
_OWN_SITES = frozenset({"", "none", "same-origin"})
_HOST = re.compile(r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?")
"""A name or an IP address, and a port. Whatever else a `Host` may hold, two programs could read in two ways."""
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_NAME = 253


class Headers(Protocol):
    """The headers of a request."""

    def getlist(self, key: str) -> list[str]:
        """Return all values of a header."""
        ...


def host_name(name: str) -> str:
    """Return a name under which `/_mock/` may be served, as a `Host` has it: in lower case and ASCII.

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
        shown = ascii(name[:60])
        raise ValueError(
            f"hosts must be host names such as mock.example.com, without scheme, port or path, not {shown}"
        )
    return ascii_name


def refusal(headers: Headers, base_url: str, hosts: Collection[str]) -> str | None:
    """Return why a request is refused, or None.

    A browser sends `Origin` with every request that changes something, and `Sec-Fetch-Site` with all. A page whose name
    an attacker resolves to this machine has that name in `Host`: so only IP addresses, names that public DNS does not
    have and those in `hosts` are accepted.
    """
    values = {name: headers.getlist(name) for name in ("origin", "sec-fetch-site", "host")}
    if repeated := next((name for name, found in values.items() if len(found) > 1), None):
        return f"The request has more than one header {repeated.title()}."
    origin, site, host = (next(iter(found), None) for found in values.values())
    if origin is not None and origin.lower() != base_url.lower():
        return "The Origin is not that of the mock. Web pages of other origins cannot control it."
    if site is not None and site.lower() not in _OWN_SITES:
        return "The request is from a web page of another origin, which cannot control the mock."
    if host is not None and not _is_known(host, hosts):
        return "The Host is not a name of the mock. Start it with --allow-host, or MockServer(hosts=[...])."
    return None


def _is_known(host: str, hosts: Collection[str]) -> bool:
    """Whether a `Host` is an IP address, a name that public DNS does not have, or one of `hosts`."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    if found["ipv6"] is not None:
        return is_ip(found["ipv6"]) and ":" in found["ipv6"]
    name = found["name"].lower().removesuffix(".")
    if is_ip(name):
        return True
    if not _NAME.fullmatch(name):
        return False
    labels = name.split(".")
    is_private = (len(labels) == 1 and not found["name"].endswith(".")) or labels[-1] in _PRIVATE
    return is_private or name in hosts
