"""The events of deliveries."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, TypeAlias, get_args

import msgspec

from .._base.errors import WebhookError
from .._base.json_values import is_object, loads
from .._base.safe_text import safe_excerpt
from .._decoding.lenient import UnknownObject, UnknownVariant, build_leniently
from ._delivery import EVENT, MAX_BYTES, Body, Headers, header, limited_body

if TYPE_CHECKING:
    from _buildkite_rest.models import WebhookEvent

_NAME: Final = re.compile(r"[!-~]{1,100}")
_SHOWN: Final = 200

_logger = logging.getLogger("buildkite_rest")
_reported = set[str]()


class UnknownEvent(UnknownObject):
    """An event that the spec does not describe.

    It is the decoded body, whose fields can also be read as attributes. `event` is None, as for no other event, so
    comparing `event` distinguishes all of them.
    """

    __slots__ = ("name",)
    __match_args__ = ("name", "data")

    event: ClassVar[None] = None
    name: str | None
    """The name of the event in the body; None when there is no name, as in some deliveries of Test Engine."""

    def __init__(self, name: str | None, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.name = name

    def __repr__(self) -> str:
        # The body may contain a secret.
        return f"UnknownEvent(name={self.name!r})"


Event: TypeAlias = "WebhookEvent | UnknownEvent"
"""What `parse` and `receive` return. `event` tells which it is."""


def parse(
    body: Body, *, headers: Headers | None = None, strict: bool = False, max_bytes: int = MAX_BYTES
) -> WebhookEvent | UnknownEvent:
    """Return what a delivery says. Whether it is genuine only `verify` tells.

    A body that does not match the description is read leniently, as answers of the API are, and logged once for each
    event: a value of another type is kept as it is, and a missing one is None. A
    lone surrogate, which could not be written again, is replaced by U+FFFD, also under `strict`; of keys that are then
    equal the last one counts, as of all duplicate keys in JSON. An integer of more digits than Python converts (4300)
    is read as the text of its digits.

    Args:
        body: The raw body of the request: `bytes`, `bytearray` or `memoryview`.
        headers: The headers of the request. When they are given, `X-Buildkite-Event` must name the event of the body,
            which may name none if the description does not know the event.
        strict: Refuse a known event that does not match the description, instead of reading it leniently.
        max_bytes: Size of the largest body that is read, at least 1.

    Raises:
        WebhookError: The body is not a JSON object in UTF-8, or the headers name another event.
        TypeError: An argument has another type. This is an error of the receiver.
        ValueError: `max_bytes` is less than 1.
    """
    event = _read(limited_body(body, max_bytes), strict)
    if headers is not None:
        _check_header(event, header(headers, EVENT))
    return event


def _check_header(event: WebhookEvent | UnknownEvent, announced: str | None) -> None:
    """The message does not show the header: by mistake it may be the token."""
    if announced is None:
        raise WebhookError(f"{EVENT} is missing")
    if isinstance(event, UnknownEvent):
        name, body = event.name, "names no event" if event.name is None else "names an unknown event"
        if name is None and announced not in _known():
            return  # Some deliveries name their event in the header only.
    else:
        name, body = event.event, f"names {event.event}"
    if announced != name:
        raise WebhookError(f"{EVENT} does not name the event of the body, which {body}")


@cache
def _known() -> frozenset[object]:
    """Return the names of all events that the description knows, each of which stands in the body too."""
    return frozenset(event.__struct_config__.tag for event in get_args(_decoder().type))


def _read(body: bytes, strict: bool) -> WebhookEvent | UnknownEvent:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise WebhookError("the body is not UTF-8") from None
    if "\\ud" in text or "\\uD" in text:
        text = replace_lone_surrogates(text)
    try:
        return _decoder().decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        mismatch = safe_excerpt(str(error), _SHOWN)
    data = _load(text)
    name = _name(data)
    event = build_leniently(_decoder().type, data)
    if isinstance(event, UnknownVariant):
        return UnknownEvent(name, data)
    if strict:
        raise WebhookError(f"{name}: the body does not match the description: {mismatch}")
    _report(str(name), mismatch)
    return event  # type: ignore[no-any-return]  # A known tag makes one of the union.


def _load(text: str) -> dict[str, Any]:
    try:
        data = loads(text, _refuse)
    except RecursionError:
        raise WebhookError("the body is nested too deeply") from None
    except ValueError:
        raise WebhookError("the body is no JSON") from None
    if not is_object(data):
        raise WebhookError("the body is no JSON object")
    return data


def _refuse(constant: str) -> NoReturn:
    """Python reads NaN and Infinity, which are no JSON."""
    raise ValueError(constant)


def _name(data: dict[str, Any]) -> str | None:
    """The name of an unknown event will be printed and compared, so it must be one."""
    if "event" not in data:
        return None
    name = data["event"]
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise WebhookError("event in the body is no name of an event")
    return name


def _report(name: str, mismatch: str) -> None:
    if name not in _reported:
        _reported.add(name)
        _logger.warning("%s: the webhook does not match the description, read leniently: %s", name, mismatch)


@cache
def _decoder() -> msgspec.json.Decoder[WebhookEvent]:
    """The models are imported when the first delivery comes."""
    from _buildkite_rest.models import WebhookEvent  # noqa: PLC0415

    return msgspec.json.Decoder(WebhookEvent)


#: An escaped backslash, which begins no other escape; a pair; and, as the only group, a lone surrogate.
_ESCAPE: Final = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def replace_lone_surrogates(text: str) -> str:
    """Return JSON in which U+FFFD is in the place of each escaped surrogate that is not one of a pair."""
    return _ESCAPE.sub(lambda escape: r"\ufffd" if escape[1] else escape[0], text)
