"""Parts of the paths of URLs: slugs, UUIDs and the names of pages."""

from __future__ import annotations

import re
from typing import Final

UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
MAX_NUMBER: Final = 10**18 - 1
"""The largest number of a build in a URL."""
_SLUG: Final = re.compile(r"[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*")
_SITE_PAGES: Final = frozenset(
    {
        "about",
        "blog",
        "brand-assets",
        "changelog",
        "docs",
        "forgot-password",
        "home",
        "login",
        "logout",
        "new",
        "oauth",
        "organizations",
        "packages",
        "pipelines",
        "platform",
        "plugins",
        "pricing",
        "resources",
        "signup",
        "sso",
        "support",
        "user",
        "-",
        "~",
    }
)
"""First segments of pages of buildkite.com that are not in an organization. `-` and `~` are the selected one."""
_PAGES: Final = {"organization": _SITE_PAGES, "number": frozenset({"latest", "new"})}
_NEW: Final = frozenset({"new"})


def is_slug(text: str) -> bool:
    """Whether `text` may be a slug. A full stop at its end is that of a sentence."""
    return _SLUG.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID."""
    return UUID.fullmatch(text) is not None


def is_page(part: str, text: str) -> bool:
    """Whether the URL with `text` in place of a part is that of a page of the parent, such as `/clusters/new`."""
    return text.lower() in _PAGES.get(part, _NEW)
