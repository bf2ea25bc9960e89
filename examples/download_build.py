"""Download all artifacts of a build into a folder, with a progress bar.

    python examples/download_build.py acme web 42 --to out

reads the token from `$BUILDKITE_API_TOKEN`; with `--mock` it asks the mock server instead. Needs rich.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from buildkite_rest import Buildkite, BuildkiteError


def download(client: Buildkite, organization: str, pipeline: str, number: int, folder: Path) -> list[Path]:
    """Download the artifacts of a build and show how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"{organization}/{pipeline} #{number}", total=None)
        return client.artifacts.download_build(
            organization,
            pipeline,
            number,
            to=folder,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


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
    """Read the command line, download, and list the files."""
    parser = argparse.ArgumentParser(description="Download all artifacts of a build into a folder.")
    parser.add_argument("organization")
    parser.add_argument("pipeline")
    parser.add_argument("number", type=int)
    parser.add_argument("--to", type=Path, default=Path("artifacts"), help="the folder (default: artifacts)")
    parser.add_argument("--mock", action="store_true", help="ask the mock server of the extra mock instead")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may have no notation for all characters
    try:
        with ExitStack() as stack:
            if options.mock:
                from buildkite_rest.mock import MockServer  # noqa: PLC0415 - only for --mock

                os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
                server = stack.enter_context(MockServer())
                client = stack.enter_context(Buildkite(server.token, base_url=server.url))
            else:
                client = stack.enter_context(Buildkite())
            paths = download(client, options.organization, options.pipeline, options.number, options.to)
    except (BuildkiteError, OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    for path in paths:
        echo(path)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
