"""Retry and then rebuild a failed build, to distinguish a flaky failure from a broken branch.

    python examples/sheriff.py https://buildkite.com/acme/web --branch main

The token is read from `$BUILDKITE_API_TOKEN`. The URL is that of a build, or of a pipeline for the newest build of a
branch. The script waits for the build, retries its failed jobs, and rebuilds it if it still fails. It prints the
verdict: the state of the build unless it has failed, that it is flaky, or between which commits the branch broke. On
standard error it prints the groups of the logs in which jobs failed. It exits with 0 if the build, a retry or a rebuild
has passed, and with 1 otherwise.
"""

import argparse
import sys
from contextlib import suppress

from buildkite_rest import Buildkite, BuildkiteError, NotFoundError, logs, urls


def print_failure(bk: Buildkite, org: str, job_id: str) -> None:
    """Print the groups of the log in which a job failed, unless its log is missing."""
    with suppress(NotFoundError), bk.jobs.stream_log(org, job_id) as log:
        for group in logs.groups(log, keep_lines=0):
            if group.failed:
                print(group.name, job_id, sep="\t", file=sys.stderr)


def judge(bk: Buildkite, url: urls.BuildURL) -> str:
    """Return the verdict on a build. A build that has failed is retried, then rebuilt."""
    if (build := bk.builds.wait(*url.args)).state != "failed":
        return build.state
    jobs = bk.jobs.list(*url.args, state=["failed", "timed_out"], include_retried_jobs=False)
    failed = [job.id for job in jobs if job.type == "script" and not job.soft_failed]
    for job_id in failed:
        print_failure(bk, url.organization, job_id)
    for retry in [bk.jobs.retry(url.organization, job_id) for job_id in failed]:
        bk.jobs.wait(url.organization, retry.id)  # until then, the build may have its old state
    if failed and bk.builds.wait(*url.args).state == "passed":
        return "flaky: passed after a retry"
    rebuild = bk.builds.rebuild(*url.args)
    if bk.builds.wait(*url.args[:2], rebuild.number).state == "passed":
        return f"flaky: passed as build {rebuild.number}"
    red = build
    for older in bk.builds.list(*url.args[:2], branch=build.branch, created_to=build.created_at, exclude_jobs=True):
        if older.state == "passed":
            return f"broken: {older.commit}..{red.commit}, builds {older.number}..{red.number}"
        red = older if older.state == "failed" else red
    return f"broken: ..{red.commit}, builds ..{red.number}"


def main() -> None:
    """Find the build and print the verdict."""
    parser = argparse.ArgumentParser(description="Retry and then rebuild a failed build.")
    parser.add_argument("url", help="URL of a build, or of a pipeline")
    parser.add_argument("--branch", default="main", help="branch whose newest build is judged (default: main)")
    options = parser.parse_args()
    with Buildkite() as bk:
        url = urls.parse(options.url)
        newest = bk.builds.list(*url.args, branch=options.branch).first() if isinstance(url, urls.PipelineURL) else url
        build = newest or parser.exit(1, f"the pipeline has no builds of the branch {options.branch}: {options.url}\n")
        print(verdict := judge(bk, urls.parse(build.web_url, urls.BuildURL)))
    sys.exit(not verdict.startswith(("passed", "flaky")))


if __name__ == "__main__":
    try:
        main()
    except (BuildkiteError, OSError, ValueError) as error:
        sys.exit(str(error))
