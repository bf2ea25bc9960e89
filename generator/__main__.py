"""Generate the package from the spec.

generate: rewrite the output folder. check: regenerate and report files that differ. lint: check the spec against the
house rules. bundle: print the spec as one document. new: add a resource, with a fragment, a mock module and tests.
Exit status: 0 success, 1 problems or differences, 2 invalid command line or folder.
"""

import argparse
import gc
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from tempfile import gettempdir

_IS_INTERRUPTIBLE = __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler
if _IS_INTERRUPTIBLE:
    # While modules are imported, Ctrl-C would end in a traceback of one of them.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

_COMMANDS = ("generate", "check", "lint", "bundle", "new")


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _options(argv)
    try:
        from .commands import run_command  # noqa: PLC0415 - not for `--help`
        from .errors import GenerationError, printable  # noqa: PLC0415
    except ImportError as error:
        if (error.name or "").partition(".")[0] == __package__:
            raise
        # Python without the tools of the generator.
        sys.exit(f"{sys.executable} cannot import {error.name}. Run `make setup`, then .venv/bin/python -m generator.")
    if _IS_INTERRUPTIBLE:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # paths may have characters that the terminal cannot encode
    try:
        return run_command(options)
    except GenerationError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        # Of two files, the second is the target of a copy. An error while writing has no name.
        place = error.filename2 or error.filename or _written(options)
        print(printable(f"{place}: {error.strerror}"), file=sys.stderr)
        return 2


def _written(options: argparse.Namespace) -> str:
    """Return the folders that a command writes to."""
    folders = {"generate": [options.out], "new": [Path.cwd()]}.get(options.command, [])
    return ", or ".join(map(str, [*folders, gettempdir()]))


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m generator", description=__doc__)
    parser.add_argument("command", nargs="?", default="generate", choices=_COMMANDS)
    parser.add_argument("tag", nargs="?", help="with new: the tag of the resource, such as lockers")
    parser.add_argument("--noun", help="with new: one object, such as locker (default: the tag without its last s)")
    parser.add_argument("--spec", type=Path, help="the folder of the spec (default: spec)")
    parser.add_argument(
        "--out",
        type=Path,
        help="the folder to rewrite: new, empty or the output of an earlier run; with check, the folder to compare "
        "(default: generated)",
    )
    parser.add_argument(
        "--without-webhooks",
        action="store_true",
        help="with bundle: leave out webhooks, for generators that do not support them",
    )
    parser.add_argument(
        "--openapi",
        choices=("3.1", "3.0"),
        default="3.1",
        help="with bundle: the version of OpenAPI (default: 3.1). 3.0 has no webhooks; standard error lists the "
        "differences",
    )
    options = parser.parse_args(argv)
    if options.command == "new" and (options.spec or options.out):
        parser.error(
            "new writes to several folders of the current one. Run it in the project, without --spec and --out."
        )
    if options.command != "new" and options.noun is not None:
        parser.error(f"argument --noun: {options.command} has no noun; only new has")
    if options.spec is None:
        options.spec = Path("spec")
    if options.spec.exists() and not options.spec.is_dir():
        parser.error(f"argument --spec: {options.spec} is not a folder. Name the folder of openapi.yaml.")
    if options.out is None:
        options.out = Path("generated")
    elif options.command in {"lint", "bundle"}:
        parser.error(f"argument --out: {options.command} prints to standard output")
    if (options.command == "new") != (options.tag is not None):
        parser.error("new needs the tag of the resource, such as lockers; no other command has a tag")
    return options


def _run() -> int:
    """Run `main` so that an interruption removes temporary folders, and prints nothing."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    gc.disable()  # see `processes`
    try:
        return main()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except MemoryError:  # also while modules are imported
        print("not enough memory", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(_run())
