"""Start a build and wait for it, as a gate in another CI: the exit status is 0 when the build has passed.

    python examples/trigger_and_wait.py acme web --branch main --commit HEAD

reads the token from `$BUILDKITE_API_TOKEN`; with `--mock` it asks the mock server instead. Each job is told when its
state changes. The status is 1 when the build has not passed, when it waits for somebody to unblock it, or when it takes
too long, and 2 when it cannot be started or followed. It is 141 when the reader of the output has closed the pipe.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from io import TextIOWrapper
from math import isfinite

from buildkite_rest import Buildkite, BuildkiteError, JobChange, OrganizationClient, WaitTimeoutError, models


def timeout(text: str) -> float:
    """Read a timeout from the command line, with the limits of `follow`."""
    value = float(text)
    if not (value >= 0 and isfinite(value)):
        raise argparse.ArgumentTypeError("must be at least 0 and a finite number of seconds")
    return value


def interval(text: str) -> float:
    """Read an interval from the command line, with the limits of `follow`."""
    value = float(text)
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError("must be more than 0 and at most 86400 seconds, a day")
    return value


def title(job: models.Job) -> str:
    """Return what a job is called."""
    names = (getattr(job, name, None) for name in ("name", "label", "step_key"))
    return next(filter(None, names), "(wait)")


def start_and_follow(organization: OrganizationClient, options: argparse.Namespace) -> bool:
    """Create a build, tell what happens to it, and return whether it has passed."""
    build = organization.builds.create(options.pipeline, commit=options.commit, branch=options.branch)
    echo(f"build {build.number}: {build.web_url}")
    changes = organization.builds.follow(
        options.pipeline, build.number, timeout=options.timeout, interval=options.interval
    )
    for change in changes:
        if isinstance(change, JobChange):
            echo(f"{title(change.job)}: {change.job.state}")
        else:
            build = change.build
            echo(f"build {build.number}: {'blocked' if build.blocked else build.state}")
    return build.state == "passed" and not build.blocked


def checked_text(value: str) -> str:
    """Read a text from the command line by the rules of the client for a part of a URL."""
    if not value or value in {".", ".."}:
        raise argparse.ArgumentTypeError("must be a name" if value else "must not be empty")
    value.encode()  # raises ValueError for bytes that are not text
    return value


def echo(text: object) -> None:
    """Print a line. Exit with 141, as after SIGPIPE, if the reader has closed the pipe, and with 2 on another error."""
    try:
        print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or flushing at exit fails again
        if not isinstance(error, BrokenPipeError):
            print(f"cannot write to standard output: {error.strerror}", file=sys.stderr)
        sys.exit(141 if isinstance(error, BrokenPipeError) else 2)


def main() -> int:
    """Read the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Start a build, wait for it, and exit with its result.")
    parser.add_argument("organization", type=checked_text)
    parser.add_argument("pipeline", type=checked_text)
    parser.add_argument("--commit", type=checked_text, default="HEAD")
    parser.add_argument("--branch", type=checked_text, default="main")
    parser.add_argument("--timeout", type=timeout, default=3600, help="seconds to wait for the build (default: 3600)")
    parser.add_argument("--interval", type=interval, default=1, help="seconds between looks at it (default: 1)")
    parser.add_argument("--mock", action="store_true", help="ask the mock server of the extra mock instead")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may have no notation for all characters
    try:
        with ExitStack() as stack:
            if options.mock:
                from buildkite_rest.mock import MockServer  # noqa: PLC0415 - only for --mock

                os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
                server = stack.enter_context(MockServer(build_seconds=2))
                client = stack.enter_context(Buildkite(server.token, base_url=server.url))
            else:
                client = stack.enter_context(Buildkite())
            return 0 if start_and_follow(client.organization(options.organization), options) else 1
    except WaitTimeoutError as error:
        parser.exit(1, f"{error}\n")
    except (BuildkiteError, OSError, ValueError) as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
