"""Each kind of mistake that a server can make is planted into the mock, and the runner must find it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen
from tests.conformance.runner_support import Answer, Request, change, conform, mock_with, with_token

Call = Callable[[Request], Awaitable[Answer]]

ORGANIZATION = "/v2/organizations/*"
PIPELINES = f"{ORGANIZATION}/pipelines"
PIPELINE = f"{PIPELINES}/*"
BUILDS = f"{PIPELINE}/builds"
BUILD = f"{BUILDS}/*"


@frozen
class Mutant:
    """A planted bug, who is to notice it, and how much it takes."""

    bug: Any
    operation: str
    check: str
    tag: str
    options: tuple[str, ...] = field(default=("--phases", "examples,coverage"))


def wrong_status(request: Request, answer: Answer) -> None:
    if request.asks("GET", "/v2/user") and answer.status == 200:
        answer.status = 202


def missing_header(request: Request, answer: Answer) -> None:
    if request.asks("GET", ORGANIZATION):
        answer.set_header(b"ratelimit-user-reset", None)


def header_of_wrong_type(request: Request, answer: Answer) -> None:
    if request.asks("GET", f"{ORGANIZATION}/emojis"):
        answer.set_header(b"ratelimit-remaining", b"plenty")


def wrong_content_type(request: Request, answer: Answer) -> None:
    if request.asks("GET", "/v2/user"):
        answer.set_header(b"content-type", b"text/html")


def broken_json(request: Request, answer: Answer) -> None:
    if request.asks("GET", "/v2/user"):
        answer.body = answer.body[:-1]


def wrong_type_deep_in_a_build(request: Request, answer: Answer) -> None:
    if request.asks("GET", BUILD) and answer.status == 200:
        build = answer.json
        for job in build.get("jobs", []):
            job["created_at"] = "yesterday"
        answer.json = build


def filters_lost_in_links(request: Request, answer: Answer) -> None:
    if request.asks("GET", f"{ORGANIZATION}/agents") and (link := answer.header(b"link")):
        answer.set_header(b"link", link.replace(b"per_page=", b"size="))


def next_page_after_the_last(request: Request, answer: Answer) -> None:
    if request.asks("GET", PIPELINES) and answer.status == 200 and answer.header(b"link") is None:
        host = request.headers[b"host"].decode()
        query = f"{request.query.decode()}&page=2".removeprefix("&")
        url = f"http://{host}{request.path}?{query}"
        answer.set_header(b"link", f'<{url}>; rel="next", <{url.replace("page=2", "page=1")}>; rel="last"'.encode())


def links_to_another_origin(request: Request, answer: Answer) -> None:
    if request.asks("GET", f"{BUILD}/jobs") and answer.status == 200:
        envelope = answer.json
        envelope["links"]["self"] = envelope["links"]["self"].replace("127.0.0.1", "localhost")
        answer.json = envelope


def more_items_than_asked_for(request: Request, answer: Answer) -> None:
    if request.asks("GET", f"{ORGANIZATION}/agents") and answer.status == 200:
        answer.json = answer.json * 60


async def no_token_needed(request: Request, call: Call) -> Answer:
    return await call(with_token(request) if request.asks("GET", "/v2/user") else request)


def crash_on_unicode(request: Request, answer: Answer) -> None:
    if request.asks("POST", BUILDS) and (not request.body.isascii() or b"\\u" in request.body):
        answer.status, answer.body = 500, b'{"message": "Internal Server Error"}'


async def any_body_will_do(request: Request, call: Call) -> Answer:
    answer = await call(request)
    if request.asks("POST", BUILDS) and answer.status in (400, 422):
        request = Request(request.method, request.path, b"", request.headers, b'{"commit": "HEAD", "branch": "main"}')
        request.headers[b"content-type"] = b"application/json"
        return await call(request)
    return answer


def undocumented_method(request: Request, answer: Answer) -> None:
    if request.asks("TRACE", "/v2/user"):
        answer.status = 200


def wrong_allow(request: Request, answer: Answer) -> None:
    if request.asks("OPTIONS", "/v2/user"):
        answer.set_header(b"allow", b"GET, DELETE")


def still_there_after_delete() -> Any:
    """The deleted pipeline is shown from a cache."""
    cache: dict[str, Answer] = {}

    async def bug(request: Request, call: Call) -> Answer:
        answer = await call(request)
        if request.asks("GET", PIPELINE):
            if answer.status == 404 and request.path in cache:
                return cache[request.path]
        elif request.asks("POST", PIPELINES) and answer.status == 201:
            shown = Answer(200, list(answer.headers), answer.body)
            cache[f"{request.path}/{answer.json['slug']}"] = shown
        return answer

    return bug


def not_there_after_create() -> Any:
    """A new pipeline cannot be found."""
    new: set[str] = set()

    async def bug(request: Request, call: Call) -> Answer:
        answer = await call(request)
        if request.asks("POST", PIPELINES) and answer.status == 201:
            new.add(f"{request.path}/{answer.json['slug']}")
        elif request.path in new and request.method == "GET":
            answer.status, answer.body = 404, b'{"message": "No pipeline found"}'
        return answer

    return bug


STATEFUL = ("--write", "--phases", "examples,stateful", "--max-examples", "30")
WRITING = ("--write", "--phases", "examples,coverage")

MUTANTS = {
    "wrong status": Mutant(change(wrong_status), "getUser", "status_code_conformance", "user"),
    "missing header": Mutant(
        change(missing_header), "getOrganization", "response_headers_conformance", "organizations"
    ),
    "header of wrong type": Mutant(
        change(header_of_wrong_type), "listEmojis", "response_headers_conformance", "emojis"
    ),
    "wrong content type": Mutant(change(wrong_content_type), "getUser", "content_type_conformance", "user"),
    "broken JSON": Mutant(change(broken_json), "getUser", "response_schema_conformance", "user"),
    "wrong type deep in a build": Mutant(
        change(wrong_type_deep_in_a_build),
        "getBuild",
        "response_schema_conformance",
        "builds",
        ("--phases", "examples"),
    ),
    "filters lost in links": Mutant(change(filters_lost_in_links), "listAgents", "link_conformance", "agents"),
    "next page after the last": Mutant(
        change(next_page_after_the_last), "listPipelines", "link_conformance", "pipelines"
    ),
    "links to another origin": Mutant(
        change(links_to_another_origin), "listJobs", "link_conformance", "jobs", ("--phases", "examples")
    ),
    "more items than asked for": Mutant(change(more_items_than_asked_for), "listAgents", "link_conformance", "agents"),
    "no token needed": Mutant(no_token_needed, "getUser", "ignored_auth", "user"),
    "crash on Unicode": Mutant(
        change(crash_on_unicode),
        "createBuild",
        "not_a_server_error",
        "builds",
        ("--write", "--phases", "fuzzing", "--max-examples", "15"),
    ),
    "any body will do": Mutant(any_body_will_do, "createBuild", "negative_data_rejection", "builds", WRITING),
    "undocumented method": Mutant(change(undocumented_method), "getUser", "unsupported_method", "user", WRITING),
    "wrong Allow": Mutant(change(wrong_allow), "getUser", "allow_header_conformance", "user", WRITING),
    "still there after delete": Mutant(
        still_there_after_delete(), "getPipeline", "use_after_free", "pipelines", STATEFUL
    ),
    "not there after create": Mutant(
        not_there_after_create(), "getPipeline", "ensure_resource_availability", "pipelines", STATEFUL
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_planted_bug_is_found(mutant: Mutant, tmp_path: Path) -> None:
    with mock_with(mutant.bug) as url:
        run = conform(tmp_path, url, "--seed", "1", "--include-tag", mutant.tag, *mutant.options)

    assert (mutant.operation, mutant.check) in run.failures, run.out
    assert run.status == 1
    assert f"{mutant.operation}  " in run.out
    assert run.everything.count("curl -i") >= 3  # in the output and in both reports
