"""The spec and the models match the examples of Buildkite's documentation.

The collection of examples is not part of the project, so these tests are skipped without it.
"""

import json
import re
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import pytest
from attrs import frozen
from tests.each import check_each
from tests.unit.client.openapi_document import Described, described, problems

from _buildkite_rest.operations import all_operations
from _buildkite_rest.types import parse_datetime
from buildkite_rest import DecodeError, UnknownVariant
from buildkite_rest._decoding.decoder import Decoder
from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.exchange import Exchange, Request
from buildkite_rest.conformance.rules import Context, problems_of

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
ANY_OPERATION = "ANY"
API = Api.load()
#: Rules of bodies that do not need the request, which the documentation does not show.
CHECKS = {"body_consistency", "url_consistency", "id_consistency", "time_consistency", "job_count_consistency"}

_PAGES = "buildkite+docs:pages"
_ECHO = "the example is the request: it has no id, and a field with another name than in responses"

WRONG = {
    f"{_PAGES}/apis/rest_api/user.md:15": "the hour of `created_at` is 56",
    f"{_PAGES}/apis/rest_api/teams.md:146": _ECHO,
    f"{_PAGES}/apis/rest_api/teams.md:245": _ECHO,
    f"{_PAGES}/apis/rest_api/teams/pipelines.md:86": "`access_level` is not one of the three values of the page",
}
"""Published responses that are invalid, and why."""

WRONG_REQUESTS = {
    f"{_PAGES}/pipelines/security/clusters/rules/manage.md:33": "`rule`, where the page of the API says `type`",
}
"""Published requests that are invalid, and why."""

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"there is no collection of examples in {CORPUS}")

RECORDS = {operation.id: operation for _, _, operation in all_operations() if operation.returns == "json"}
SUCCESSES = {(operation.id, status) for _, _, operation in all_operations() for status in operation.success}


@frozen
class Example:
    """One published body."""

    source: str
    method: str
    path: str
    status: int
    body: Any

    @cached_property
    def operation(self) -> Described | None:
        """The operation of the example. The documentation may have other names for parameters."""
        return _BY_SHAPE.get((self.method, shape(self.path)))

    def __str__(self) -> str:
        """Return the id of the test case."""
        return f"{self.source.rpartition('/')[2]}-{self.method}-{self.status or 'request'}"


def shape(path: str) -> str:
    """Return `path` without names of parameters, query and trailing slash."""
    return re.sub(r"\{[^}]*\}", "{}", path.partition("?")[0]).rstrip("/")


_BY_SHAPE = {(operation.method, shape(operation.path)): operation for operation in described().values()}


def lines(name: str) -> list[dict[str, Any]]:
    """Return the lines of a file of the collection that have a body."""
    if not CORPUS.is_dir():
        return []
    found = [json.loads(line) for line in (CORPUS / name).read_text(encoding="utf-8").split("\n") if line]
    return [line for line in found if "body" in line]


def examples(name: str) -> list[Example]:
    return [
        Example(line["source"], line["method"], line["path"], line.get("status", 0), line["body"])
        for line in lines(name)
    ]


RESPONSES = examples("docs.jsonl")
REQUESTS = examples("requests.jsonl")
RIGHT = [each for each in RESPONSES if each.operation and each.source not in WRONG]
DEFECT = [each for each in RESPONSES if each.operation and each.source in WRONG]
RIGHT_REQUESTS = [each for each in REQUESTS if each.operation and each.source not in WRONG_REQUESTS]
DEFECT_REQUESTS = [each for each in REQUESTS if each.operation and each.source in WRONG_REQUESTS]
SHARED = [each for each in RESPONSES if each.method == ANY_OPERATION]


def is_success(example: Example) -> bool:
    return (example.operation.id, example.status) in SUCCESSES


def by_source(chosen: list[Example]) -> dict[str, tuple[Example]]:
    return {f"{number} {example}": (example,) for number, example in enumerate(chosen, 1)}


def mismatches(example: Example) -> list[str]:
    pointer = example.operation.response(example.status)
    assert pointer is not None, f"{example.operation.id} has no JSON body for {example.status}"
    return problems(pointer, example.body)


def test_a_published_response_matches_the_spec():
    check_each(by_source(RIGHT), check_response)


def check_response(example):
    assert mismatches(example) == []


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
def test_a_published_response_is_decoded_strictly():
    check_each(by_source([each for each in RIGHT if is_success(each)]), check_decoding)


def check_decoding(example):
    record = RECORDS[example.operation.id]
    read = Decoder(strict=True).decode(record, json.dumps(example.body).encode())
    assert lost(example.body, read) == []


def test_a_published_error_has_a_message():
    check_each(by_source([each for each in RIGHT if not is_success(each)]), check_message)


def check_message(example):
    """`APIStatusError.message` contains it."""
    assert isinstance(example.body["message"], str)


@pytest.mark.parametrize("example", SHARED, ids=str)
def test_a_shared_error_matches_the_spec(example):
    statuses = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 429: "TooManyRequests"}
    pointer = f"/components/responses/{statuses[example.status]}/content/application~1json/schema"
    assert problems(pointer, example.body) == []


