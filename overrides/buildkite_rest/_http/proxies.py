"""Passwords of proxies in the environment."""

from __future__ import annotations

from urllib.parse import unquote

from .._base.safe_text import hide_everywhere


def hide_proxy_passwords() -> None:
    """Hide the passwords of the proxies that the HTTP library reads from the environment in all safe texts.

    A proxy may return what it was sent: the password, or user and password in Base64.
    """
    from base64 import b64encode  # noqa: PLC0415 - the HTTP library imports both
    from urllib.request import getproxies  # noqa: PLC0415

    for url in getproxies().values():
        userinfo = (url.partition("://")[2] or url).rpartition("@")[0]
        user, _, password = (unquote(part) for part in userinfo.partition(":"))
        if userinfo:
            hide_everywhere(password or user)
            hide_everywhere(f"{user}:{password}")
            hide_everywhere(b64encode(f"{user}:{password}".encode(errors="replace")).decode())
