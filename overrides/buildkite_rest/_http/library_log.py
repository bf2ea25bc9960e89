"""Log records of httpcore and hpack without the values of headers.

httpcore writes the `repr` of received headers into the text of a record. A header may contain any byte, so that text is
not searched: only the name of the event is logged, and the class of an exception.
"""

from __future__ import annotations

import logging
from typing import Final

_RAISED: Final = "exception="


def hide_fields(record: logging.LogRecord) -> bool:
    """Remove received data from a record of httpcore."""
    if not isinstance(record.msg, str):
        return True
    event, _, value = record.msg.partition(" ")
    if event.endswith(".started") and not record.name.endswith(".socks"):
        return True  # These contain values of the client only: the method, and numbers.
    kind = value.removeprefix(_RAISED).partition("(")[0]
    record.msg = f"{event} {_RAISED}{kind}" if value.startswith(_RAISED) and kind.isidentifier() else event
    record.args = ()
    return True


def hide_values(record: logging.LogRecord) -> bool:
    """Replace the text of a record of hpack, which contains a header."""
    record.msg, record.args = "an HTTP/2 header, which is not logged", ()
    return True
