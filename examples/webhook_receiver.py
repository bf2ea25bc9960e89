"""Receive webhook deliveries, and print a line for each finished build.

    BUILDKITE_WEBHOOK_SECRET=… python examples/webhook_receiver.py --port 8080

The secret is the token of the webhook, which must be set up to send a signature. To rotate it, set both the old and the
new one, separated by a space. A delivery that is not genuine is refused, and the reason is logged to standard error. If
a line cannot be printed, the delivery fails with 503 and the server stops. Needs the extra `mock`, for Starlette and
uvicorn.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from buildkite_rest import ConfigurationError, WebhookError, models, webhooks

SECRET_VARIABLE = "BUILDKITE_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
MAX_BYTES = 10_000_000

Handler: TypeAlias = Callable[[webhooks.Event], object]

logger = logging.getLogger("webhook_receiver")


async def read_body(request: Request) -> bytes:
    """Return the raw body. Reading stops when it is too large, and its signature is then wrong."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            break
    return bytes(body)


def report(event: webhooks.Event) -> None:
    """Print a line for a finished build. The class patterns skip values of another type, which decoding lets pass."""
    match event:
        case models.BuildFinishedEvent(
            build=models.WebhookBuild() as build, pipeline=models.WebhookPipeline() as pipeline
        ):
            echo(f"{pipeline.slug} {build.number}: {build.state} {build.web_url}")
        case _:
            pass


def make_app(secrets: list[str], stop: Callable[[SystemExit], object], handle: Handler = report) -> Starlette:
    """Return an application that receives deliveries at `/`, and calls `stop` when it cannot print."""
    failures: list[SystemExit] = []

    async def receive(request: Request) -> Response:
        try:
            event = webhooks.receive(request.headers, await read_body(request), secret=secrets)
        except WebhookError as error:
            logger.warning("refused: %s", error)
            return PlainTextResponse(f"{error}\n", status_code=400)
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            if failures:
                raise failures[0]
            await run_in_threadpool(handle, event)
        except SystemExit as error:
            failures.append(error)
            stop(error)
            return Response(status_code=503)
        return Response(status_code=204)

    return Starlette(routes=[Route("/", receive, methods=["POST"])])


def serve(secrets: list[str], host: str, port: int, handle: Handler) -> None:
    """Serve until Ctrl-C, or until nothing can be printed."""
    errors: list[SystemExit] = []

    def stop(error: SystemExit) -> None:
        errors.append(error)
        server.should_exit = True

    # uvicorn's default logging configuration fails without a standard output.
    config = uvicorn.Config(make_app(secrets, stop, handle), host=host, port=port, log_config=None, log_level="warning")
    server = uvicorn.Server(config)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    except SystemExit:  # uvicorn cannot listen, and has logged the reason
        sys.exit(2)
    if errors:
        raise errors[0]


def host(text: str) -> str:
    """Parse a host name or IP address. An empty one would listen on all addresses of the machine."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty. Use 0.0.0.0 to listen on all addresses.")
    try:
        socket.getaddrinfo(text, None)
    except (OSError, UnicodeError):
        raise argparse.ArgumentTypeError("is not a known host name or IP address") from None
    return text


def port(text: str) -> int:
    """Parse a port number."""
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


def main(
    make_handler: Callable[[], Handler] = lambda: report, description: str = "Print a line for each finished build."
) -> int:
    """Parse the command line and serve until Ctrl-C. Each event is passed to a handler, in a thread."""
    parser = argparse.ArgumentParser(description=f"Receive webhook deliveries. {description}")
    parser.add_argument("--host", type=host, default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=port, default=8080, help="port to listen on (default: 8080)")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may lack characters
    secrets = os.environ.get(SECRET_VARIABLE, "").split()
    if not secrets:
        parser.exit(2, f"{SECRET_VARIABLE} is not set. Set it to the token of the webhook.\n")
    try:
        for secret in secrets:
            webhooks.sign(b"", secret=secret)
    except ConfigurationError as error:
        parser.exit(2, f"{SECRET_VARIABLE}: {error}\n")
    try:
        handle = make_handler()
    except ConfigurationError as error:
        parser.exit(2, f"{error}\n")
    serve(secrets, options.host, options.port, handle)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
