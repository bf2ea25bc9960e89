"""Data from which Hypothesis generates values, without what it would find out about the machine.

Another version of Hypothesis may ignore both, and then needs a second or two longer.
"""

from __future__ import annotations

import gzip
import json
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from hypothesis.internal.conjecture import providers

#: All characters but surrogates. None of them becomes another one when it is encoded and decoded.
_UTF_8: Final = (((0x0, 0xD7FF), (0xE000, 0x10FFFF)), ())
_FILE: Final = "codec-v2-utf-8.json.gz"
_FUNCTION: Final = "_get_local_constants"


def write_encodable_characters(storage: Path) -> None:
    """Write the characters that UTF-8 can encode into the storage directory of Hypothesis, or it would try each."""
    folder = storage / "unicode_data" / unicodedata.unidata_version
    folder.mkdir(parents=True)
    (folder / _FILE).write_bytes(gzip.compress(json.dumps(_UTF_8).encode()))


@contextmanager
def without_local_constants() -> Generator[None]:
    """Generate no constants of modules outside `site-packages`, which Hypothesis takes for those to be tested.

    In a checkout of this project they are the modules of the runner. A run would send other requests than one of the
    installed package with the same seed.
    """
    original: Any = getattr(providers, _FUNCTION, None)
    if original is None:
        yield
        return
    none: Any = import_module("hypothesis.internal.constants_ast").Constants()
    setattr(providers, _FUNCTION, lambda: none)
    try:
        yield
    finally:
        setattr(providers, _FUNCTION, original)