def test_a_published_request_matches_the_spec():
    check_each(by_source(RIGHT_REQUESTS), check_request)


def check_request(example):
    assert example.operation.body is not None, f"{example.operation.id} has no body"
    assert problems(example.operation.body, example.body) == []


@pytest.mark.parametrize("example", DEFECT, ids=str)
def test_an_invalid_response_is_decoded_leniently_without_loss(example):
    assert mismatches(example) != []
    record, content = RECORDS[example.operation.id], json.dumps(example.body).encode()
    with pytest.raises(DecodeError, match="does not match the spec"):
        Decoder(strict=True).decode(record, content)
    assert lost(example.body, Decoder(strict=False).decode(record, content)) == []


@pytest.mark.parametrize("example", DEFECT_REQUESTS, ids=str)
def test_an_invalid_request_does_not_match_the_spec(example):
    assert problems(example.operation.body, example.body) != []


EDITED = [
    (r"graphql_id is that of [0-9a-f-]{36} instead of", "one of two ids was replaced"),
    (r"graphql_id is not the Base64 of .*: TEAM_GRAPHQL_ID", "an id was replaced"),
    (r"(url is that of my-agent instead of|web_url does not contain my-agent)", "the URL has the agent's name"),
    (r"pipeline: (builds_)?url is that of my-pipeline instead of", "the nested pipeline has no slug"),
    (r"url is that of 1 instead of f62a1b4d", "the build has no number"),
    (r"^(download_)?url is that of 5c12c7f7", "the second item has the URLs of the first"),
    (r"state is 'scheduled', but (finished_at|started_at|exit_status|agent) is", "only the state was edited"),
    (r"exit_status is 0, but state is 'scheduled'", "only the state was edited"),
    (r"default_queue_url does not contain default_queue_id", "one of two ids was replaced"),
    (r"url has the cluster_id 42f1a7da.*, cluster_url .* has 01885682", "the URL has the id of a queue"),
    (r"url has the org my-org, .* has {org.slug}", "a placeholder"),
    (r"cancel_reason is 'reason for a canceled build', but", "a placeholder"),
    (r"url is not a URL: 'https:://", "a typing error"),
    (r"has another origin than the request: http://api.buildkite.com/", "the scheme of the docs' own server"),
]
"""Inconsistencies of published responses, and what their authors did."""


def test_a_published_response_is_consistent():
    check_each(by_source([each for each in RESPONSES if each.operation and is_success(each)]), check_consistency)


def check_consistency(example):
    """Documentation is edited by hand. A message that is not listed needs a narrower rule, or a reason."""
    operation = API.by_id[example.operation.id]
    content, url = json.dumps(example.body).encode(), "https://api.buildkite.com/v2/"
    headers = {"Content-Type": "application/json"}
    published = Exchange(Request(operation, {}), example.status, headers, content, url)

    found = [
        message
        for check, message in problems_of(published, Context(API))
        if check in CHECKS and not any(re.search(edit, message) for edit, _ in EDITED)
    ]

    assert found == []


def test_the_invalid_examples_are_few_and_current():
    assert len(WRONG) + len(WRONG_REQUESTS) <= 9  # and one more in test_webhook_examples.py
    assert {example.source for example in DEFECT} == set(WRONG)
    assert {example.source for example in DEFECT_REQUESTS} == set(WRONG_REQUESTS)


def test_all_examples_are_tested():
    """Each example of an operation of the spec is in one of the lists above, by an independent count."""
    patterns = [
        (operation.method, re.compile(re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(operation.path.rstrip("/")))))
        for operation in described().values()
    ]

    def is_known(line: dict[str, Any]) -> bool:
        path = line["path"].split("?")[0].rstrip("/")
        return any(line["method"] == method and pattern.fullmatch(path) for method, pattern in patterns)

    responses, requests = lines("docs.jsonl"), lines("requests.jsonl")
    assert len(RIGHT) + len(DEFECT) == len([line for line in responses if is_known(line)]) > 0
    assert len(SHARED) == len([line for line in responses if line["method"] == ANY_OPERATION]) > 0
    assert len(RIGHT_REQUESTS) + len(DEFECT_REQUESTS) == len([line for line in requests if is_known(line)]) > 0


def lost(data: Any, read: Any, path: str = "$") -> list[str]:
    """Return the paths in `data` that the spec has and `read` does not."""
    if isinstance(read, UnknownVariant):
        return lost(data, read.data, path)
    if isinstance(read, msgspec.Struct):
        names = dict(zip(read.__struct_encode_fields__, read.__struct_fields__, strict=True))
        known = [(key, getattr(read, names[key])) for key in data if key in names]
        return [each for key, value in known for each in lost(data[key], value, f"{path}.{key}")]
    if isinstance(read, datetime):
        return [] if parse_datetime(data) == read else [path]
    if isinstance(data, dict | list) and type(data) is type(read) and len(data) == len(read):
        keys = list(data) if isinstance(data, dict) else range(len(data))
        return [each for key in keys for each in lost(data[key], read[key], f"{path}.{key}")]
    return [] if data == read else [path]
