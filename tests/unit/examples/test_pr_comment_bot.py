"""The bot keeps one comment on a pull request up to date."""

import json
from functools import partial

import httpx
import pytest
from tests.unit.examples.scripts import EXAMPLES, load
from tests.unit.examples.test_webhook_receiver import FINISHED, SECRET, delivery, send

from buildkite_rest import Buildkite
from buildkite_rest.mock import MockServer

LOG = """\
--- Setup
installed
--- Tests
\x1b[31mone

</pre>@ada two
^^^ +++
🚨 Error: The command exited with status 1
~~~ Running global pre-exit hook
"""
ISSUE = "/repos/acme/web/issues/17/comments"


class GitHub:
    """The comments of an issue, of which a page has one, the oldest first."""

    def __init__(self, *bodies):
        self.bodies = list(bodies)

    def __call__(self, request):
        comment, page = request.url.path.rpartition("/")[2], int(request.url.params.get("page", 1))
        match request.method:
            case "GET" if request.url.path == ISSUE:
                found = [{"url": f"{self.url}/{page}", "body": self.bodies[page - 1]}] if self.bodies else []
                link = f'<{self.url}?page={page + 1}>; rel="next"'
                return httpx.Response(200, json=found, headers={"Link": link} if page < len(self.bodies) else {})
            case "POST" if request.url.path == ISSUE:
                self.bodies.append(json.loads(request.content)["body"])
                return httpx.Response(201)
            case "PATCH":
                self.bodies[int(comment) - 1] = json.loads(request.content)["body"]
                return httpx.Response(200)
        return httpx.Response(404)

    url = f"https://api.github.com{ISSUE}"

    @property
    def client(self):
        return httpx.Client(base_url="https://api.github.com", transport=httpx.MockTransport(self))


@pytest.fixture
def bot(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return load("pr_comment_bot")


def deliver(bot, bk, github, number, state, **changes):
    """Let the bot receive that a build has finished, and return the status of the response."""
    url = f"https://buildkite.com/acme/web/builds/{number}"
    build = {**FINISHED["build"], "number": number, "web_url": url, "state": state, **changes}
    with github.client as client:
        app = bot.webhook_receiver.make_app([SECRET], pytest.fail, partial(bot.handle, bk, client))
        return send(app, **delivery({**FINISHED, "build": build})).status_code


def test_one_comment_is_created_and_updated(bot):
    github = GitHub("Looks good", "> <!-- buildkite acme/web --> quoted")
    with MockServer() as server, Buildkite(server.token, base_url=server.url, strict=True) as bk:
        failed = server.add_build("acme", "web", jobs={"lint": "failed", "rspec": "passed"})
        passed = server.add_build("acme", "web")
        [job] = bk.jobs.list("acme", "web", failed, state=["failed"])
        server.respond("GET", f"/v2/organizations/acme/jobs/{job.id}/log", content=LOG)
        bk.annotations.create("acme", "web", failed, body="**3 offenses**", context="lint")

        assert deliver(bot, bk, github, passed, "passed") == 204
        assert len(github.bodies) == 2, "a build that has passed creates no comment"

        assert deliver(bot, bk, github, failed, "failed") == 204
        _, _, comment = github.bodies
        assert comment.startswith(f"<!-- buildkite acme/web -->\n\n[web #{failed}](")
        assert "<summary>:rubocop: Lint</summary>\n\n<pre>one\n\n&lt;/pre&gt;@ada two\n🚨 Error:" in comment
        assert "installed" not in comment
        assert "pre-exit" not in comment
        assert "3 offenses" in comment
        assert "Spec" not in comment

        assert deliver(bot, bk, github, passed, "passed") == 204
        assert len(github.bodies) == 3
        assert github.bodies[2].endswith(f"[web #{passed}](https://buildkite.com/acme/web/builds/{passed}) passed")
