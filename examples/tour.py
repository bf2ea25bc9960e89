"""Demonstrate the client against the mock server.

Signs requests with a new key, reads a list, runs a build, reads a log, downloads an artifact, handles two errors, and
checks the mock server against the spec. Exits with 1 if a step fails. Needs the extra `conformance`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from io import StringIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from rich.console import Console
from rich.text import Text

from buildkite_rest import AsyncBuildkite, Buildkite, JWTAuth, NotFoundError, UnprocessableEntityError
from buildkite_rest.mock import MockServer

ORGANIZATION, PIPELINE = "acme", "web"
#: Tags of the operations that are checked.
TAGS = ("organizations", "pipelines", "builds", "jobs", "artifacts", "agents", "clusters", "teams")


class StepError(Exception):
    """A step did not have the expected result."""


def expect(condition: object, message: str) -> None:
    """Raise `StepError` unless `condition` holds."""
    if not condition:
        raise StepError(message)


class Tour:
    """Steps of the tour: each returns a line about its result, or raises an error."""

    def __init__(self, server: MockServer, folder: Path, clients: ExitStack) -> None:
        self.server = server
        self.clients = clients
        self.out = f"{folder}/out/"
        self.key_file = folder / "private_key.pem"
        self.client: Buildkite
        self.numbers: list[int] = []

    def sign(self) -> str:
        """Create a key pair, register the public key, and get the token with a signed request."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.server.register_public_key(public.decode())
        self.client = self.clients.enter_context(Buildkite(self.auth(), base_url=self.server.url, strict=True))
        token = self.client.access_token.get()
        return f"RS256 with a key of {key.key_size} bits; token {token.uuid} has {len(token.scopes)} scopes"

    def auth(self) -> JWTAuth:
        """Return credentials that sign with the key file."""
        return JWTAuth(self.server.jwt_token_uuid, self.key_file)

    def page(self) -> str:
        """Read all builds of a pipeline by following the `Link` header."""
        pages = list(self.client.builds.list(ORGANIZATION, PIPELINE).pages())
        self.numbers = [build.number for page in pages for build in page.items]
        expect(len(set(self.numbers)) == len(self.numbers) >= 250, f"{len(self.numbers)} builds")
        return f"{len(self.numbers)} builds on {len(pages)} pages, without duplicates"

    def page_async(self) -> str:
        """Read the same list with the asynchronous client."""

        async def numbers() -> list[int]:
            async with AsyncBuildkite(self.auth(), base_url=self.server.url, strict=True) as client:
                return [build.number async for build in client.builds.list(ORGANIZATION, PIPELINE)]

        expect(asyncio.run(numbers()) == self.numbers, "another result than that of the blocking client")
        return "the same builds in the same order"

    def build(self) -> str:
        """Create a build and wait until it finishes."""
        created = self.client.builds.create(
            ORGANIZATION, PIPELINE, commit="HEAD", branch="main", message="Tour", author={"name": "Ada"}
        )
        done = self.client.builds.wait(ORGANIZATION, PIPELINE, created.number, timeout=30, interval=0.2)
        expect(done.state == "passed", f"build {done.number} is {done.state}")
        self.number = done.number
        self.job_id = next(job.id for job in done.jobs or () if job.type == "script")
        return f"build {created.number} went from {created.state} to {done.state} with {len(done.jobs or ())} jobs"

    def log(self) -> str:
        """Read the log of a job, as a whole and as a stream."""
        log = self.client.jobs.get_log(ORGANIZATION, self.job_id)
        with self.client.jobs.stream_log(ORGANIZATION, self.job_id) as stream:
            lines = list(stream.lines())
        expect(log.content and lines, "the log is empty")
        return f"{log.size} bytes, {len(lines)} lines; the last line is {lines[-1].strip()!r}"

    def artifact(self) -> str:
        """Download an artifact through the redirect to another origin."""
        artifact = next(
            a for a in self.client.artifacts.list(ORGANIZATION, PIPELINE, self.number) if a.state == "finished"
        )
        path = self.client.artifacts.download(ORGANIZATION, artifact.job_id or "", artifact.id, to=self.out)
        digest = hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
        expect(digest == artifact.sha1sum, "the checksum is not that of the API")
        return f"{path.name}, {path.stat().st_size} bytes from {self.server.storage_url}, SHA-1 verified"

    def missing(self) -> str:
        """Request a pipeline that does not exist."""
        try:
            self.client.pipelines.get(ORGANIZATION, "no-such-pipeline")
        except NotFoundError as error:
            return f"NotFoundError: {error}"
        raise StepError("no error")

    def invalid(self) -> str:
        """Create a build with an invalid commit."""
        try:
            self.client.builds.create(ORGANIZATION, PIPELINE, commit="", branch="main")
        except UnprocessableEntityError as error:
            expect(error.errors, "no field errors")
            return f"UnprocessableEntityError: {error}; {error.errors[0].field}: {error.errors[0].code}"
        raise StepError("no error")

    def conformance(self) -> str:
        """Check the mock server against the spec, with valid reads only: all phases take some minutes."""
        command = [
            *(sys.executable, "-m", "buildkite_rest.conformance"),
            *("--base-url", self.server.url, "--token", self.server.token, "--seed", "1"),
            *("--phases", "agreement"),
            *(option for tag in TAGS for option in ("--include-tag", tag)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            echo(done.stdout + done.stderr)
        expect(done.returncode == 0, "the mock server does not conform to the spec")
        return f"valid reads, {done.stdout.strip().splitlines()[-1]}"


def show(*parts: str | tuple[str, str]) -> None:
    """Print a line of text parts, each optionally with a style."""
    text = StringIO()
    Console(file=text, force_terminal=os.isatty(1) or None).print(Text.assemble(*parts), end="", soft_wrap=True)
    echo(text.getvalue())


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
    """Run the tour and return its exit status."""
    argparse.ArgumentParser(description="Demonstrate the client against the mock server.").parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may lack characters
    os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
    with TemporaryDirectory() as folder, MockServer() as server, ExitStack() as clients:
        tour = Tour(server, Path(folder), clients)
        show(("A tour of buildkite-rest", "bold"), f", against the mock server at {server.url}\n")
        steps: list[tuple[str, Callable[[], str]]] = [
            ("sign a JWT", tour.sign),
            ("read all pages of a list", tour.page),
            ("read it with asyncio", tour.page_async),
            ("run a build", tour.build),
            ("read a job log", tour.log),
            ("download an artifact", tour.artifact),
            ("handle a 404", tour.missing),
            ("handle a 422", tour.invalid),
            ("check against the spec", tour.conformance),
        ]
        for title, step in steps:
            started = time.perf_counter()
            try:
                result = step()
            except Exception as error:
                show(("✗", "red"), f" {title:24} {type(error).__name__}: {error}")
                return 1
            show(("✓", "green"), f" {title:24} {result} [{time.perf_counter() - started:.1f} s]")
    show(("\nAll steps passed.", "bold green"))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
