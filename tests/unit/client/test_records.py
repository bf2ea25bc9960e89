"""Value objects of the client: immutable, comparable, picklable, and no data."""

import copy
import pickle

import pytest
from rich.pretty import pretty_repr

from buildkite_rest import (
    GraphQLErrorEntry,
    InvalidField,
    RateLimit,
    RateLimitPacing,
    RateLimits,
    RawResponse,
    RetryPolicy,
    Timing,
    Wait,
)
from buildkite_rest._base.records import Record

LIMIT = RateLimit("rest", 200, 3, 41)
RECORDS = [
    LIMIT,
    RateLimits(LIMIT, None),
    RetryPolicy(max_retries=1),
    RateLimitPacing(reserve=0.5),
    Timing(),
    Wait("getBuild", 1.5, None),
    InvalidField("branch", "invalid", "x"),
    GraphQLErrorEntry("no", ("build", 0), ((1, 9),), {"code": "x"}),
    RawResponse({"id": 1}, 200, {"X": "y"}, b"{}", "getBuild"),
]
COPIES = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
@pytest.mark.parametrize("copied", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_a_copy_is_equal(record, copied):
    again = copied(record)
    assert (type(again), again) == (type(record), record)


@pytest.mark.parametrize("show", [repr, pretty_repr], ids=["repr", "rich"])
@pytest.mark.parametrize(
    ("record", "text"),
    [
        (LIMIT, "RateLimit(scope='rest', limit=200, remaining=3, reset=41)"),
        (InvalidField("a\nb", None, "s3cret"), r"InvalidField(field='a\nb', code=None)"),
        (
            GraphQLErrorEntry("no", ("a",), (), {"code": "s3cret"}),
            "GraphQLErrorEntry(message='no', path=('a',), locations=())",
        ),
        (RawResponse([1], 200, {"X": "s3cret"}, b"s3cret", "x"), "RawResponse(parsed=[1], status=200)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Record) else "",
)
def test_the_text_omits_secrets(show, record, text):
    assert show(record) == text
