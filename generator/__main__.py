"""Generate the package from the spec.

generate: rewrite the output folder. check: regenerate and report files that differ. lint: check the spec against the
house rules.
Exit status: 0 success, 1 problems or differences, 2 invalid command line or folder.
"""

import argparse
import gc
import signal
import sys
from pathlib import Path

from .document import operations
from .errors import GenerationError, printable
from .steps import check, generate, load


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _options(argv)
    try:
        return _run_command(options)
    except GenerationError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        # Of two files, the second is the target of a copy. An error while writing has no name.
        place = error.filename2 or error.filename or options.out
        print(printable(f"{place}: {error.strerror}"), file=sys.stderr)
        return 2


def _run_command(options: argparse.Namespace) -> int:
    match options.command:
        case "generate":
            print(printable(f"{options.out}: {generate(options.spec, options.out)} files"))
        case "check":
            differences = check(options.spec, options.out)
            for line in differences or [f"{options.out} is up to date with {options.spec}"]:
                print(printable(line))
            return 1 if differences else 0
        case "lint":
            count = sum(1 for _ in operations(load(options.spec).document))
            print(printable(f"{options.spec}: {count} operations, no problems"))
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m generator", description=__doc__)
    parser.add_argument("command", nargs="?", default="generate", choices=("generate", "check", "lint"))
    parser.add_argument("--spec", type=Path, default=Path("spec"), help="the folder of the spec (default: spec)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("generated"),
        help="the folder to rewrite: new, empty or the output of an earlier run; with check, the folder to compare "
        "(default: generated)",
    )
    options = parser.parse_args(argv)
    if options.spec.exists() and not options.spec.is_dir():
        parser.error(f"argument --spec: {options.spec} is not a folder. Name the folder of openapi.yaml.")
    return options


def _run() -> int:
    """Run `main` so that an interruption removes temporary folders, and prints nothing."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    gc.disable()  # see `processes`
    try:
        return main()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(_run())
