"""Helpers for JSON and YAML values of unknown shape, and for text patterns."""

from __future__ import annotations

import importlib.resources
import re
import unicodedata
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

import yaml

from .._base.arguments import is_mapping
from .ids import digest


def strings(values: object) -> dict[str, str]:
    """Convert all values of a mapping to strings, as in environments and meta-data."""
    if not is_mapping(values):
        return {}
    return {str(key): as_string(value) for key, value in values.items()}


def as_string(value: object) -> str:
    """Convert a JSON scalar to a string as the API does. Arrays and objects become an empty string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def replace_key(objects: dict[str, Any], old: str, new: str) -> None:
    """Change the key of an object, which keeps its position in lists."""
    if new != old:
        pairs = [(new if key == old else key, value) for key, value in objects.items()]
        objects.clear()
        objects.update(pairs)


def matches_glob(pattern: str, text: str) -> bool:
    """Return whether a pattern, in which only `*` is special, matches the whole text."""
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))


def matches_branches(configuration: str | None, branch: str) -> bool:
    """Return whether a branch filter such as `main feature/* !feature/old` matches a branch."""
    words = (configuration or "").split()
    if any(matches_glob(word[1:], branch) for word in words if word.startswith("!")):
        return False
    allowed = [word for word in words if not word.startswith("!")]
    return not allowed or any(matches_glob(word, branch) for word in allowed)


LONGEST_SLUG = 100
_ATOM: Final = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_ATOMS: Final = re.compile(rf"{_ATOM}", re.ASCII)
_EMAIL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+", re.ASCII | re.IGNORECASE)


def derived_slug(name: str) -> str:
    """Derive a slug from a name: lower case, with hyphens in place of other characters."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_SLUG]


def is_email(text: str) -> bool:
    """Return whether a user or an invitation may have this email address."""
    return _EMAIL.fullmatch(text) is not None


def email_of(name: str, domain: str) -> str:
    """Return an email address made of a name, without the accents."""
    unaccented = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return f"{'.'.join(_ATOMS.findall(unaccented)) or digest(name, length=8)}@{domain}"


@cache
def seed_document(name: str) -> Any:
    """Load a file of `seed/`."""
    text = importlib.resources.files(__package__ or "").joinpath("seed", f"{name}.yaml").read_bytes()
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


#: A JSON object.
Json = dict[str, Any]
