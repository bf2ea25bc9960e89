"""What is asked of a run against a server that other people use."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from .options import Options
from .problems import CannotRunError


def is_local(url: str) -> bool:
    """Return whether an address is one of this machine alone."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_live(options: Options) -> None:
    """Refuse a run that might do something to others which nobody has asked for.

    Raises:
        CannotRunError: Something has to be said more clearly.
    """
    if options.confirm_write is not None and options.confirm_write != options.organization:
        raise CannotRunError("--confirm-write must repeat the organization of --organization")
    if is_local(options.base_url):
        return
    url = options.base_url
    if urlsplit(url).scheme != "https":
        raise CannotRunError(f"{url} would get the token in clear; use https://")
    if options.organization is None:
        raise CannotRunError(f"{url} is not on this machine: say with --organization whose objects may be looked at")
    if options.write and options.confirm_write is None:
        raise CannotRunError(
            f"--write would create, change and remove objects of {options.organization} on {url}; "
            f"if it was made for that, add --confirm-write {options.organization}"
        )


def is_hand_picked(options: Options) -> bool:
    """Return whether only hand-picked requests are sent: where they are counted, or where others feel them."""
    return options.budget is not None or (not options.write and not is_local(options.base_url))
