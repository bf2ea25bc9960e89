"""Servers on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_local(url: str) -> bool:
    """Return whether the host of a URL is a loopback address."""
    try:
        host = (urlsplit(url).hostname or "").removesuffix(".")  # of a fully qualified name
    except ValueError:  # an invalid IPv6 address
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
