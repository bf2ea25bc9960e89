"""Checks of new objects: sent values, defaults, creator, time, id, and conflicts with existing objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_object, is_object
from ..agreement.differences import difference
from ..response_times import server_time
from ..traffic import Response
from .bench import CREATORS, Bench, Subject
from .checks import DEFAULT, LIST, RECORD, SECRET, VALUE
from .comparison import equivalent, lost_values, shown, slug_of
from .expectations import is_near
from .pointers import MISSING, resolve, without
from .returned import returned_difference
from .values import BodyRules, properties, request_schema

#: Minimum length of a value that must not be returned. Shorter ones may occur in other texts.
_MIN_SECRET: Final = 8
#: Characters of a masked value.
_MASK: Final = "X*\u2022\u2026"
#: A default that is made of another property, such as `$slug#/name`.
_SLUG: Final = "$slug"


def check_creation(bench: Bench, subject: Subject, sibling: Subject | None) -> None:
    """Check a new object in the response, in a read and in the list."""
    created, operation = subject.created, subject.kind.create
    assert created is not None and operation is not None  # noqa: S101, PT018 - for the type checker
    rules = BodyRules.of(request_schema(bench.spec, operation))

    hidden = rules.hidden(subject.body)
    values = {name: resolve(name, subject.sent) for name in hidden}
    secrets = [text for value in values.values() for text in _texts(value) if len(text) >= _MIN_SECRET]
    sent = bench.bodies.with_ids_for_slugs(without(subject.sent, hidden), subject.values)

    def lost(found: object) -> Iterator[str]:
        yield from lost_values(rules.comparable(sent, found), found, rules.pointers)

    bench.report(VALUE, lost(subject.body), created, created)
    bench.report(RECORD, record_problems(bench, subject), created, created)
    messages = default_problems(subject.sent, rules, subject.body, lambda value: referenced(bench, subject, value))
    bench.report(DEFAULT, messages, created, created)

    def shown_secret(response: Response) -> Iterator[str]:
        if any(secret in response.text for secret in secrets):
            yield f"the response contains the value of {' or '.join(sorted(rules.write_only))}"

    def mask_problems(found: object) -> Iterator[str]:
        for name, value in values.items():
            shown_value = resolve(rules.pointers.get(name, name), found)
            if isinstance(shown_value, str) and not str(value).endswith(shown_value.lstrip(_MASK)):
                yield f"{name} is {shown(shown_value)}, which is not masked except for its last characters"

    bench.report(SECRET, shown_secret(created), created, created)
    bench.report(SECRET, mask_problems(subject.body), created, created)
    if sibling is not None and subject.values == sibling.values:
        message = f"two objects have the same {subject.kind.parameter} {shown(subject.values[subject.kind.parameter])}"
        bench.report(RECORD, [message], created, sibling.created or created)
    if sibling is not None:
        bench.report(SECRET, same_secrets(bench, subject, sibling), created, sibling.created or created)
    if subject.kind.get is not None:
        bench.check(
            VALUE,
            subject.kind.get,
            subject.values,
            lambda response: lost(response.body) if response.ok else (),
            created,
        )
        bench.check(SECRET, subject.kind.get, subject.values, shown_secret, created)
        bench.check(
            RECORD, subject.kind.get, subject.values, lambda response: _read_problems(bench, subject, response), created
        )
    item, page = bench.find(subject)
    if page is not None:
        bench.report(SECRET, shown_secret(page), page, created)
    if page is not None and item is not None:
        bench.report(VALUE, lost(item), page, created)
    bench.report(
        LIST,
        ["the new object is not in the list"] if page is not None and item is None else [],
        page or created,
        created,
    )


def same_secrets(bench: Bench, subject: Subject, sibling: Subject) -> Iterator[str]:
    """Yield the credentials that the server has made for two objects."""
    assert subject.kind.create is not None  # noqa: S101 - for the type checker
    schema = bench.spec.resolve(bench.spec.response_schema(subject.kind.create))
    for name, node in properties(bench.spec, schema).items():
        value = as_object(subject.body).get(name)
        is_made = "x-returned-by" in node and node.get("x-secret") and name not in subject.sent
        if is_made and value is not None and value == as_object(sibling.body).get(name):
            yield f"two objects have the same {name}"


def _texts(value: object) -> Iterator[str]:
    """Yield a text, or the texts in an object."""
    if isinstance(value, str):
        yield value
    for each in as_object(value).values():
        yield from _texts(each)


def _read_problems(bench: Bench, subject: Subject, response: Response) -> Iterator[str]:
    """Yield the difference of an object from the response to its creation, in what does not change by itself."""
    message = returned_difference(bench.spec, subject.kind.get, subject.body, response.body)
    if response.ok and message is not None:
        yield f"the response to the creation differs from the object: {message}"


def record_problems(bench: Bench, subject: Subject) -> Iterator[str]:
    """Yield what is wrong about the time and the creator of a new object."""
    body, created = as_object(subject.body), subject.created
    assert created is not None  # noqa: S101
    if "created_at" in body and not is_near(body["created_at"], server_time(created.headers)):
        yield f"created_at is {body['created_at']}, but the object was created at {server_time(created.headers)}"
    for name in CREATORS:
        creator = as_object(body.get(name))
        if bench.user is not None and "id" in creator and creator["id"] != bench.user:
            yield f"{name} is {creator['id']} instead of the token's user {bench.user}"
        elif creator and (message := difference(creator, bench.account, name)) is not None:
            yield f"{message} of the token's user"


def referenced(bench: Bench, subject: Subject, value: Any) -> Any:
    """Return a default, or the value of another object that it refers to, as in `$getPipeline#/default_branch`."""
    if is_object(value):
        return {name: referenced(bench, subject, each) for name, each in value.items()}
    if not (isinstance(value, str) and value.startswith("$")):
        return value
    name, _, pointer = value.removeprefix("$").partition("#")
    if name == "user":
        return resolve(pointer, bench.account)
    operation = next((each for each in bench.spec.operations if each.id == name), None)
    if operation is None or not set(operation.parameters) <= subject.values.keys():
        return MISSING
    response = bench.read(operation, subject.values)
    return resolve(pointer, response.body) if response.ok else MISSING


def default_problems(
    sent: Mapping[str, Any], rules: BodyRules, found: object, referenced: Callable[[Any], Any] = lambda value: value
) -> Iterator[str]:
    """Yield a message for each property that was not sent and does not have its documented default."""
    parts = tuple(f"{rules.pointers[name]}/" for name in sent if name in rules.pointers)
    for name, value in rules.defaults.items():
        if name.startswith(parts):
            continue  # the part of a sent property
        returned = resolve(rules.pointers.get(name, name), found)
        is_omitted = name not in sent or (sent[name] is None and name in rules.null_means_default)
        if not is_omitted or returned is MISSING:
            continue
        source, _, pointer = value.partition("#") if isinstance(value, str) else ("", "", "")
        if source == _SLUG:
            expected = slug_of(str(resolve(pointer, found)))
            if not str(returned).startswith(expected):  # a number may make it unique
                yield f"{name} is {shown(returned)} instead of {shown(expected)}, from {pointer.strip('/')}"
            continue
        default = referenced(value)
        if default is not MISSING and (not equivalent(default, returned) or (default is None and returned == "")):
            yield f"{name} is {shown(returned)} instead of the default {shown(default)}"
