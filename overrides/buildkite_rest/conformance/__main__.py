"""`python -m buildkite_rest.conformance`."""

from __future__ import annotations

import sys

from .._standard_streams import report

_EXTRA = frozenset({"hypothesis", "pyrate_limiter", "requests", "rich", "schemathesis", "yaml"})


def _main() -> int:
    try:
        from .cli import main  # noqa: PLC0415 - what it needs may be missing
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        report(f"{error.name} is not installed; it comes with buildkite-rest[conformance]")
        return 2
    return main()


if __name__ == "__main__":
    try:
        sys.exit(_main())
    except KeyboardInterrupt:
        sys.exit(130)
