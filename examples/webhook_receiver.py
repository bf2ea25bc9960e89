"""Receive what Buildkite sends to a webhook, and print a line for each build that has finished.

    BUILDKITE_WEBHOOK_SECRET=… python examples/webhook_receiver.py --port 8080

The secret is the token of the webhook, which must be set up to send it as a signature. Two of them, with a space
between, are both good, for the time in which one takes the place of the other. What is not genuine is refused, and a
line on standard error says why. When a line cannot be printed, the delivery fails with 503 and the server stops. Needs
the extra `mock`, for Starlette and uvicorn.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from collections.abc import Callable
from io import TextIOWrapper

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from buildkite_rest import ConfigurationError, WebhookError, models, webhooks

SECRET = "BUILDKITE_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable

logger = logging.getLogger("webhook_receiver")


async def read(request: Request) -> bytes:
    """Return the raw body. Reading stops when it is larger than `webhooks` accepts."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > webhooks.MAX_BYTES:
            break
    return bytes(body)


def report(event: webhooks.Event) -> None:
    """Print a line when a build has finished. The classes in the pattern leave out what was read leniently."""
    match event:
        case models.BuildFinishedEvent(
            build=models.WebhookBuild() as build, pipeline=models.WebhookPipeline() as pipeline
        ):
            echo(f"{pipeline.slug} {build.number}: {build.state} {build.web_url}")
        case _:
            pass


def make_app(secrets: list[str], stop: Callable[[SystemExit], object]) -> Starlette:
    """Return an application that receives deliveries at `/`, and calls `stop` when it cannot print."""
    failed: list[SystemExit] = []

    async def receive(request: Request) -> Response:
        try:
            event = webhooks.receive(request.headers, await read(request), secret=secrets)
        except WebhookError as error:
            logger.warning("refused: %s", error)
            return PlainTextResponse(f"{error}\n", status_code=400)
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            if failed:
                raise failed[0]
            report(event)
        except SystemExit as error:
            failed.append(error)
            stop(error)
            return Response(status_code=503)
        return Response(status_code=204)

    return Starlette(routes=[Route("/", receive, methods=["POST"])])


def serve(secrets: list[str], host: str, port: int) -> None:
    """Serve until Ctrl-C, or until nothing can be printed."""
    errors: list[SystemExit] = []

    def stop(error: SystemExit) -> None:
        errors.append(error)
        server.should_exit = True

    # uvicorn's own configuration of logging fails without a standard output.
    config = uvicorn.Config(make_app(secrets, stop), host=host, port=port, log_config=None, log_level="warning")
    server = uvicorn.Server(config)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    except SystemExit:  # it cannot listen, and has logged why
        sys.exit(2)
    if errors:
        raise errors[0]


def address(text: str) -> str:
    """Read a host from the command line. An empty one would be all addresses of the machine."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty; 0.0.0.0 is all addresses")
    try:
        socket.getaddrinfo(text, None)
    except (OSError, UnicodeError):
        raise argparse.ArgumentTypeError("is not the name or address of a host") from None
    return text


def port(text: str) -> int:
    """Read a port from the command line."""
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("must be from 0 to 65535")
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
    """Read the command line and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Print a line for each build that has finished.")
    parser.add_argument("--host", type=address, default="127.0.0.1")
    parser.add_argument("--port", type=port, default=8080)
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may have no notation for all characters
    secrets = os.environ.get(SECRET, "").split()
    if not secrets:
        parser.exit(2, f"there is no secret; set {SECRET} to the token of the webhook\n")
    try:
        for secret in secrets:
            webhooks.sign(b"", secret=secret)
    except ConfigurationError as error:
        parser.exit(2, f"{SECRET}: {error}\n")
    serve(secrets, options.host, options.port)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
