"""Decoding of deliveries into events."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

import msgspec

from .._base.errors import WebhookError
from .._base.json_values import DepthError, is_object, loads
from .._decoding.json_text import create_decoder
from .._decoding.lenient import MISMATCH, attempt, build_leniently, mismatch_in
from .._decoding.unknown_objects import UnknownObject, UnknownVariant
from ._signing import Headers, RawBody, verify

if TYPE_CHECKING:
    from _buildkite_rest.models import WebhookEvent

_EVENT_NAME: Final = re.compile(r"[!-~]{1,100}")

_logger = logging.getLogger("buildkite_rest")
_reported = set[str]()
Event: TypeAlias = "WebhookEvent | UnknownEvent"
"""The result of `parse` and `receive`, distinguished by `event`."""


class UnknownEvent(UnknownObject):
    """An event that the spec does not describe.

    It is the decoded body, whose fields can also be read as attributes. Its `event` is None, which no other event has,
    so `event` distinguishes all of them.
    """

    __slots__ = ("name",)
    __match_args__ = ("name", "data")

    event: ClassVar[None] = None
    """None, unlike that of any other event."""
    name: str | None
    """The name of the event in the body: 1 to 100 printable ASCII characters without spaces.

    It is None if the body has no `event`, like some deliveries of Test Engine, whose name is in the header
    `X-Buildkite-Event` only.
    """

    def __init__(self, name: str | None, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return UnknownEvent, (self.name, self.data)

    def __repr__(self) -> str:
        # The body may contain a secret.
        return f"UnknownEvent(name={self.name!r})"


def parse(body: RawBody, *, strict: bool = False) -> WebhookEvent | UnknownEvent:
    """Decode the event of a delivery, without verifying it.

    A body that does not match the spec is decoded leniently, like a response of the API, and logged once per event: a
    value of another type is preserved, and a missing one is None.

    An integer of more than 4300 digits is a str, because Python does not convert it.

    Args:
        body: The raw body of the request: `bytes`, `bytearray` or `memoryview`.
        strict: Raise `WebhookError` for a known event that does not match the spec, instead of decoding it leniently.

    Raises:
        WebhookError: The body is not a JSON object in UTF-8, or its `event` is not the name of an event.
    """
    text: str | None = None
    with suppress(UnicodeDecodeError):
        text = bytes(body).decode()
    if text is None:  # Not in an `except` block: the context of the exception would have the whole body.
        raise WebhookError("the body is not UTF-8")
    event = attempt(_decoder().decode, text)
    if event is not MISMATCH:
        return event  # type: ignore[no-any-return]
    data = _load(text)
    name = data.get("event")
    if "event" in data and (not isinstance(name, str) or _EVENT_NAME.fullmatch(name) is None):
        raise WebhookError("event in the body is not the name of an event")
    event = attempt(msgspec.convert, data, _decoder().type)
    if event is not MISMATCH:  # Only a duplicate of a key, or a number out of range, did not match.
        return event  # type: ignore[no-any-return]
    event = build_leniently(_decoder().type, data)
    if isinstance(event, UnknownVariant):
        return UnknownEvent(name, data)
    mismatch = f"{mismatch_in(_decoder(), text)}"
    if strict:
        raise WebhookError(f"{name}: the body does not match the spec: {mismatch}")
    if str(name) not in _reported:
        _reported.add(str(name))
        _logger.warning("%s: the webhook does not match the spec, decoded leniently: %s", name, mismatch)
    return event  # type: ignore[no-any-return]  # A known tag selects a member of the union.


def _load(text: str) -> dict[str, Any]:
    data, problem = None, "the body is not a JSON object"
    try:
        data = loads(text)
    except DepthError:
        problem = "the body is nested too deeply"
    except ValueError:
        problem = "the body is not JSON"
    if not is_object(data):
        raise WebhookError(problem)
    return data


@cache
def _decoder() -> msgspec.json.Decoder[WebhookEvent]:
    """Return the decoder. The models are imported at the first delivery."""
    from _buildkite_rest.models import WebhookEvent  # noqa: PLC0415

    return create_decoder(WebhookEvent)


def receive(
    headers: Headers,
    body: RawBody,
    *,
    secret: str | Sequence[str] | None = None,
    token: str | Sequence[str] | None = None,
    tolerance: float = 300,
    now: Callable[[], float] = time.time,
    strict: bool = False,
) -> WebhookEvent | UnknownEvent:
    """Verify a delivery and return its event. The body is only decoded after it was verified.

    Args:
        headers: The headers of the request.
        body: The raw body of the request: `bytes`, `bytearray` or `memoryview`.
        secret: The token of a webhook that signs deliveries, or several while one replaces another.
        token: The token of a webhook that sends it in clear text, or several while one replaces another.
        tolerance: Seconds that the timestamp of a signature may be before or after now.
        now: The clock. Returns seconds since 1970.
        strict: Raise `WebhookError` for a known event that does not match the spec, instead of decoding it leniently.

    Raises:
        WebhookError: The delivery is not genuine, or `parse` cannot decode it.
        ConfigurationError: A secret or token is empty or invalid.
        TypeError: Not exactly one of `secret` and `token` is passed.
    """
    verify(headers, body, secret=secret, token=token, tolerance=tolerance, now=now)
    return parse(body, strict=strict)
