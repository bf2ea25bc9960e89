"""Start a build, wait until it finishes, and exit with 0 if it has passed.

    python examples/trigger_and_wait.py acme web --branch main --commit HEAD

The token is read from `$BUILDKITE_API_TOKEN`. With `--mock` the script uses the mock server instead. Changes of the
build and its jobs are printed. The script exits with 1 if the build has not passed, is blocked, or does not finish in
time, with 2 if it cannot be started or followed, and with 141 if the reader of the output has closed the pipe.
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
    """Parse a timeout, with the limits of `follow`."""
    value = float(text)
    if not (value >= 0 and isfinite(value)):
        raise argparse.ArgumentTypeError("must be a finite number of seconds, and at least 0")
    return value


def interval(text: str) -> float:
    """Parse an interval, with the limits of `follow`."""
    value = float(text)
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError("must be more than 0 and at most 86400 seconds, a day")
    return value


def job_name(job: models.Job) -> str:
    """Return the name, label or key of a job."""
    names = (getattr(job, name, None) for name in ("name", "label", "step_key"))
    return next(filter(None, names), "(wait)")


def start_and_follow(organization: OrganizationClient, options: argparse.Namespace) -> bool:
    """Create a build, print its changes, and return whether it has passed."""
    build = organization.builds.create(options.pipeline, commit=options.commit, branch=options.branch)
    echo(f"build {build.number}: {build.web_url}")
    changes = organization.builds.follow(
        options.pipeline, build.number, timeout=options.timeout, interval=options.interval
    )
    for change in changes:
        if isinstance(change, JobChange):
            echo(f"{job_name(change.job)}: {change.job.state}")
        else:
            build = change.build
            echo(f"build {build.number}: {'blocked' if build.blocked else build.state}")
    return build.state == "passed" and not build.blocked


def identifier(value: str) -> str:
    """Parse a name, slug or UUID that the client accepts as a segment of a path."""
    if value in {"", ".", ".."}:
        raise argparse.ArgumentTypeError(f"must not be {value!r}" if value else "must not be empty")
    value.encode()  # raises ValueError for bytes that are not UTF-8
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
    """Parse the command line and return the exit status."""
    parser = argparse.ArgumentParser(
        description="Start a build, wait until it finishes, and exit with 0 if it has passed."
    )
    parser.add_argument("organization", type=identifier, help="slug of the organization")
    parser.add_argument("pipeline", type=identifier, help="slug of the pipeline")
    parser.add_argument("--commit", type=identifier, default="HEAD", help="commit to build (default: HEAD)")
    parser.add_argument("--branch", type=identifier, default="main", help="branch of the commit (default: main)")
    parser.add_argument("--timeout", type=timeout, default=3600, help="seconds until it must finish (default: 3600)")
    parser.add_argument("--interval", type=interval, default=1, help="seconds between polls (default: 1)")
    parser.add_argument("--mock", action="store_true", help="use the mock server, which needs the extra mock")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may lack characters
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
    except (BuildkiteError, ImportError, OSError, ValueError) as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
