"""Validation of the arguments of `TrafficCheck.observe`, which takes those of any HTTP library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, Protocol, TypeAlias

from .._base.arguments import check_int, check_type, short_repr, type_name

BodyProblem: TypeAlias = Literal["incomplete", "undecodable"]
"""Reason why a body is not known."""
Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]

BODY_PROBLEMS: Final[Mapping[BodyProblem, str]] = {
    "incomplete": "the body was not received completely",
    "undecodable": "the body is too large, or cannot be decoded",
}


class URL(Protocol):
    """A URL of a library, such as `httpx.URL`, whose `str` is the URL."""

    @property
    def scheme(self) -> str: ...

    @property
    def host(self) -> str | None: ...


def check_exchange(
    method: str,
    status: int,
    body: bytes | None,
    request_body: bytes | None,
    body_problem: BodyProblem | None,
    *,
    base_url: str | None,
) -> None:
    """Raise `TypeError` if an argument of `observe` has another type, `ValueError` if the problem is unknown."""
    check_type("method", method, str, "a str")
    check_int("status", status, minimum=0)
    for name, content in (("body", body), ("request_body", request_body)):
        if content is not None:
            hint = ". Encode it, or pass the content of the response" if isinstance(content, str) else ""
            check_type(name, content, bytes, "bytes or None", hint)
    if base_url is not None:
        check_type("base_url", base_url, str, "a str or None")
    if body_problem is not None and body_problem not in tuple(BODY_PROBLEMS):
        raise ValueError(f"body_problem must be one of {', '.join(BODY_PROBLEMS)}, not {short_repr(body_problem)}")


def url_text(url: str | URL) -> str:
    """Return a URL as text. Raises `TypeError` if it is not one."""
    if not isinstance(url, str) and not (hasattr(url, "scheme") and hasattr(url, "host")):
        raise TypeError(f"url must be a str or a URL such as httpx.URL, not {type_name(url)}")
    return str(url)


def header_pairs(name: str, headers: Headers) -> list[tuple[str, str]]:
    """Return headers as pairs of name and value. Raises `TypeError` if `headers` has another type."""
    given: Any = headers
    accepted = f"{name} must be a mapping of str, or pairs of str"
    try:
        pairs = [tuple(pair) for pair in (given.items() if hasattr(given, "items") else given)]
    except TypeError:
        raise TypeError(f"{accepted}, not {type_name(headers)}") from None
    if not all(len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str) for pair in pairs):
        raise TypeError(f"{accepted}. Decode names and values that are bytes.")
    return [(key, value) for key, value in pairs]
