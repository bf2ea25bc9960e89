"""What Buildkite sends to a webhook: is it genuine, and what does it tell?

    from buildkite_rest import WebhookError, webhooks

    try:
        event = webhooks.receive(request.headers, body, secret=secret)
    except WebhookError as error:
        return refuse(str(error))
    if event.event == "build.finished":
        print(event.build.number, event.build.state)

`verify` tells whether a delivery is genuine, `parse` what it tells, and `receive` does both. `sign` makes the header of
a delivery for tests. None of them does any I/O, so they serve blocking and asynchronous servers alike.

The headers are whatever the server has: any mapping, or another object with `items()`. The case of the names does not
matter, names and values may be text or bytes, and the environment of a WSGI server will do. The body is the raw body,
the bytes as they came: from JSON that was read and written again no signature can be verified.
"""

from ._delivery import MAX_BYTES as MAX_BYTES
from ._delivery import Headers as Headers
from ._events import Event as Event
from ._events import UnknownEvent as UnknownEvent
from ._events import parse as parse
from ._receive import receive as receive
from ._signing import sign as sign
from ._signing import verify as verify

__all__ = ["MAX_BYTES", "Event", "Headers", "UnknownEvent", "parse", "receive", "sign", "verify"]
