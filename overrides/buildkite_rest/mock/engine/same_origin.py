"""Protection of `/_mock/` from web pages: from requests across origins, and from DNS rebinding."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from .origins import is_ip

#: Top-level domains that public DNS does not have, so that no web page comes from there.
_PRIVATE = ("localhost", "test", "internal")
_OWN_SITES = frozenset({"", "none", "same-origin"})


def refusal(headers: Mapping[str, str], base_url: str, hosts: Collection[str]) -> str | None:
    """Return why a request is refused, or None.

    A browser sends `Origin` with every request that changes something, and `Sec-Fetch-Site` with all. A page whose name
    an attacker resolves to this machine has that name in `Host`: so only IP addresses, names that public DNS does not
    have and those in `hosts` are accepted.
    """
    origin = headers.get("origin")
    if origin is not None and origin.lower() != base_url.lower():
        return "The Origin is not that of the mock. Web pages of other origins cannot control it."
    if headers.get("sec-fetch-site", "").lower() not in _OWN_SITES:
        return "The request is from a web page of another origin, which cannot control the mock."
    host = headers.get("host")
    if host is not None and not _is_known(host, hosts):
        return "The Host is not a name of the mock. Start it with --allow-host, or MockServer(hosts=[...])."
    return None


def _is_known(host: str, hosts: Collection[str]) -> bool:
    try:
        name = (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return False
    labels = name.split(".")
    is_private = len(labels) == 1 or labels[-1] in _PRIVATE
    return bool(name) and (is_ip(name) or is_private or name in {each.lower().removesuffix(".") for each in hosts})
