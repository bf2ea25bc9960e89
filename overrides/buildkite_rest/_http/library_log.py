"""Log records of httpcore and hpack without the values of headers.

httpcore writes the `repr` of what it read into the text of a record. A header may hold any byte, so nothing is searched
for in that text: only the name of the event stays, and the kind of an exception.
"""

from __future__ import annotations

import logging
from typing import Final

_RAISED: Final = "exception="


def hide_fields(record: logging.LogRecord) -> bool:
    """Remove what httpcore has read from one of its records."""
    if not isinstance(record.msg, str):
        return True
    event, _, value = record.msg.partition(" ")
    if event.endswith(".started") and not record.name.endswith(".socks"):
        return True  # These have values of the client only: the method, and numbers.
    kind = value.removeprefix(_RAISED).partition("(")[0]
    record.msg = f"{event} {_RAISED}{kind}" if value.startswith(_RAISED) and kind.isidentifier() else event
    record.args = ()
    return True


def hide_values(record: logging.LogRecord) -> bool:
    """Replace the text of a record of hpack, which has a header."""
    record.msg, record.args = "a header of HTTP/2, which is not shown", ()
    return True
