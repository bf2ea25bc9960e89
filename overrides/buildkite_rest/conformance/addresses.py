"""IP addresses in texts: ranges in CIDR notation, separated by spaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

#: A range whose prefix is one bit longer than an address.
_TOO_LONG: Final = "192.0.2.0/33"
_NOT_AN_ADDRESS: Final = "anywhere"
#: Keywords of a text that is not free.
_KEYWORDS: Final = frozenset({"enum", "format", "oneOf", "anyOf"})


def is_address_list(value: object) -> bool:
    """Return whether a text has IP addresses or ranges of them only, and one range at least."""
    if not isinstance(value, str) or "/" not in value:
        return False
    try:
        return all(map(ip_network, value.split()))
    except ValueError:
        return False


def invalid_addresses(schema: Mapping[str, Any], valid: object) -> Iterator[tuple[str, object]]:
    """Yield lists of addresses with an invalid item, alone and after the valid ones."""
    if not is_address_list(valid) or _KEYWORDS & schema.keys():
        return
    yield f"has the range {_TOO_LONG}", _TOO_LONG
    yield f"has {_NOT_AN_ADDRESS!r} after valid addresses", f"{valid} {_NOT_AN_ADDRESS}"
