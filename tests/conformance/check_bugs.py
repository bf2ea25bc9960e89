"""Check bugs of the table against the sets that they were converted from.

usage: python -m tests.conformance.check_bugs [FILE...] [--name TEXT] [--runner] [--show]

The witness of the old bug must pass on the mock and fail with the new bug. A mutant has no witness: with --runner the
old runner must find the new bug with the check that the mutant names (some seconds each).
"""

import argparse
import importlib
import io
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import httpx
from attrs import evolve
from tests.conformance.bugs import engine, table
from tests.conformance.runner_support import TOKEN

from buildkite_rest.mock import ManualClock, seeded_backend

FOLDER = Path(__file__).parent / "bugs"


@contextmanager
def client(bugs):
    clock = ManualClock(time.time())
    backend = seeded_backend(1, builds=60, clock=clock)
    options = {
        "headers": {"Authorization": f"Bearer {TOKEN}"},
        "timeout": 10,
        "event_hooks": {"request": [lambda request: clock.advance(0.002)]},
    }
    with engine.mock_with(bugs, backend) as url, httpx.Client(base_url=url, **options) as http:
        yield http


def check_witness(bug, set_name, name):
    """Return what is wrong, or an empty text."""
    mutant = importlib.import_module(f"tests.conformance.planted.{set_name}").MUTANTS[name]
    unseen = evolve(bug, run=lambda server, request: server.call(request))
    with client([unseen]) as http:
        mutant.witness(http)
    crashes = []

    def run(server, request):
        try:
            return bug.run(server, request)
        except BaseException as error:
            crashes.append(f"{type(error).__name__}: {error}")
            raise

    with client([evolve(bug, run=run)]) as http:
        try:
            mutant.witness(http)
        except AssertionError:
            return f"the bug crashes: {crashes[0]}" if crashes else ""
        except httpx.HTTPError as error:
            return f"HTTP error: {error!r}"
    return "the witness passes with the bug"


def check_mutant(bug, name, *, show):
    """Return what is wrong, or an empty text."""
    from tests.conformance.mutants import run

    mutant = run.SERVERS[name]

    @contextmanager
    def planted(_, backend):
        with engine.mock_with([bug], backend) as url:
            yield url

    run.mock_with = planted
    run.MUTANTS["new"] = mutant
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(out), redirect_stderr(out):
        status, checks = run._run(mutant, Path(folder))
    found = run.Found("new", checks, status, 0, out.getvalue())
    if show:
        print(out.getvalue())
    return "" if found.is_right else f"wanted {mutant.operation}: {mutant.check}; found {status} {sorted(checks)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--name", default="", help="only bugs whose name or source contains this")
    parser.add_argument("--runner", action="store_true", help="also run the old runner for mutants")
    parser.add_argument("--show", action="store_true", help="print tracebacks and output")
    options = parser.parse_args()
    bugs = []
    for path in options.files or [*sorted(FOLDER.glob("*.yaml")), *sorted(FOLDER.glob("*.py"))]:
        if path.suffix == ".yaml":
            bugs += table.load(path)
        elif path.stem not in ("engine", "table", "values", "__init__"):
            before = len(table.PYTHON)
            importlib.import_module(f"tests.conformance.bugs.{path.stem}")
            bugs += table.PYTHON[before:]
    twice = [name for name, count in Counter(bug.name for bug in bugs).items() if count > 1]
    result = Counter()
    for name in twice:
        print(f"named twice: {name}")
        result["wrong"] += 1
    for bug in bugs:
        if options.name not in bug.name and options.name not in bug.origin:
            continue
        for origin in filter(None, (each.strip() for each in bug.origin.split("|"))):
            kind, _, name = origin.partition(".")
            if kind == "mutants" and not options.runner:
                result["not checked"] += 1
                continue
            started = time.monotonic()
            try:
                wrong = (
                    check_mutant(bug, name, show=options.show) if kind == "mutants" else check_witness(bug, kind, name)
                )
            except Exception as error:
                wrong = f"{type(error).__name__}: {error}"
                if options.show:
                    traceback.print_exc()
            result["wrong" if wrong else "right"] += 1
            if wrong:
                print(f"{origin}: {bug.name}: {wrong}", flush=True)
            elif options.show or kind == "mutants":
                print(f"{origin}: right, {time.monotonic() - started:.0f} s", flush=True)
        if not bug.origin:
            result["without source"] += 1
    print(dict(result))
    return 1 if result["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
