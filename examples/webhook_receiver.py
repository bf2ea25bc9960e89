"""Receive what Buildkite sends to a webhook, and print a line for each build that has finished.

    BUILDKITE_WEBHOOK_SECRET=… python examples/webhook_receiver.py --port 8080

The secret is the token of the webhook, which must be set up to send it as a signature. Two of them, with a space
between, are both good, for the time in which one takes the place of the other. What is not genuine is refused, and a
line on standard error says why. Needs the extra `mock`, for Starlette and uvicorn.
"""

from __future__ import annotations

import argparse
import os
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from buildkite_rest import WebhookError, models, webhooks

SECRET = "BUILDKITE_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable


async def read(request: Request) -> bytes:
    """Return the raw body. Reading stops when it is larger than `webhooks` would take."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > webhooks.MAX_BYTES:
            break
    return bytes(body)


def tell(event: webhooks.Event) -> None:
    """Print a line when a build has finished. The classes in the pattern leave out what was read leniently."""
    match event:
        case models.BuildFinishedEvent(
            build=models.WebhookBuild() as build, pipeline=models.WebhookPipeline() as pipeline
        ):
            print(f"{pipeline.slug} {build.number}: {build.state} {build.web_url}", flush=True)
        case _:
            pass


def make_app(secrets: list[str]) -> Starlette:
    """Return an application that takes deliveries at `/`."""

    async def receive(request: Request) -> Response:
        try:
            event = webhooks.receive(request.headers, await read(request), secret=secrets)
        except WebhookError as error:
            print(f"refused: {error}", file=sys.stderr, flush=True)
            return PlainTextResponse(f"{error}\n", status_code=400)
        except ClientDisconnect:
            return Response(status_code=400)
        tell(event)
        return Response(status_code=204)

    return Starlette(routes=[Route("/", receive, methods=["POST"])])


def port(text: str) -> int:
    """Read a port from the command line."""
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("must be from 0 to 65535")
    return value


def main() -> int:
    """Read the command line and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Print a line for each build that has finished.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=port, default=8080)
    options = parser.parse_args()
    secrets = os.environ.get(SECRET, "").split()
    if not secrets:
        print(f"there is no secret; set {SECRET} to the token of the webhook", file=sys.stderr)
        return 2
    uvicorn.run(make_app(secrets), host=options.host, port=options.port, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
