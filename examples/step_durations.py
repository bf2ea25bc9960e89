"""Print the durations and the failure rate of each step of a pipeline, the slowest step first.

    python examples/step_durations.py acme web history.db --days 30

The token is read from `$BUILDKITE_API_TOKEN`. The builds are in a SQLite file, which `local_history.py` beside this
script brings up to date: a run fetches what is new, and finished builds once. All attempts of retried jobs count.
"""

import argparse
import sqlite3
import sys
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from math import ceil
from statistics import median

import local_history as history

from buildkite_rest import Buildkite, BuildkiteError, from_json, models


def main() -> None:
    """Update the file and print a line for each step."""
    parser = argparse.ArgumentParser(description="Print the durations and the failure rate of each step of a pipeline.")
    for name in ("organization", "pipeline", "file"):
        parser.add_argument(name)
    parser.add_argument("--days", type=history.days, default="30", help="length of the period (default: 30 days)")
    parser.add_argument("--until", type=datetime.fromisoformat, default=datetime.now(UTC), help="end (default: now)")
    options = parser.parse_args()
    until = options.until.astimezone(UTC)
    since, seconds, failed = until - options.days, defaultdict[str, list[float]](list), Counter[str]()
    pipeline = (options.organization, options.pipeline)
    with Buildkite() as bk, closing(history.connect(options.file, bk, pipeline)) as db:
        history.plan(db, pipeline, since, timedelta(days=2), until)
        history.sync(db, bk.organization(options.organization), options.pipeline)
        for (text,) in db.execute("SELECT json FROM builds WHERE created_at >= ?", (history.text(since),)):
            for job in from_json(models.Build, text).jobs or ():
                if job.type == "script" and job.started_at and job.finished_at and job.state != "canceled":
                    step = job.step_key or job.name or "-"
                    seconds[step].append((job.finished_at - job.started_at).total_seconds())
                    failed[step] += job.state != "passed"
    print("  median       p90    runs  failed  step")
    for step, each in sorted(seconds.items(), key=lambda item: median(item[1]), reverse=True):
        p90 = sorted(each)[ceil(len(each) * 0.9) - 1]
        print(f"{median(each):7.1f}s {p90:8.1f}s {len(each):7} {failed[step] / len(each):7.1%}  {step}")


if __name__ == "__main__":
    try:
        main()
    except (BuildkiteError, OSError, OverflowError, ValueError, sqlite3.Error) as error:
        sys.exit(str(error))
