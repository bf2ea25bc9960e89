"""Call one function and print its result: `python -m tests.benchmarks.child module:function '[arguments]'`."""

from __future__ import annotations

import json
import sys
from importlib import import_module


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    function = getattr(import_module(f"{__package__}.{module}"), name)
    print(json.dumps(function(*json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
