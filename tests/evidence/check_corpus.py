"""The spec and the models match a collection of JSON bodies that Buildkite's documentation shows.

usage: CORPUS=folder pytest tests/evidence/check_corpus.py

The collection is not part of the project: files `docs.jsonl` (responses) and `requests.jsonl`, whose lines have
`source`, `method`, `path`, `body` and, of responses, `status`.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.each import check_each
from tests.unit.client.openapi_document import Described, described, problems

from _buildkite_rest.operations import all_operations
from buildkite_rest._decoding.decoder import Decoder
from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.exchange import Exchange, Request
from buildkite_rest.conformance.rules import Context, problems_of

CORPUS = Path(os.environ["CORPUS"])
API = Api.load()
RECORDS = {operation.id: operation for _, _, operation in all_operations() if operation.returns == "json"}
#: Rules of bodies that do not need the request, which the documentation does not show.
CHECKS = {"body_consistency", "url_consistency", "id_consistency", "time_consistency"}
#: Ends of the sources of published bodies that are invalid, and why.
WRONG = {
    "rest_api/user.md:15": "the hour of `created_at` is 56",
    "rest_api/teams.md:146": "the example is the request, which has a field with another name than in responses",
    "rest_api/teams.md:245": "the example is the request, which has a field with another name than in responses",
    "rest_api/teams/pipelines.md:86": "`access_level` is not one of the three values of the page",
    "clusters/rules/manage.md:33": "`rule`, where the page of the API says `type`",
}
#: Inconsistencies of published responses, and what their authors did.
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


def shape(path: str) -> str:
    """Return a path without names of parameters, which the documentation has others for, and without a query."""
    return re.sub(r"\{[^}]*\}", "{}", path.partition("?")[0]).rstrip("/")


BY_SHAPE = {(operation.method, shape(operation.path)): operation for operation in described().values()}


def published(name: str) -> Iterator[tuple[str, Described, int, Any]]:
    """Yield the source, the operation, the status and the body of each line that is about an operation."""
    for line in (CORPUS / name).read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        operation = BY_SHAPE.get((each["method"], shape(each["path"])))
        if operation is not None and "body" in each:
            yield each["source"], operation, each.get("status", 0), each["body"]


def is_wrong(source: str) -> bool:
    return source.endswith(tuple(WRONG))


RESPONSES = {f"{source} {n}": (source, *rest) for n, (source, *rest) in enumerate(published("docs.jsonl"))}
REQUESTS = {f"{source} {n}": (source, *rest) for n, (source, *rest) in enumerate(published("requests.jsonl"))}


def test_a_published_request_matches_the_spec():
    def check(source, operation, _, body):
        assert operation.body is not None
        assert bool(problems(operation.body, body)) == is_wrong(source)

    check_each(REQUESTS, check)


def test_a_published_response_matches_the_spec():
    def check(source, operation, status, body):
        assert bool(problems(operation.response(status), body)) == is_wrong(source)

    check_each(RESPONSES, check)


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
def test_a_published_response_is_decoded_strictly():
    def check(_source, operation, _status, body):
        record = RECORDS[operation.id]
        Decoder(strict=True).decode(record, json.dumps(body).encode())

    right = {name: each for name, each in RESPONSES.items() if each[2] < 400 and not is_wrong(each[0])}
    check_each(right, check)


def test_a_published_response_is_consistent():
    """Documentation is edited by hand. A message that is not listed needs a narrower rule, or a reason."""

    def check(_source, operation, status, body):
        request = Request(API.by_id[operation.id], {})
        content, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        exchange = Exchange(request, status, headers, content, "https://api.buildkite.com/v2/")
        found = [message for check, message in problems_of(exchange, Context(API)) if check in CHECKS]
        assert not [each for each in found if not any(re.search(edit, each) for edit, _ in EDITED)]

    check_each({name: each for name, each in RESPONSES.items() if each[2] < 400}, check)
