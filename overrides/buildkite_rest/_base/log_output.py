"""Log output on standard error, which the environment variable `BUILDKITE_LOG` enables."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from functools import cache
from typing import Final, TextIO

VARIABLE: Final = "BUILDKITE_LOG"
_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_logger: Final = logging.getLogger("buildkite_rest")


class _DefaultHandler(logging.StreamHandler[TextIO]):
    """Handler on standard error. Without effect while the program has a handler for the record."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(_FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        if sys.stderr is not None and not self._has_other(logging.getLogger(record.name)):  # None under pythonw
            self.stream = sys.stderr
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name in `logging`
        """Report a record that cannot be written, if standard error can be written: a closed one ends no call."""
        with suppress(Exception):
            super().handleError(record)

    def _has_other(self, logger: logging.Logger | None) -> bool:
        """Whether a record of `logger` reaches another handler. The program may add one at any time."""
        while logger is not None:
            if any(each is not self and not isinstance(each, logging.NullHandler) for each in logger.handlers):
                return True
            logger = logger.parent if logger.propagate else None
        return False


_handler: Final = _DefaultHandler()


@cache
def enable_log_output() -> None:
    """Log at the level in `BUILDKITE_LOG`, on standard error unless the program has configured logging.

    The variable is read once, when the first client is created.
    """
    value = os.environ.get(VARIABLE, "").strip().lower()
    if not value:
        return
    level = _LEVELS.get(value)
    if level is None:
        _logger.warning("%s has an unknown level. Set it to debug, info or warning.", VARIABLE)
        return
    _logger.setLevel(level)
    _logger.addHandler(_handler)
