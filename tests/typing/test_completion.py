"""What an editor offers and explains while a program is written."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from tests.typing.language_server import Editor, open_editor

from buildkite_rest import logs, urls

PUBLIC: set[str] = set(import_module("buildkite_rest").__all__) - {"__version__"}
PROGRAM = """\
import buildkite_rest
from buildkite_rest import *
from buildkite_rest import logs, models, params, urls, webhooks

bk = Buildkite("token")
abk = AsyncBuildkite("token")
org = bk.organization("acme")
build = bk.builds.get("acme", "web", 42)
pager = bk.builds.list("acme", "web")

def f(error: APIError, status_error: APIStatusError, rate_error: RateLimitError, invalid: UnprocessableEntityError,
      graphql_error: GraphQLError, raw: RawResponse[models.Build], page: Page[models.Build], limits: RateLimits,
      event: models.BuildFinishedEvent, url: urls.BuildURL, group: logs.LogGroup, line: logs.LogLine):
    """
INHERITED = {"add_note", "args", "with_traceback"}
"""Names of `BaseException`."""
MODULES = {"conformance", "logs", "mock", "models", "params", "pytest_plugin", "urls", "webhooks"}
OFFERED: dict[str, set[str]] = {
    "bk.": {"builds", "jobs", "artifacts", "request", "paginate", "graphql", "with_options", "organization", "close"},
    "abk.": {"builds", "jobs", "artifacts", "request", "paginate", "graphql", "with_options", "organization", "aclose"},
    "bk.builds.": {"get", "list", "create", "wait", "follow", "download_logs", "list_history"},
    "abk.builds.": {"get", "list", "create", "wait", "follow", "download_logs", "list_history"},
    "bk.jobs.": {"get", "follow_log", "tail_log", "wait"},
    "bk.artifacts.": {"download", "download_build", "read", "stream", "list"},
    "org.": {"builds", "jobs", "pipelines", "slug", "with_options"},
    "org.builds.": {"get", "list", "create", "wait", "follow"},
    "build.": {"number", "state", "jobs", "created_at", "web_url", "extra_fields"},
    "for job in build.jobs or (): job.": {"id", "name", "state", "step_key", "exit_status", "started_at"},
    "event.build.": {"number", "state"},
    "pager.": {"first", "pages", "prefetch", "resume"},
    "page.": {"items", "next_url", "json"},
    "raw.": {"parsed", "status", "headers", "content", "json"},
    "limits.": {"organization", "user"},
    "error.": {"operation_id", "method", "url", "request_id", "attempts"},
    "status_error.": {"status", "message", "body", "headers", "content", "attempts"},
    "rate_error.": {"scope", "limit", "reset", "status"},
    "invalid.": {"errors", "status"},
    "graphql_error.": {"errors", "data", "status"},
    "url.": {"organization", "pipeline", "number", "web_url", "api_url"},
    "group.": {"name", "lines", "duration"},
    "line.": {"number", "text", "time"},
    "urls.": set(urls.__all__),
    "logs.": set(logs.__all__),
    "webhooks.": {"parse", "receive", "sign", "verify"},
    "models.Bui": {"Build", "BuildState", "BuildFinishedEvent"},
    "params.Bui": {"BuildAuthorInput", "BuildStateFilter"},
    "buildkite_rest.": PUBLIC,
}


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    with open_editor(tmp_path_factory.mktemp("editor")) as editor:
        yield editor


def faults(editor: Editor, expression: str, expected: set[str]) -> list[str]:
    """Return what a user would miss or stumble over after `expression`."""
    offered = editor.complete(PROGRAM + expression)
    names = [name for name in offered if name not in INHERITED]
    public = [name for name in names if not name.startswith("_")]
    missing = expected - set(public)
    early = [name for name in names[: len(public)] if name.startswith("_")]
    foreign = set(public) & {"Any", "TYPE_CHECKING", "import_module"}
    return [
        *(f"{expression}{name} is not offered" for name in missing),
        *(f"{expression}{name} is private and before public names" for name in early),
        *(f"{expression}{name} is another package's" for name in foreign),
        *(f"{expression}{name} has no documentation" for name in public if not offered[name].strip()),
    ]


def test_names_are_offered_with_their_documentation(editor: Editor) -> None:
    assert faults(editor, "bk.builds.", OFFERED["bk.builds."]) == []
    literals = editor.complete(PROGRAM + 'bk.builds.list("acme", "web", state=["', '"])')
    assert {'"passed"', '"failed"', '"running"'} <= set(literals)


@pytest.mark.exhaustive
def test_all_names_are_offered_with_their_documentation(editor: Editor) -> None:
    assert [fault for each in OFFERED.items() for fault in faults(editor, *each)] == []


@pytest.mark.exhaustive
def test_every_public_name_can_be_imported(editor: Editor) -> None:
    offered = [name for name in editor.complete("from buildkite_rest import ") if not name.startswith("_")]
    assert set(offered) == PUBLIC | MODULES


@pytest.mark.exhaustive
def test_arguments_are_offered_and_explained(editor: Editor) -> None:
    offered = editor.complete(PROGRAM + 'bk.builds.list("acme", "web", ')
    assert {"branch=", "state=", "created_from=", "meta_data=", "per_page=", "max_items="} <= set(offered)
    assert {"headers=", "query=", "timeout=", "deadline="} <= set(editor.complete(PROGRAM + "bk.with_options("))
    for call in ("bk.builds.list(", "org.builds.list(", "org.builds.wait("):
        label, documentation = editor.signature(PROGRAM + call)
        assert "pipeline: str" in label
        assert ("org: str" in label) == call.startswith("bk.")
        assert "GET /v2/organizations/{org}/pipelines/{pipeline}/builds" in documentation


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("build.number", "Number of the build within its pipeline."),
        ("build.state", "State of a build."),
        ("bk.builds", "Builds of pipelines."),
        ("bk.builds.list", "GET /v2/organizations/{org}/pipelines/{pipeline}/builds"),
        ("org.builds.wait", "Poll a build until it has finished"),
        ("status_error.attempts", "Number of requests that the call had sent"),
        ("models.Build", "A single run of a pipeline."),
        ("params.BuildStateFilter", "State that lists of builds can be filtered by."),
    ],
)
def test_names_are_explained(editor: Editor, expression: str, text: str) -> None:
    assert text in editor.hover(PROGRAM + expression)
