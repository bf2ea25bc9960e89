"""Where a list may be resumed."""

from __future__ import annotations

from ._errors import PaginationError
from ._exchange import Origin, origin_of
from ._pagination import without_query


def check_address(operation_id: str, origin: Origin, url: str | None) -> None:
    """Raise `PaginationError` unless `url` is an address on `origin`, as `Page.next_url` is.

    An address that was kept somewhere may come back changed, and would be sent the credentials.

    Raises:
        TypeError: It is no text.
        ValueError: It is None, as `Page.next_url` is on the last page.
    """
    if url is None:
        raise ValueError(f"{operation_id}: the address to resume from is None: there was no further page")
    if not isinstance(url, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{operation_id}: the address to resume from must be a str, not {type(url).__name__}")
    try:
        valid = url.isascii() and url.isprintable() and " " not in url
        found = origin_of(url) if valid else None
    except ValueError:
        found = None
    if found is None:
        raise PaginationError(f"{operation_id}: the address to resume from is no URL")
    if found != origin:
        raise PaginationError(
            f"{operation_id}: the address to resume from lies on another origin: {without_query(url)}"
        )
