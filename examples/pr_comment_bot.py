"""Comment on a pull request with the failures of its builds, in one comment that later builds update.

    python examples/pr_comment_bot.py --port 8080

Receives webhooks for `build.finished`, whose secret is in `$BUILDKITE_WEBHOOK_SECRET`, behind a proxy that terminates
TLS. The tokens are read from `$BUILDKITE_API_TOKEN` and `$GITHUB_TOKEN`. The comment has the annotations of the build,
and of the log of each failed job the last lines of the group in which it failed. Only a failed build creates it.
"""

import os
import sys
from functools import partial
from html import escape

import httpx
import webhook_receiver

from buildkite_rest import Buildkite, logs, models, urls, webhooks


def failure(bk: Buildkite, org: str, job_id: str) -> str:
    """Return the last lines of the groups in which a job failed, or of its log if the agent reports no failure."""
    with bk.jobs.stream_log(org, job_id) as log:
        groups = list(logs.groups(log, keep_lines=50))
    shown = [group for group in groups if group.failed] or groups[-1:]
    return "\n".join(line.text for group in shown for line in group.lines)


def report(bk: Buildkite, build: models.WebhookBuild) -> str:
    """Return the failed jobs of a build with parts of their logs, and its annotations, as Markdown."""
    org, pipeline, number = urls.parse(build.web_url, urls.BuildURL).args
    parts = [f"<!-- buildkite {org}/{pipeline} -->", f"[{pipeline} #{number}]({build.web_url}) {build.state}"]
    for job in bk.jobs.list(org, pipeline, number, state=["failed", "timed_out"], include_retried_jobs=False):
        if job.type == "script" and not job.soft_failed:
            name, text = job.name or job.id, failure(bk, org, job.id)
            parts += [f"<details><summary>{escape(name)}</summary>", f"<pre>{escape(text)}</pre>", "</details>"]
    parts += [annotation.body_html or "" for annotation in bk.annotations.list(org, pipeline, number)]
    return "\n\n".join(parts)[:65_536]


def comment(github: httpx.Client, issue: str, text: str, *, create: bool) -> None:
    """Replace the comment that has the first line of `text`, or create one."""
    page, first_line, found = f"{issue}/comments?per_page=100", text.partition("\n")[0], None
    while page and found is None:
        response = github.get(page).raise_for_status()
        found = next((each["url"] for each in response.json() if each["body"].startswith(first_line)), None)
        page = response.links.get("next", {}).get("url", "")
    if found or create:
        method, url = ("PATCH", found) if found else ("POST", f"{issue}/comments")
        github.request(method, url, json={"body": text}).raise_for_status()


def handle(bk: Buildkite, github: httpx.Client, event: webhooks.Event) -> None:
    """Comment on the pull request of a finished build."""
    if isinstance(event, models.BuildFinishedEvent) and event.build.pull_request and event.build.pull_request.id:
        repository = (event.pipeline.repository or "").partition("github.com")[2].strip(":/").removesuffix(".git")
        issue = f"/repos/{repository}/issues/{event.build.pull_request.id}"
        comment(github, issue, report(bk, event.build), create=event.build.state == "failed")


def make_handler() -> webhook_receiver.Handler:
    """Return `handle` with its clients."""
    headers = {"Authorization": f"Bearer {os.environ.get('GITHUB_TOKEN') or sys.exit('GITHUB_TOKEN is not set')}"}
    return partial(handle, Buildkite(), httpx.Client(base_url="https://api.github.com", headers=headers))


if __name__ == "__main__":
    sys.exit(webhook_receiver.main(make_handler, "Comment on pull requests with the failures of their builds."))
