"""Search the annotations of the builds of a pipeline for a regular expression, and print the matching lines.

    python examples/search_annotations.py acme web "jobs? failed" --days 7

The token is read from `$BUILDKITE_API_TOKEN`. The script prints the URL of the build, the context of the annotation and
the line, separated by tabs, those of the newest build first. It also searches the annotations of jobs.
"""

import argparse
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape

from buildkite_rest import Buildkite, BuildkiteError, models


def days(text: str) -> timedelta:
    """Parse a number of days."""
    if not 0 < float(text) <= 3650:
        raise argparse.ArgumentTypeError("must be more than 0 and at most 3650 days")
    return timedelta(days=float(text))


def main() -> None:
    """Print the matching lines."""
    parser = argparse.ArgumentParser(description="Search the annotations of the builds of a pipeline.")
    for name in ("organization", "pipeline", "pattern"):
        parser.add_argument(name)
    parser.add_argument("--days", type=days, default="7", help="length of the period (default: 7 days)")
    parser.add_argument("--until", type=datetime.fromisoformat, default=datetime.now(UTC), help="end (default: now)")
    options = parser.parse_args()
    pattern, until = re.compile(options.pattern), options.until.astimezone()
    with Buildkite() as bk, ThreadPoolExecutor(8) as pool:
        organization = bk.organization(options.organization)

        def annotations(build: models.Build) -> list[models.Annotation]:
            return list(organization.annotations.list(options.pipeline, build.number, scope="all"))

        history = organization.builds.list_history(
            options.pipeline,
            created_from=until - options.days,
            created_to=until,
            exclude_jobs=True,
            exclude_pipeline=True,
        )
        builds = list(history)
        for build, found in zip(builds, pool.map(annotations, builds), strict=True):
            for annotation in found:
                text = unescape(re.sub(r"<[^<>]*>", "", (annotation.body_html or "").replace("</td>", " ")))
                for line in filter(pattern.search, text.splitlines()):
                    print(build.web_url, annotation.context, "".join(filter(str.isprintable, line)).strip(), sep="\t")


if __name__ == "__main__":
    try:
        main()
    except (BuildkiteError, OSError, ValueError, OverflowError, re.error) as error:
        sys.exit(str(error))
