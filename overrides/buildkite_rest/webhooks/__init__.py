"""Verification and parsing of webhook deliveries.

    from buildkite_rest import WebhookError, webhooks

    try:
        event = webhooks.receive(request.headers, body, secret=secret)
    except WebhookError as error:
        return refuse(str(error))
    if event.event == "build.finished":
        print(event.build.number, event.build.state)

`verify` checks that a delivery is genuine, `parse` decodes its body, and `receive` does both. `sign` returns the header
of a signed delivery for tests. They do no I/O, so they work in blocking and asynchronous servers.

The headers are any mapping, or another object with `items()`, such as the environment of a WSGI server. Their names are
case-insensitive; names and values may be `str` or `bytes`. The body is the raw body of the request: the signature does
not match JSON that was decoded and encoded again.
"""

from _buildkite_rest.public_names import name_classes

from ._events import Event, UnknownEvent, parse, receive
from ._signing import Headers, sign, verify

__all__ = ["Event", "Headers", "UnknownEvent", "parse", "receive", "sign", "verify"]

name_classes(globals())
