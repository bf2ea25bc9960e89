"""Download all artifacts of a build into a folder, with a progress bar.

    python examples/download_build.py acme web 42 --to out

The token is read from `$BUILDKITE_API_TOKEN`. With `--mock` the script uses the mock server instead. Needs rich.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack, suppress
from io import StringIO, TextIOWrapper
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from buildkite_rest import Buildkite, BuildkiteError


class ErrorOutput(StringIO):
    """Standard error for the progress bar, which is discarded when it cannot be written."""

    def __init__(self) -> None:
        super().__init__()
        self._stream = sys.stderr if isinstance(sys.stderr, TextIOWrapper) else None

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a variable in the stubs, but it cannot be assigned
        """Encoding of standard error."""
        return self._stream.encoding if self._stream else "utf-8"

    def isatty(self) -> bool:
        """Whether standard error is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str, /) -> int:
        """Write the text at once."""
        if self._stream:
            try:
                self._stream.write(text)
                self._stream.flush()
            except OSError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())  # or flushing at exit fails again
        return len(text)


def number(text: str) -> int:
    """Parse a build number."""
    value = int(text)
    if not 1 <= value < 1 << 63:
        raise argparse.ArgumentTypeError("must be from 1 to 9223372036854775807")
    return value


def download(client: Buildkite, organization: str, pipeline: str, number: int, folder: Path) -> list[Path]:
    """Download the artifacts of a build, with a progress bar."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(file=ErrorOutput())) as bar:
        task = bar.add_task(f"{organization}/{pipeline} #{number}", total=None)
        return client.artifacts.download_build(
            organization,
            pipeline,
            number,
            to=folder,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def identifier(value: str) -> str:
    """Parse a name, slug or UUID that the client accepts as a segment of a path."""
    if value in {"", ".", ".."}:
        raise argparse.ArgumentTypeError(f"must not be {value!r}" if value else "must not be empty")
    value.encode()  # raises ValueError for bytes that are not UTF-8
    return value


def checked_path(text: str) -> Path:
    """Parse a path, and refuse one that is empty or too long."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    path = Path(text)
    try:
        if any(len(os.fsencode(name)) > 255 for name in path.parts):
            raise argparse.ArgumentTypeError("has a file name longer than 255 bytes")
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot be used: {error.strerror}") from None
    return path


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
    """Parse the command line, download, and print the paths."""
    parser = argparse.ArgumentParser(description="Download all artifacts of a build into a folder.")
    parser.add_argument("organization", type=identifier, help="slug of the organization")
    parser.add_argument("pipeline", type=identifier, help="slug of the pipeline")
    parser.add_argument("number", type=number, help="number of the build")
    parser.add_argument(
        "--to", type=checked_path, default=Path("artifacts"), help="folder to write to (default: artifacts)"
    )
    parser.add_argument("--mock", action="store_true", help="use the mock server, which needs the extra mock")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may lack characters
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
    except (BuildkiteError, ImportError, OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    for path in paths:
        echo(path)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
